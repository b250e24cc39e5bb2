// Tiles of every kind of content, for the encoders' tests.
#pragma once

#include <gtest/gtest.h>

#include <random>

#include "base/bytes.h"

namespace anteroom::rdp {

// Of B G R X the fourth is nobody's.
inline void expect_same(const Bytes& a, const Bytes& b, int seed) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        if (i % 4 != 3) ASSERT_EQ(a[i], b[i]) << "byte " << i << ", seed " << seed;
}

// Flat areas, repeated lines, fine patterns, noise: a mixture that the seed chooses.
inline Bytes tile(std::mt19937& random, std::uint32_t width, std::uint32_t height) {
    Bytes pixels(std::size_t{width} * height * 4);
    const unsigned kind = random() % 6;
    const std::uint32_t one = static_cast<std::uint32_t>(random()), other = random() % 3 == 0 ? 0 : static_cast<std::uint32_t>(random());
    for (std::uint32_t y = 0; y < height; ++y)
        for (std::uint32_t x = 0; x < width; ++x) {
            std::uint32_t value = one;
            if (kind == 1) value = ((x ^ y) & 1) != 0 ? one : other;
            if (kind == 2) value = x % 7 == 0 ? one : other;
            if (kind == 3) value = static_cast<std::uint32_t>(random());
            if (kind == 4) value = random() % 9 == 0 ? static_cast<std::uint32_t>(random()) : other;
            if (kind == 5) value = y < height / 2 ? 0 : x * 0x010203u + y;
            for (unsigned i = 0; i < 4; ++i) pixels[(std::size_t{y} * width + x) * 4 + i] = static_cast<std::uint8_t>(value >> (8 * i));
        }
    return pixels;
}

}  // namespace anteroom::rdp
