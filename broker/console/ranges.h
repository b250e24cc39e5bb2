// What somebody has watched of a recording: ranges of milliseconds, in order, none touching another. Never more than was said: where there
// are too many, the shortest are forgotten.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace anteroom::console {

using Range = std::pair<std::int64_t, std::int64_t>;  // from, to; `to` does not belong to it
using Ranges = std::vector<Range>;

inline constexpr std::size_t most_ranges = 500;
inline constexpr std::int64_t joined_within_ms = 250;  // as long as a piece: what lies between was on the screen

// Both, cut to a recording of that length. What is empty, backwards or outside is left out.
Ranges joined(Ranges ranges, const Ranges& more, std::int64_t length_ms);
bool covers(const Ranges& ranges, std::int64_t from, std::int64_t to);
// [[from, to], ...]. `damaged`: it is not what text_of() writes.
std::string text_of(const Ranges& ranges);
Result<Ranges> ranges_of(std::string_view text);

}  // namespace anteroom::console
