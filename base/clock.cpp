// Times and durations as text: RFC 3339 for records, short words for people.
#include "base/clock.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace anteroom {

using namespace std::chrono;

std::string rfc3339(Time time) {
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss<Duration> clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

namespace {

bool digits(std::string_view text, std::size_t at, std::size_t count, int& value) {
    if (at + count > text.size()) return false;
    const auto* begin = text.data() + at;
    if (*begin < '0' || *begin > '9') return false;
    const auto [end, error] = std::from_chars(begin, begin + count, value);
    return error == std::errc() && end == begin + count;
}

}  // namespace

Result<Time> parse_rfc3339(std::string_view text) {
    const auto bad = [&] { return fail(ErrorKind::invalid, "not a time like 2026-01-02T03:04:05Z"); };
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    const bool shape = text.size() >= 20 && text[4] == '-' && text[7] == '-' && (text[10] == 'T' || text[10] == ' ') && text[13] == ':' && text[16] == ':' &&
                       digits(text, 0, 4, y) && digits(text, 5, 2, mo) && digits(text, 8, 2, d) && digits(text, 11, 2, h) && digits(text, 14, 2, mi) &&
                       digits(text, 17, 2, s);
    if (!shape) return bad();
    const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
    if (!date.ok() || h > 23 || mi > 59 || s > 59) return bad();
    std::size_t at = 19;
    std::int64_t fraction = 0;
    if (text[at] == '.') {
        std::int64_t scale = 100000;
        const std::size_t first = ++at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) fraction += (text[at] - '0') * scale;
        if (at == first) return bad();
    }
    minutes offset{0};
    if (at + 1 == text.size() && text[at] == 'Z') {
    } else if (at + 6 == text.size() && (text[at] == '+' || text[at] == '-') && text[at + 3] == ':') {
        int oh = 0, om = 0;
        if (!digits(text, at + 1, 2, oh) || !digits(text, at + 4, 2, om) || oh > 23 || om > 59) return bad();
        offset = minutes(oh * 60 + om) * (text[at] == '-' ? -1 : 1);
    } else {
        return bad();
    }
    return Time(sys_days(date)) + hours(h) + minutes(mi) + seconds(s) + microseconds(fraction) - offset;
}

Result<Duration> parse_duration(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (error != std::errc() || text.front() < '0' || text.front() > '9' || number > 1000000 || unit.size() != 1)
        return fail(ErrorKind::invalid, "not a duration like 90s, 30m, 4h or 2d");
    switch (unit.front()) {
        case 's': return Duration(seconds(number));
        case 'm': return Duration(minutes(number));
        case 'h': return Duration(hours(number));
        case 'd': return Duration(hours(24 * number));
        default: return fail(ErrorKind::invalid, "a duration's unit is s, m, h or d");
    }
}

std::string duration_text(Duration duration) {
    const auto total = ceil<seconds>(duration).count();
    if (total < 60) return fmt::format("{} s", total);
    const auto h = total / 3600, m = total % 3600 / 60, s = total % 60;
    if (h >= 48) return fmt::format("{} d {} h", h / 24, h % 24);
    if (h > 0) return m > 0 ? fmt::format("{} h {} min", h, m) : fmt::format("{} h", h);
    return s > 0 ? fmt::format("{} min {} s", m, s) : fmt::format("{} min", m);
}

}  // namespace anteroom
