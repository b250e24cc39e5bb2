// A QR code as lines of half blocks, two modules a character, for a terminal with any background.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace anteroom::cli {

Result<std::vector<std::string>> qr_lines(const std::string& text);

}  // namespace anteroom::cli
