// A QR code as lines of half blocks, two modules a character, for a terminal with any background.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace anteroom::identity {

inline constexpr int widest_quiet_zone = 4;  // ISO/IEC 18004 9.1

// `invalid`: more text than a QR code holds.
Result<std::vector<std::string>> qr_lines(const std::string& text);
// With as much of the quiet zone as fits, at least one module; `not_found` when even that is too large for the room there is.
Result<std::vector<std::string>> qr_lines_within(const std::string& text, int columns, int rows);

}  // namespace anteroom::identity
