// What stands inside the screen track's zstd stream (FORMAT.md, "Screen"): records, each a type, an area and its pixels.
#pragma once

#include "recorder/screen.h"

namespace anteroom::recorder {

enum class ScreenRecord : std::uint8_t { size = 1, colour, grey, coarse, end };
enum class ScreenKind : std::uint8_t { continues, key_frame };

inline constexpr std::uint16_t tile_side = 64;     // coarse areas begin and end at multiples of it, or at the screen's edge
inline constexpr std::uint16_t coarse_side = 4;    // of a square of one colour
inline constexpr int widest_window = 23;           // log2 of what a reader of the stream has to remember
inline constexpr std::size_t area_head_bytes = 9;  // type, x, y, width, height
inline constexpr std::size_t size_head_bytes = 5;  // type, width, height

inline std::uint16_t tiles_along(std::uint32_t pixels) { return static_cast<std::uint16_t>((pixels + tile_side - 1) / tile_side); }
inline std::uint32_t squares_along(std::uint32_t pixels) { return (pixels + coarse_side - 1) / coarse_side; }
inline std::uint64_t pixels_of(const Area& area) { return std::uint64_t{area.width} * area.height; }
inline const std::uint8_t* pixel_at(const PixelView& picture, std::uint32_t x, std::uint32_t y) {
    return picture.pixels + std::size_t{y} * picture.stride + std::size_t{x} * 4;
}

}  // namespace anteroom::recorder
