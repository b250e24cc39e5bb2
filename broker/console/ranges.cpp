// Joining and reading ranges.
#include "broker/console/ranges.h"

#include <algorithm>
#include <charconv>

namespace anteroom::console {

namespace {

void forget_the_shortest(Ranges& ranges) {
    if (ranges.size() <= most_ranges) return;
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.second - a.first > b.second - b.first; });
    ranges.resize(most_ranges);
    std::sort(ranges.begin(), ranges.end());
}

bool number(std::string_view& text, std::int64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end == text.data()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool skip(std::string_view& text, std::string_view what) {
    if (!text.starts_with(what)) return false;
    text.remove_prefix(what.size());
    return true;
}

}  // namespace

Ranges joined(Ranges ranges, const Ranges& more, std::int64_t length_ms) {
    ranges.insert(ranges.end(), more.begin(), more.end());
    for (auto& [from, to] : ranges) from = std::max<std::int64_t>(from, 0), to = std::min(to, length_ms);
    std::erase_if(ranges, [](const Range& one) { return one.first >= one.second; });
    std::sort(ranges.begin(), ranges.end());
    Ranges out;
    for (const auto& one : ranges) {
        if (!out.empty() && one.first - out.back().second <= joined_within_ms) out.back().second = std::max(out.back().second, one.second);
        else out.push_back(one);
    }
    forget_the_shortest(out);
    return out;
}

bool covers(const Ranges& ranges, std::int64_t from, std::int64_t to) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const Range& one) { return one.first <= from && to <= one.second; });
}

std::string text_of(const Ranges& ranges) {
    std::string out = "[";
    for (const auto& [from, to] : ranges) out += (out.size() == 1 ? "[" : ",[") + std::to_string(from) + "," + std::to_string(to) + "]";
    return out + "]";
}

Result<Ranges> ranges_of(std::string_view text) {
    const auto wrong = fail(ErrorKind::damaged, "ranges of a recording are not written as they should be");
    Ranges out;
    if (!skip(text, "[")) return wrong;
    while (!text.starts_with(']')) {
        Range one;
        if (!out.empty() && !skip(text, ",")) return wrong;
        if (!skip(text, "[") || !number(text, one.first) || !skip(text, ",") || !number(text, one.second) || !skip(text, "]")) return wrong;
        if (one.first < 0 || one.first >= one.second || (!out.empty() && one.first <= out.back().second)) return wrong;
        out.push_back(one);
    }
    if (text != "]") return wrong;
    return out;
}

}  // namespace anteroom::console
