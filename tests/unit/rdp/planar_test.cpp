// Planar against FreeRDP's decoder: thousands of tiles of every kind of content come back exactly.
#include "proxies/rdp/planar.h"

#include <freerdp/codec/color.h>
#include <freerdp/codec/planar.h>

#include <cstring>
#include <memory>

#include "tests/unit/rdp/tiles.h"

namespace anteroom::rdp {
namespace {

struct Free {
    void operator()(BITMAP_PLANAR_CONTEXT* context) const { freerdp_bitmap_planar_context_free(context); }
};

class PlanarTest : public ::testing::TestWithParam<bool> {
protected:
    static constexpr std::uint32_t side = PlanarTile::side;
    PlanarTest() { encoded.resize(PlanarTile::most_bytes + 32, 0xA5); }

    // What a client shows of the tile at `pixels`; exactly so many bytes were said to be written, and no more than allowed were.
    Bytes shown(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height) {
        size = planar.encode(pixels, stride, width, height, GetParam(), encoded.data());
        EXPECT_LE(size, PlanarTile::most_bytes - 16);
        for (std::size_t i = PlanarTile::most_bytes; i < encoded.size(); ++i) EXPECT_EQ(encoded[i], 0xA5);
        Bytes copy(encoded.begin(), encoded.begin() + static_cast<std::ptrdiff_t>(size)), out(std::size_t{width} * height * 4);
        EXPECT_TRUE(planar_decompress(decoder.get(), copy.data(), static_cast<UINT32>(size), width, height, out.data(), PIXEL_FORMAT_BGRX32, width * 4, 0, 0,
                                      width, height, TRUE));
        return out;
    }
    Bytes shown(const Bytes& pixels, std::uint32_t width, std::uint32_t height) { return shown(pixels.data(), std::size_t{width} * 4, width, height); }

    PlanarTile planar;
    Bytes encoded;
    std::size_t size = 0;
    std::unique_ptr<BITMAP_PLANAR_CONTEXT, Free> decoder{freerdp_bitmap_planar_context_new(PLANAR_FORMAT_HEADER_RLE | PLANAR_FORMAT_HEADER_NA, side, side)};
};

TEST_P(PlanarTest, EveryTileComesBackExactly) {
    for (int seed = 0; seed < 6000; ++seed) {
        std::mt19937 random(static_cast<unsigned>(seed));
        const std::uint32_t width = 1 + random() % side, height = 1 + random() % side;
        const auto pixels = tile(random, width, height);
        expect_same(shown(pixels, width, height), pixels, seed);
        if (HasFatalFailure()) return;
    }
}

// Runs of each length at each place, alone and behind each number of other bytes.
TEST_P(PlanarTest, EveryRunInALineComesBackExactly) {
    for (std::uint32_t width : {4u, 16u, 17u, 33u, 47u, 48u, 49u, 50u, 51u, side})
        for (std::uint32_t run = 1; run <= width; ++run)
            for (std::uint32_t from = 0; from + run <= width; ++from) {
                Bytes pixels(std::size_t{width} * 2 * 4);
                for (std::uint32_t x = 0; x < width; ++x) {
                    const bool in = x >= from && x < from + run;
                    for (unsigned c = 0; c < 3; ++c) {
                        pixels[(std::size_t{width} + x) * 4 + c] = in ? 7 : static_cast<std::uint8_t>(x * 37 + c + 20);
                        pixels[std::size_t{x} * 4 + c] = static_cast<std::uint8_t>(pixels[(std::size_t{width} + x) * 4 + c] + (in ? 200 : x * 59 + c));
                    }
                }
                expect_same(shown(pixels, width, 2), pixels, static_cast<int>(run * 100 + from));
                if (HasFatalFailure()) return;
            }
}

TEST_P(PlanarTest, APartOfALargerPictureIsTakenWithoutItsNeighbours) {
    std::mt19937 random(5);
    Bytes picture(std::size_t{200} * 100 * 4), part(std::size_t{36} * 20 * 4);
    for (auto& byte : picture) byte = static_cast<std::uint8_t>(random() % 3);
    for (std::size_t y = 0; y < 20; ++y) std::memcpy(part.data() + y * 36 * 4, picture.data() + ((y + 31) * 200 + 77) * 4, std::size_t{36} * 4);
    expect_same(shown(picture.data() + (std::size_t{31} * 200 + 77) * 4, 800, 36, 20), part, 0);
}

TEST_P(PlanarTest, WhatWasEncodedBeforeLeavesNothing) {
    std::mt19937 random(6);
    const Bytes flat(std::size_t{side} * side * 4, 9);
    (void)shown(flat, side, side);
    const std::size_t alone = size;
    Bytes noise(flat.size());
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
    expect_same(shown(noise, side, side), noise, 1);
    expect_same(shown(flat, side, side), flat, 2);
    EXPECT_EQ(size, alone);
}

TEST_P(PlanarTest, AFlatTileIsTwoBytesALineOfAPlane) {
    const Bytes flat(std::size_t{side} * side * 4, 200);
    (void)shown(flat, side, side);
    EXPECT_LE(size, std::size_t{2} * side * (GetParam() ? 4 : 3) + 16);
}

INSTANTIATE_TEST_SUITE_P(Alpha, PlanarTest, ::testing::Bool());

}  // namespace
}  // namespace anteroom::rdp
