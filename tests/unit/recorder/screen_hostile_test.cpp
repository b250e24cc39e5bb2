// The screen track's decoder against bytes that no encoder wrote: an error, never a wrong picture that is called complete at will.
#include <zstd.h>

#include <fstream>

#include "tests/unit/recorder/screen_fixture.h"

namespace anteroom::recorder::testing {
namespace {

Bytes packed(View plain, int window = 0, bool end = false) {
    ZSTD_CCtx* zstd = ZSTD_createCCtx();
    if (window > 0) ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, window);
    Bytes out(ZSTD_compressBound(plain.size()) + 1000);
    ZSTD_inBuffer in{plain.data(), plain.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    ZSTD_compressStream2(zstd, &to, &in, end ? ZSTD_e_end : ZSTD_e_flush);
    ZSTD_freeCCtx(zstd);
    out.resize(to.pos);
    return out;
}
Result<bool> fed(ScreenDecoder& decoder, View bytes, std::uint8_t kind = 1) {
    return decoder.feed({.at = {}, .track = Track::screen, .kind = kind, .channel = 0, .bytes = bytes});
}
Result<bool> fed_plain(const Bytes& plain) {
    ScreenDecoder decoder;
    return fed(decoder, packed(plain));
}

Bytes u16s(std::uint8_t type, std::initializer_list<int> values) {
    Bytes out{type};
    for (const int value : values) {
        out.push_back(static_cast<std::uint8_t>(value));
        out.push_back(static_cast<std::uint8_t>(value >> 8));
    }
    return out;
}
Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
const Bytes size_2x1 = u16s(1, {2, 1}), end{5};
const Bytes grey_2x1 = u16s(3, {0, 0, 2, 1}) + Bytes{7, 8};

TEST(HostileScreen, TheSmallestFramesAreTakenAndWhatDiffersFromThemIsNot) {
    EXPECT_EQ(was(fed_plain(size_2x1 + grey_2x1 + end)), Was::frame);
    EXPECT_EQ(was(fed_plain(size_2x1 + grey_2x1)), Was::no_frame) << "not complete yet";
    EXPECT_EQ(was(fed_plain(size_2x1 + u16s(4, {0, 0, 2, 1}) + Bytes{1, 2} + end)), Was::frame);
    const Bytes wrong[] = {
        end,                                                      // no size
        grey_2x1 + end,                                           // no size
        u16s(1, {0, 1}) + end,                                    // no such screen
        u16s(1, {1, 8193}) + end,                                 // no such screen
        size_2x1 + size_2x1 + grey_2x1 + end,                     // twice
        size_2x1 + end,                                           // not all of it
        size_2x1 + u16s(3, {0, 0, 1, 1}) + Bytes{7} + end,        // not all of it
        size_2x1 + u16s(3, {0, 0, 3, 1}) + Bytes{7, 8, 9} + end,  // beside the screen
        size_2x1 + u16s(3, {1, 0, 65535, 1}) + end,               // beside the screen
        size_2x1 + u16s(3, {0, 65535, 1, 2}) + end,               // beside the screen
        size_2x1 + u16s(3, {0, 0, 0, 1}) + end,                   // nothing
        size_2x1 + u16s(3, {0, 0, 1, 0}) + end,                   // nothing
        size_2x1 + u16s(4, {1, 0, 1, 1}) + Bytes{1, 2} + end,     // not on a tile
        size_2x1 + u16s(4, {0, 0, 1, 1}) + Bytes{1, 2} + end,     // not to a tile's end
        size_2x1 + grey_2x1 + grey_2x1 + grey_2x1 + end,          // more than it can need
        size_2x1 + grey_2x1 + end + end,                          // two frames in one event
        size_2x1 + grey_2x1 + Bytes{0},                           // no such record
        size_2x1 + grey_2x1 + Bytes{6},                           // no such record
        size_2x1 + grey_2x1 + Bytes{255},                         // no such record
    };
    for (std::size_t i = 0; i < std::size(wrong); ++i) {
        const auto result = fed_plain(wrong[i]);
        ASSERT_FALSE(result) << i;
        EXPECT_EQ(result.error().kind, ErrorKind::damaged);
    }
    ScreenDecoder decoder;
    EXPECT_FALSE(fed(decoder, packed(size_2x1 + grey_2x1 + end), 2)) << "a kind that is not known";
    EXPECT_FALSE(fed(decoder, packed(size_2x1 + grey_2x1 + end, 0, true))) << "the zstd frame ends";
    EXPECT_FALSE(fed(decoder, Bytes(100, 0xff)));
    EXPECT_FALSE(fed(decoder, packed(Bytes(100), 24))) << "a window larger than the format's";
}

// FORMAT.md, "Screen": the test vector. Packed bytes may differ between versions of zstd, what they hold may not.
TEST(HostileScreen, ReadsTheTestVector) {
    Bytes colour = u16s(1, {70, 66}) + u16s(2, {0, 0, 70, 66}), coarse = u16s(4, {64, 0, 6, 66});
    for (int plane = 0; plane < 3; ++plane)
        for (int y = 0; y < 66; ++y)
            for (int x = 0; x < 70; ++x) colour.push_back(static_cast<std::uint8_t>(plane == 0 ? y : plane == 1 ? x - y : x));
    for (int i = 0; i < 34; ++i) coarse = coarse + Bytes{static_cast<std::uint8_t>(i * 997), static_cast<std::uint8_t>(i * 997 >> 8)};
    const Bytes plain[] = {colour + end, u16s(3, {5, 6, 3, 2}) + Bytes{1, 2, 3, 4, 5, 6} + end, coarse + end};
    ZSTD_DCtx* zstd = ZSTD_createDCtx();
    ScreenDecoder decoder;
    std::ifstream file(ANTEROOM_VECTORS "/recorder/screen.txt");
    std::string packed_hex, picture_hash;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(file >> packed_hex >> picture_hash) << i;
        const auto bytes = from_hex(packed_hex);
        ASSERT_TRUE(bytes);
        Bytes unpacked(20000);
        ZSTD_inBuffer in{bytes->data(), bytes->size(), 0};
        ZSTD_outBuffer out{unpacked.data(), unpacked.size(), 0};
        ASSERT_FALSE(ZSTD_isError(ZSTD_decompressStream(zstd, &out, &in)));
        unpacked.resize(out.pos);
        EXPECT_EQ(unpacked, plain[i]) << i;
        EXPECT_EQ(was(fed(decoder, *bytes, i == 0 ? 1 : 0)), Was::frame);
        const auto picture = decoder.picture();
        EXPECT_EQ(hex(crypto::sha256(View(picture.pixels, std::size_t{picture.stride} * picture.height))), picture_hash);
        EXPECT_EQ(decoder.exact(), i < 2);
    }
    ZSTD_freeDCtx(zstd);
}

TEST(HostileScreen, AfterAnErrorTheNextKeyFrameIsANewBeginning) {
    ScreenDecoder decoder;
    const Bytes good = packed(size_2x1 + grey_2x1 + end);
    EXPECT_EQ(was(fed(decoder, good)), Was::frame);
    EXPECT_FALSE(fed(decoder, Bytes(9, 0xff), 0));
    EXPECT_EQ(decoder.picture().pixels, nullptr);
    EXPECT_EQ(was(fed(decoder, Bytes(9, 0xff), 0)), Was::no_frame) << "passed over";
    EXPECT_EQ(was(fed(decoder, good)), Was::frame);
    EXPECT_EQ(decoder.picture().width, 2);
    EXPECT_EQ(decoder.picture().pixels[4], 8);
}

TEST(HostileScreen, AScreenOfTheLargestSizeCostsNothingBeforeItIsDrawn) {
    ScreenDecoder decoder;
    for (int i = 0; i < 2000; ++i) EXPECT_EQ(was(fed(decoder, packed(u16s(1, {8192, 8191 + i % 2})))), Was::no_frame);
    EXPECT_EQ(decoder.picture().pixels, nullptr);
}

TEST(HostileScreen, CorruptedBytesAreErrorsOrPicturesButNoMore) {
    std::mt19937 random(5);
    Desktop desktop({.frame = std::chrono::milliseconds(40), .key_frame = std::chrono::milliseconds(500), .region_budget = 100'000});
    desktop.resize(150, 100);
    for (int i = 0; i < 60; ++i) {
        desktop.picture.noise({.x = static_cast<std::uint16_t>(random() % 100), .y = 10, .width = 50, .height = 40}, random);
        desktop.damage({.x = 0, .y = 0, .width = 150, .height = 100});
        desktop.pass(std::chrono::milliseconds(40));
    }
    std::size_t errors = 0;
    for (int round = 0; round < 4000; ++round) {
        ScreenDecoder decoder;
        const std::size_t victim = random() % desktop.kept.size();
        for (std::size_t i = victim < 20 ? 0 : victim - 20; i < desktop.kept.size() && i < victim + 5; ++i) {
            Kept one = desktop.kept[i];
            if (i == victim) {
                if (random() % 4 == 0) one.bytes.resize(random() % one.bytes.size());
                else one.bytes[random() % one.bytes.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
            }
            const auto result = decoder.feed(one.event());
            if (!result) ++errors;
            const auto picture = decoder.picture();
            if (result && *result) EXPECT_TRUE(picture.width == 150 && picture.height == 100) << "a size is at a key frame's beginning only";
        }
    }
    EXPECT_GT(errors, 400u);
}

}  // namespace
}  // namespace anteroom::recorder::testing
