// Interleaved RLE against FreeRDP's decoder: thousands of tiles of every kind of content, at each depth, come back exactly.
#include "proxies/rdp/rle.h"

#include <freerdp/codec/color.h>
#include <freerdp/codec/interleaved.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/rdp/tiles.h"

namespace anteroom::rdp {
namespace {

struct Free {
    void operator()(BITMAP_INTERLEAVED_CONTEXT* context) const { bitmap_interleaved_context_free(context); }
};

class RunLengthsTest : public ::testing::TestWithParam<unsigned> {
protected:
    // What a client shows of `pixels` at this depth.
    Bytes shown(const Bytes& pixels, std::uint32_t width, std::uint32_t height) {
        runs.encode(pixels.data(), width * 4, width, height, GetParam(), encoded);
        Bytes out(pixels.size());
        EXPECT_TRUE(interleaved_decompress(decoder.get(), encoded.data(), static_cast<UINT32>(encoded.size()), width, height, GetParam(), out.data(),
                                           PIXEL_FORMAT_BGRX32, width * 4, 0, 0, width, height, nullptr));
        return out;
    }
    // As FreeRDP would show the pixels if they came uncompressed.
    Bytes wanted(const Bytes& pixels, std::uint32_t width, std::uint32_t height) const {
        const UINT32 format = GetParam() == 24 ? PIXEL_FORMAT_BGR24 : GetParam() == 16 ? PIXEL_FORMAT_RGB16 : PIXEL_FORMAT_RGB15;
        Bytes small(pixels.size()), out(pixels.size());
        EXPECT_TRUE(freerdp_image_copy(small.data(), format, 0, 0, 0, width, height, pixels.data(), PIXEL_FORMAT_BGRX32, width * 4, 0, 0, nullptr, 0));
        EXPECT_TRUE(freerdp_image_copy(out.data(), PIXEL_FORMAT_BGRX32, width * 4, 0, 0, width, height, small.data(), format, 0, 0, 0, nullptr, 0));
        return out;
    }

    RunLengths runs;
    Bytes encoded;
    std::unique_ptr<BITMAP_INTERLEAVED_CONTEXT, Free> decoder{bitmap_interleaved_context_new(FALSE)};
};

TEST_P(RunLengthsTest, EveryTileComesBackExactly) {
    for (int seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(static_cast<unsigned>(seed));
        const std::uint32_t width = (1 + random() % 16) * 4, height = 1 + random() % 64;
        const auto pixels = tile(random, width, height);
        expect_same(shown(pixels, width, height), wanted(pixels, width, height), seed);
        if (HasFatalFailure()) return;
    }
}

TEST_P(RunLengthsTest, AFineCheckerboardIsNotInverted) {
    Bytes pixels(std::size_t{64} * 64 * 4);
    for (std::size_t i = 0; i < 64 * 64; ++i)
        for (unsigned c = 0; c < 4; ++c) pixels[i * 4 + c] = ((i % 64) ^ (i / 64)) & 1 ? 255 : 0;
    expect_same(shown(pixels, 64, 64), wanted(pixels, 64, 64), 0);
}

TEST_P(RunLengthsTest, AFlatTileIsAHandfulOfBytesAndNoiseHardlyMoreThanItself) {
    const Bytes flat(std::size_t{64} * 64 * 4, 200);
    (void)shown(flat, 64, 64);
    EXPECT_LT(encoded.size(), 16u);
    std::mt19937 random(1);
    Bytes noise(std::size_t{64} * 64 * 4);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
    (void)shown(noise, 64, 64);
    EXPECT_LE(encoded.size(), std::size_t{64} * 64 * (GetParam() == 24 ? 3 : 2) + 64);
}

INSTANTIATE_TEST_SUITE_P(Depths, RunLengthsTest, ::testing::Values(15u, 16u, 24u));

}  // namespace
}  // namespace anteroom::rdp
