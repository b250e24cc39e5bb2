// The one user of the date library's time zones (the system's tzdata).
#include "policy/schedule.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <array>

namespace anteroom::policy {
namespace {

using std::chrono::minutes;
using LocalMinute = date::local_time<minutes>;

constexpr std::array<const char*, 7> day_names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

const date::time_zone* find_zone(std::string_view name) {
    // locate_zone throws for what it does not know, and when the machine has no tzdata at all.
    try {
        return date::locate_zone(std::string(name));
    } catch (const std::exception&) { return nullptr; }
}

// The first moment the clock on the wall shows `local` or something later.
Time first_at(const date::time_zone& zone, LocalMinute local) {
    const auto info = zone.get_info(date::local_time<std::chrono::seconds>(local.time_since_epoch()));
    if (info.result == date::local_info::nonexistent) return Time(info.first.end);
    return Time(date::sys_time<minutes>(local.time_since_epoch()) - info.first.offset);
}

bool on(const Schedule& schedule, date::local_days day) {
    const unsigned iso = date::weekday(day).iso_encoding();  // Monday is 1
    return (schedule.days >> (iso - 1) & 1) != 0;
}

struct Window {
    Time from, until;
};
Window window_of(const Schedule& schedule, const date::time_zone& zone, date::local_days day) {
    const minutes from(schedule.from_minute), until(schedule.until_minute);
    const auto end_day = until <= from ? day + date::days(1) : day;
    return {first_at(zone, LocalMinute(day) + from), first_at(zone, LocalMinute(end_day) + until)};
}

std::string clock_text(int minute) { return fmt::format("{:02}:{:02}", minute / 60, minute % 60); }

std::string days_text(std::uint8_t days) {
    std::string out;
    for (std::size_t first = 0; first < 7; ++first) {
        if ((days >> first & 1) == 0) continue;
        std::size_t last = first;
        while (last < 6 && (days >> (last + 1) & 1) != 0) ++last;
        if (!out.empty()) out += ",";
        out += day_names[first];
        if (last > first) out += std::string("-") + day_names[last];
        first = last;
    }
    return out.empty() ? "no day" : out;
}

}  // namespace

bool zone_exists(std::string_view zone) { return !zone.empty() && find_zone(zone) != nullptr; }

Opening opening(const Schedule& schedule, Time now) {
    const auto* zone = find_zone(schedule.zone);
    if (zone == nullptr || (schedule.days & 0x7f) == 0) return {};
    const auto today = date::floor<date::days>(zone->to_local(date::floor<std::chrono::seconds>(now)));
    Opening out;
    // Yesterday's window may reach into today; nine days on, every day of the week has come and all adjoining windows are joined.
    for (int offset = -1; offset <= 9; ++offset) {
        const auto day = today + date::days(offset);
        if (!on(schedule, day)) continue;
        const auto window = window_of(schedule, *zone, day);
        if (window.until <= now || window.from >= window.until) continue;  // past, or swallowed by a gap
        if (!out.open && window.from > now) return {false, window.from};
        if (out.open && window.from > *out.changes) return out;
        out.open = true;
        out.changes = window.until;
    }
    // Joined through all of the days looked at: it never closes.
    if (out.open && *out.changes > now + std::chrono::hours(24 * 8)) out.changes.reset();
    return out;
}

std::string local_text(Time time, std::string_view zone_name) {
    const auto* zone = zone_name.empty() ? nullptr : find_zone(zone_name);
    const auto seconds = date::floor<std::chrono::seconds>(time);
    const auto offset = zone == nullptr ? std::chrono::seconds(0) : zone->get_info(seconds).offset;
    const auto minutes_east = std::chrono::duration_cast<minutes>(offset).count();
    const auto sign = minutes_east < 0 ? '-' : '+';
    const auto size = minutes_east < 0 ? -minutes_east : minutes_east;
    return date::format("%F %H:%M", date::floor<minutes>(time + offset)) + fmt::format(" {}{:02}:{:02}", sign, size / 60, size % 60);
}

std::string schedule_text(const Schedule& schedule) {
    return fmt::format("{} {}-{} {}", days_text(schedule.days), clock_text(schedule.from_minute), clock_text(schedule.until_minute), schedule.zone);
}

}  // namespace anteroom::policy
