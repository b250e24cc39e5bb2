// What the audit log tells of a session, as moments of its recording: what of an emergency has to be watched before it is reviewed, and
// what it touched, in people's words. Pure.
#pragma once

#include <span>

#include "broker/audit/record.h"
#include "broker/console/ranges.h"

namespace anteroom::console {

struct Required {
    std::int64_t at_ms = 0;
    std::string text;
    bool operator==(const Required&) const = default;
};

// The kinds of records that required_moments() looks at.
std::span<const std::string_view> telling_kinds();

// Of a break-glass session: what it was refused, alarms and warnings, a shell or command that began, files written, ports forwarded, what
// went over the clipboard, devices; in order, at most 200 over all of it. What is less than two seconds apart is one moment. Where there is nothing of
// all that, its beginning is to be watched. `length_ms`: of the session.
std::vector<Required> required_moments(std::span<const audit::Entry> entries, Time began, std::int64_t length_ms);

// From two seconds before to three behind, as far as there is a recording (`recorded_ms`); a player's steps are forgiven.
bool was_watched(const Ranges& ranges, std::int64_t at_ms, std::int64_t recorded_ms);

// "a shell", "ran `df -h`", "refused: write files (SFTP)": each once, at most so many.
std::vector<std::string> touched_by(std::span<const audit::Entry> entries, std::size_t most);

// "0:12", "1:02:03"
std::string place_text(std::int64_t at_ms);

}  // namespace anteroom::console
