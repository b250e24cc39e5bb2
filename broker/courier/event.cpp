// Reading an event, and its words.
#include "broker/courier/event.h"

#include <boost/json.hpp>

#include <array>

#include "broker/installation/config.h"

namespace anteroom::courier {

namespace json = boost::json;

namespace {

class Taking {
public:
    explicit Taking(const json::object& object) : object_(object) {}

    // Absent or null is empty; anything but a text is a mistake.
    std::string text(const char* key) {
        const auto* value = object_.if_contains(key);
        if (value == nullptr || value->is_null()) return {};
        if (value->is_string()) return std::string(value->get_string());
        wrong_ = key;
        return {};
    }
    std::int64_t number(const char* key) {
        const auto* value = object_.if_contains(key);
        if (value == nullptr || value->is_null()) return 0;
        if (value->is_int64()) return value->get_int64();
        wrong_ = key;
        return 0;
    }
    bool boolean(const char* key) {
        const auto* value = object_.if_contains(key);
        if (value != nullptr && !value->is_bool() && !value->is_null()) wrong_ = key;
        return value != nullptr && value->is_bool() && value->get_bool();
    }
    std::vector<std::string> list(const char* key) {
        std::vector<std::string> out;
        const auto* value = object_.if_contains(key);
        if (value == nullptr || value->is_null()) return out;
        if (!value->is_array()) wrong_ = key;
        else
            for (const auto& item : value->get_array()) {
                if (item.is_string()) out.emplace_back(item.get_string());
                else wrong_ = key;
            }
        return out;
    }
    std::optional<Time> time(const char* key) {
        const auto written = text(key);
        if (written.empty()) return std::nullopt;
        const auto parsed = parse_rfc3339(written);
        if (!parsed) wrong_ = key;
        return parsed ? std::optional(*parsed) : std::nullopt;
    }
    Status finished() const { return wrong_.empty() ? ok() : Status(fail(ErrorKind::damaged, "the event's \"" + wrong_ + "\" is not of its kind")); }

private:
    const json::object& object_;
    std::string wrong_;
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 23> titles = {{
    {"request.created", "Access requested"},
    {"request.approved", "Access approved"},
    {"request.denied", "Access denied"},
    {"request.withdrawn", "Request withdrawn"},
    {"request.expired", "Request expired"},
    {"request.revoked", "Access revoked"},
    {"request.escalated", "Access request still undecided"},
    {"extension.asked", "More time requested"},
    {"extension.decided", "More time decided on"},
    {"window.opened", "Support window opened"},
    {"break-glass.used", "Break-glass used"},
    {"break-glass.review-due", "Break-glass review due"},
    {"break-glass.review-overdue", "Break-glass review overdue"},
    {"break-glass.reviewed", "Break-glass reviewed"},
    {"incident.opened", "Incident opened"},
    {"factor.added", "Sign-in factor added"},
    {"factor.recovery-used", "Recovery code used"},
    {"person.invited", "Person invited"},
    {"person.reset", "Sign-in factors reset"},
    {"person.disabled", "Person disabled"},
    {"session.grace", "Session in its grace time"},
    {"alarm", "Alarm"},
    {"test", "Test alert"},
}};

bool in_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

Result<Event> parse_event(std::string_view text) {
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !value.is_object()) return fail(ErrorKind::damaged, "the event is no JSON object");
    Taking take(value.get_object());
    Event out;
    out.event = take.text("event");
    out.time = take.time("time").value_or(Time());
    out.installation = take.text("installation");
    out.loudness = take.number("loudness");
    out.drill = take.boolean("drill");
    out.request = take.number("request");
    out.person = take.text("person");
    out.person_name = take.text("person_name");
    out.vendor = take.text("vendor");
    out.targets = take.list("targets");
    out.summary = take.text("summary");
    out.reason = take.text("reason");
    out.ticket = take.text("ticket");
    out.deadline = take.time("deadline");
    out.link = take.text("link");
    out.to = take.list("to");
    TRY(take.finished());
    return out;
}

std::string title_of(const Event& event) {
    std::string title = event.event;
    for (const auto& [name, words] : titles)
        if (name == event.event) title = words;
    return (event.drill ? "DRILL: " : "") + title;
}

std::vector<std::pair<std::string, std::string>> facts_of(const Event& event, const std::string& zone) {
    std::vector<std::pair<std::string, std::string>> facts;
    const auto add = [&](const char* name, std::string text) {
        if (!text.empty()) facts.emplace_back(name, std::move(text));
    };
    if (event.drill) add("Drill", "yes: nothing really happened");
    if (event.request != 0) add("Request", std::to_string(event.request));
    add("Person", event.person_name.empty() || event.person_name == event.person ? event.person
                  : event.person.empty()                                         ? event.person_name
                                                                                 : event.person_name + " (" + event.person + ")");
    add("Vendor", event.vendor);
    std::string targets;
    for (const auto& target : event.targets) targets += (targets.empty() ? "" : ", ") + target;
    add(event.targets.size() == 1 ? "Target" : "Targets", targets);
    add("Ticket", event.ticket);
    if (event.deadline) add("Deadline", installation::local_time(*event.deadline, zone));
    add("Reason", event.reason);
    add("Time", installation::local_time(event.time, zone));
    return facts;
}

std::string cut(const std::string& text, std::size_t limit) {
    static constexpr std::string_view dots = "...";
    if (text.size() <= limit) return text;
    std::size_t at = limit > dots.size() ? limit - dots.size() : 0;
    while (at > 0 && in_character(text[at])) --at;
    return text.substr(0, at) + std::string(dots);
}

}  // namespace anteroom::courier
