// NSCodec against FreeRDP's decoder and encoder: what comes back is as near as FreeRDP's own, and grey is exact.
#include "proxies/rdp/nscodec.h"

#include <freerdp/codec/color.h>
#include <freerdp/codec/nsc.h>

#include <cmath>
#include <memory>
#include <tuple>

#include "tests/unit/rdp/tiles.h"

namespace anteroom::rdp {
namespace {

struct Free {
    void operator()(NSC_CONTEXT* context) const { nsc_context_free(context); }
    void operator()(wStream* stream) const { Stream_Free(stream, TRUE); }
};

class NsCodecTest : public ::testing::TestWithParam<std::tuple<unsigned, bool>> {
protected:
    NsCodec::Terms terms() const { return {std::get<0>(GetParam()), std::get<1>(GetParam())}; }

    Bytes decoded(View message, std::uint32_t width, std::uint32_t height) {
        Bytes copy(message.begin(), message.end()), out(std::size_t{width} * height * 4);
        EXPECT_TRUE(nsc_context_reset(codec.get(), width, height));
        EXPECT_TRUE(nsc_process_message(codec.get(), 32, width, height, copy.data(), static_cast<UINT32>(copy.size()), out.data(), PIXEL_FORMAT_BGRX32,
                                        width * 4, 0, 0, width, height, FREERDP_FLIP_VERTICAL));
        return out;
    }
    Bytes shown(const Bytes& pixels, std::uint32_t width, std::uint32_t height) {
        const View message = ours.encode(pixels.data(), std::size_t{width} * 4, width, height, terms());
        EXPECT_LE(message.size(), NsCodec::most_bytes(width, height));
        size = message.size();
        return decoded(message, width, height);
    }
    Bytes as_freerdp_shows(const Bytes& pixels, std::uint32_t width, std::uint32_t height) {
        const std::unique_ptr<wStream, Free> stream(Stream_New(nullptr, 65536));
        EXPECT_TRUE(nsc_context_reset(codec.get(), width, height));
        EXPECT_TRUE(nsc_context_set_parameters(codec.get(), NSC_COLOR_LOSS_LEVEL, terms().colour_loss));
        EXPECT_TRUE(nsc_context_set_parameters(codec.get(), NSC_ALLOW_SUBSAMPLING, terms().subsampled ? 1 : 0));
        EXPECT_TRUE(nsc_context_set_parameters(codec.get(), NSC_COLOR_FORMAT, PIXEL_FORMAT_BGRX32));
        EXPECT_TRUE(nsc_compose_message(codec.get(), stream.get(), pixels.data(), width, height, width * 4));
        freerdp_size = Stream_GetPosition(stream.get());
        return decoded(View(Stream_Buffer(stream.get()), freerdp_size), width, height);
    }
    static double distance(const Bytes& a, const Bytes& b) {
        double sum = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            if (i % 4 != 3) sum += (a[i] - b[i]) * (a[i] - b[i]);
        return std::sqrt(sum / static_cast<double>(a.size() / 4 * 3));
    }

    NsCodec ours;
    std::size_t size = 0, freerdp_size = 0;
    std::unique_ptr<NSC_CONTEXT, Free> codec{nsc_context_new()};
};

TEST_P(NsCodecTest, AreasComeBackNearerThanFreeRdpsOwnAndAsSmall) {
    double here = 0, there = 0;
    std::size_t sizes = 0, freerdp_sizes = 0;
    for (int seed = 0; seed < 1500; ++seed) {
        std::mt19937 random(static_cast<unsigned>(seed));
        const std::uint32_t width = 8 * (1 + random() % 20), height = 2 * (1 + random() % 40);
        const auto pixels = tile(random, width, height);
        here += distance(shown(pixels, width, height), pixels);
        there += distance(as_freerdp_shows(pixels, width, height), pixels);
        sizes += size;
        freerdp_sizes += freerdp_size;
    }
    EXPECT_LE(here, there);
    EXPECT_LE(static_cast<double>(sizes), static_cast<double>(freerdp_sizes) * 1.02);
    RecordProperty("distance", std::to_string(here / there));
    RecordProperty("size", std::to_string(static_cast<double>(sizes) / static_cast<double>(freerdp_sizes)));
}

TEST_P(NsCodecTest, TheStrongestColoursStayThemselves) {
    for (const std::uint32_t colour : {0xff0000u, 0x00ff00u, 0x0000ffu, 0xffff00u, 0xff00ffu, 0x00ffffu, 0xff8000u, 0x0080ffu}) {
        Bytes pixels(std::size_t{16} * 16 * 4);
        for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(colour >> (i % 4 * 8));
        const auto there = as_freerdp_shows(pixels, 16, 16);
        EXPECT_LE(distance(shown(pixels, 16, 16), pixels), std::max(8.0, distance(there, pixels) * 1.01)) << colour;
    }
}

// Grey has no colours that could be lost, and every place of it is its own: nothing is shifted, turned over or left out.
TEST_P(NsCodecTest, GreyComesBackExactlyAtEverySize) {
    for (int seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(static_cast<unsigned>(seed));
        const std::uint32_t width = 1 + random() % 70, height = 1 + random() % 40, kind = random() % 3;
        auto pixels = tile(random, width, height);
        for (std::size_t i = 0; i < pixels.size(); i += 4) {
            if (kind == 1) pixels[i + 1] = static_cast<std::uint8_t>(i / 4 / (1 + random() % 300));
            pixels[i] = pixels[i + 2] = pixels[i + 1];
        }
        expect_same(shown(pixels, width, height), pixels, seed);
        if (HasFatalFailure()) return;
    }
}

// A plane that is one run of each length, and ends in each way.
TEST_P(NsCodecTest, EveryRunComesBackExactly) {
    for (std::uint32_t width = 1; width < 700; ++width)
        for (std::uint32_t last : {1u, 2u, 3u, 4u, 5u, 6u}) {
            Bytes pixels(std::size_t{width} * 4, 90);
            for (std::uint32_t x = width - std::min(width, last); x < width; ++x)
                for (unsigned c = 0; c < 3; ++c) pixels[std::size_t{x} * 4 + c] = static_cast<std::uint8_t>(100 + (last > 3 ? x / 2 : x));
            expect_same(shown(pixels, width, 1), pixels, static_cast<int>(width * 10 + last));
            if (HasFatalFailure()) return;
        }
}

TEST_P(NsCodecTest, AFlatAreaIsAHandfulOfBytesAndNoiseHardlyMoreThanItsPlanes) {
    const Bytes flat(std::size_t{256} * 256 * 4, 200);
    (void)shown(flat, 256, 256);
    EXPECT_LE(size, 64u);
    std::mt19937 random(1);
    Bytes noise(flat.size());
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
    (void)shown(noise, 256, 256);
    EXPECT_LE(size, (terms().subsampled ? 256 * 256 * 3 / 2 : 256 * 256 * 3) + 64u);
    expect_same(shown(flat, 256, 256), flat, 0);
}

INSTANTIATE_TEST_SUITE_P(Terms, NsCodecTest, ::testing::Combine(::testing::Values(1u, 3u, 7u), ::testing::Bool()));

}  // namespace
}  // namespace anteroom::rdp
