// Interleaved RLE (MS-RDPBCGR 2.2.9.1.1.3.1.2.4, 3.1.9): how a picture of 15, 16 or 24 bits a pixel travels in a bitmap update. Written
// here because FreeRDP's encoder inverts fine patterns at 15 and 16 bits and spoils everything at 24. Exact: what is decoded is what the
// depth can hold of each pixel.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace anteroom::rdp {

class RunLengths {
public:
    // `pixels`: B G R X, top line first; width and height at least 1. `depth`: 15, 16 or 24. Replaces what `out` held. The encoding is
    // at most one byte for each 287 pixels and three for the whole longer than the pixels themselves.
    void encode(const std::uint8_t* pixels, std::uint32_t stride, std::uint32_t width, std::uint32_t height, unsigned depth, Bytes& out);

private:
    void take(const std::uint8_t* pixels, std::uint32_t stride, std::uint32_t width, std::uint32_t height, unsigned depth);
    std::size_t like_above(std::size_t at) const;
    std::size_t like_first(std::size_t at) const;
    void order(unsigned code, std::size_t length, Bytes& out) const;
    void pixel(std::uint32_t value, Bytes& out) const;
    void raw(std::size_t from, std::size_t to, Bytes& out) const;

    std::vector<std::uint32_t> plane_;  // as they are sent: bottom line first
    std::size_t width_ = 0;
    unsigned bytes_ = 2;
};

}  // namespace anteroom::rdp
