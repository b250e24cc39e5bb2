// Planar (MS-RDPEGDI 2.2.2.5, 3.1.9): how a picture of 32 bits a pixel travels without loss. Each colour is a plane, bottom line first;
// each line is the difference from the one below it, as runs. Written here because FreeRDP's encoder takes ten times as long.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace anteroom::rdp {

class PlanarTile {
public:
    static constexpr std::uint32_t side = 64;  // the widest and highest
    // What encode() may write at worst: four planes of lines that repeat nothing, and the slack of its copying.
    static constexpr std::size_t most_bytes = 1 + 4 * side * (side + side / 15 + 1) + 16;

    // `pixels`: B G R X, top line first, at least one each way. `alpha`: the client takes no picture without that plane; it is opaque.
    // Writes at `out`, which has most_bytes; how many bytes they are.
    std::size_t encode(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height, bool alpha, std::uint8_t* out);

private:
    static constexpr std::size_t before = 16, pitch = before + side;  // a line's zeros before it, for the neighbour of its first byte
    void take(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height);
    std::uint8_t* line(std::size_t plane, std::size_t row) { return planes_.data() + (plane * side + row) * pitch + before; }

    std::array<std::uint8_t, 3 * side * pitch + 64> planes_{};  // blue, green, red: differences, as they are sent
    std::array<bool, side> repeats_{};                          // the line is the same as the one below
};

}  // namespace anteroom::rdp
