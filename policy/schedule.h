// Weekly opening hours in a time zone. A window starts the first moment the local clock shows its start or later, and ends the first
// moment it shows its end or later: true also where daylight saving skips or repeats those minutes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace anteroom::policy {

// What holds outside of hours or networks: `ask` makes of a rule one that needs approval.
enum class Otherwise { refuse, ask };

struct Schedule {
    std::uint8_t days = 0x7f;  // bit 0 is Monday; a window that crosses midnight belongs to the day it starts on
    int from_minute = 0;       // of the local day
    int until_minute = 1440;   // below or equal from_minute: on the next day
    std::string zone;          // IANA name
    Otherwise otherwise = Otherwise::refuse;
    bool operator==(const Schedule&) const = default;
};

struct Opening {
    bool open = false;
    std::optional<Time> changes;  // when it closes, or opens next; none: never
};

bool zone_exists(std::string_view zone);
// A zone that the machine does not know is closed for good.
Opening opening(const Schedule& schedule, Time now);
// "2026-01-05 07:00 -06:00"; in UTC when the zone is unknown.
std::string local_text(Time time, std::string_view zone);
// "mon-fri 07:00-19:00 America/Chicago"
std::string schedule_text(const Schedule& schedule);

}  // namespace anteroom::policy
