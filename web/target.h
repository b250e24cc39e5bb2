// What a request asks for: origin-form only (RFC 9112 section 3.2.1), and nothing in it that could be read as another path.
#pragma once

#include <string_view>

#include "web/refusal.h"

namespace anteroom::web {

inline constexpr std::size_t max_target = 4096;

struct Target {
    std::string path;   // as sent
    std::string query;  // as sent, without "?"
    bool below(std::string_view folder) const { return path == folder || (path.starts_with(folder) && path[folder.size()] == '/'); }
};

// 400 for another form, `//`, dot segments, back-slashes, `%` that is no escape or hides one of those, and 414.
Or<Target> parse_target(std::string_view target);

}  // namespace anteroom::web
