// The picture that stood on the screen at a moment, without reading the recording from its beginning.
#pragma once

#include "recorder/reader.h"
#include "recorder/screen.h"

namespace anteroom::recorder {

// Feeds `decoder` from the last key frame at or before `at` up to `at`. The time of the last frame (its picture stood until the next
// one); not_found when no frame stands there. The reader is behind it afterwards.
Result<Duration> go_to_picture(Reader& reader, Duration at, ScreenDecoder& decoder);

// What size a key frame's first event begins with, unpacked no further; nullopt: not one that a screen has.
struct ScreenSize {
    std::uint16_t width = 0, height = 0;
};
std::optional<ScreenSize> size_of_key_frame(const Event& event);

}  // namespace anteroom::recorder
