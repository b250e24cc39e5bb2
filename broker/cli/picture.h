// Pictures as PNG files (libpng), and a moment as it is typed.
#pragma once

#include "recorder/screen.h"

namespace anteroom::cli {

// The whole file's bytes; exactly these pixels, 8 bits a colour.
Result<Bytes> png_of(const recorder::PixelView& picture);

// 00:12:03, 12:03, 00:12:03.250; or a length of time: 723, 90s, 5m.
Result<Duration> moment_of(const std::string& text, const char* option);

}  // namespace anteroom::cli
