// An alert as the broker handed it over: the JSON object of an outbox row, read strictly and kept in plain values. What is in it may
// have been typed by anybody: each form (JSON, mail, syslog) quotes it in its own way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace anteroom::courier {

struct Event {
    std::string event;  // "break-glass.used"
    Time time;
    std::string installation;  // which broker: its audit chain's name
    std::int64_t loudness = 0;
    bool drill = false;
    std::int64_t request = 0;
    std::string person, person_name, vendor;
    std::vector<std::string> targets;
    std::string summary, reason, ticket;
    std::optional<Time> deadline;
    std::string link;             // where the console shows it; empty where there is none
    std::vector<std::string> to;  // mail addresses
};

Result<Event> parse_event(std::string_view json);

// In people's words, in English: "Break-glass used"; a drill says so first.
std::string title_of(const Event& event);
// What a card or a mail shows below the summary, in order; empty ones are left out. Times in the site's zone.
std::vector<std::pair<std::string, std::string>> facts_of(const Event& event, const std::string& zone);
// At most so many bytes, cut between characters, with "..." at a cut.
std::string cut(const std::string& text, std::size_t limit);

}  // namespace anteroom::courier
