// How large a client's screen may be: what a recording holds, and no more memory than a worker can have before anybody has signed in.
#pragma once

#include <algorithm>
#include <cstdint>

#include "recorder/screen.h"

namespace anteroom::rdp {

struct Size {
    std::uint32_t width = 0, height = 0;
    bool operator==(const Size&) const = default;
};

inline constexpr std::uint32_t narrowest_screen = 200;  // MS-RDPBCGR 2.2.7.1.2
inline constexpr std::uint32_t most_pixels = 7680 * 4320;

// The nearest to what was asked for that a session can have.
inline Size fitting(Size asked) {
    const auto side = [](std::uint32_t length) { return std::clamp<std::uint32_t>(length, narrowest_screen, recorder::widest_screen); };
    const auto width = side(asked.width);
    return {width, std::min(side(asked.height), most_pixels / width)};
}

}  // namespace anteroom::rdp
