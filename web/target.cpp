// RFC 3986 sections 3.3 and 5.2.4, without what needs normalising.
#include "web/target.h"

#include <algorithm>

namespace anteroom::web {

namespace {

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
int value_of(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

bool escapes_are_right(std::string_view text) {
    for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1))
        if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
    return true;
}

// Control characters, dots, slashes, and the percent sign itself, which somebody could undo twice.
bool hides_something(std::string_view path) {
    for (auto at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
        const int byte = value_of(path[at + 1]) * 16 + value_of(path[at + 2]);
        if (byte < 0x20 || byte == 0x7f || byte == '.' || byte == '/' || byte == '\\' || byte == '%') return true;
    }
    return false;
}

bool has_odd_segments(std::string_view path) {
    if (path.find("//") != std::string_view::npos) return true;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto segment = path.substr(0, path.find('/'));
        if (segment == "." || segment == "..") return true;
        path.remove_prefix(segment.size());
    }
    return false;
}

}  // namespace

Or<Target> parse_target(std::string_view target) {
    if (target.size() > max_target) return refuse(414, "The address is too long.");
    constexpr std::string_view never = "\"<>\\#";
    const bool plain = std::all_of(target.begin(), target.end(), [&](char c) { return c > ' ' && c < '\x7f' && never.find(c) == std::string_view::npos; });
    if (!target.starts_with('/') || !plain || !escapes_are_right(target)) return refuse(400, "The address is none that this server knows.");
    const auto mark = target.find('?');
    const auto path = target.substr(0, mark);
    if (has_odd_segments(path) || hides_something(path)) return refuse(400, "The address is none that this server knows.");
    return Target{std::string(path), mark == std::string_view::npos ? "" : std::string(target.substr(mark + 1))};
}

}  // namespace anteroom::web
