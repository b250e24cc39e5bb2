// The canvas, the palette, the letters.
#include <cmath>

#include "proxies/rdp/lobby/palette.h"
#include "proxies/rdp/lobby/utf8.h"
#include "tests/unit/rdp_lobby/picture.h"

namespace anteroom::rdp {
namespace {

using testing::Picture;

// WCAG 2.2: relative luminance, contrast ratio.
double luminance(Colour colour) {
    const auto part = [&](unsigned shift) {
        const double value = (colour >> shift & 0xFFU) / 255.0;
        return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0);
}

double contrast(Colour a, Colour b) {
    const double one = luminance(a) + 0.05, other = luminance(b) + 0.05;
    return std::max(one, other) / std::min(one, other);
}

TEST(Palette, ContrastIsComputedAsWcagDoes) {
    EXPECT_NEAR(contrast(0xFFFFFF, 0x000000), 21.0, 0.001);
    EXPECT_NEAR(contrast(0x767676, 0xFFFFFF), 4.54, 0.01);
}

TEST(Palette, EachTextStandsOutOfItsGroundByFourAndAHalfAtLeast) {
    for (const auto& ink : palette::inks) EXPECT_GE(contrast(ink.text, ink.ground), 4.5) << std::hex << ink.text << " on " << ink.ground;
}

TEST(Palette, WhatShowsTheFocusStandsOutByThreeAtLeast) {
    for (const auto& edge : palette::edges) EXPECT_GE(contrast(edge.text, edge.ground), 3.0) << std::hex << edge.text << " on " << edge.ground;
}

TEST(Canvas, FillsTheBoxAndNothingElse) {
    Picture picture(40, 30, 3);
    auto canvas = picture.canvas();
    canvas.fill({0, 0, 40, 30}, 0x000000);
    canvas.fill({10, 5, 7, 4}, 0x123456);
    EXPECT_EQ(picture.count(0x123456), 28);
    EXPECT_EQ(picture.at(10, 5), 0x123456U);
    EXPECT_EQ(picture.at(16, 8), 0x123456U);
    EXPECT_EQ(picture.at(17, 8), 0U);
    EXPECT_TRUE(picture.rim_is_whole());
}

TEST(Canvas, CutsWhatLeansOutOnAnySide) {
    Picture picture(40, 30, 3);
    auto canvas = picture.canvas();
    constexpr int far = 2'147'483'647;
    canvas.fill({-far, -far, far, far}, 1);
    canvas.fill({far, far, far, far}, 1);
    canvas.fill({-5, -5, far, far}, 2);
    EXPECT_EQ(picture.count(2), 40 * 30);
    canvas.fill({5, 5, -3, 10}, 3);
    canvas.frame({-10, -10, 60, 50}, 1000, 4);
    canvas.frame({10, 10, 0, 0}, 3, 5);
    EXPECT_EQ(picture.count(3) + picture.count(5), 0);
    for (const int x : {-far, -3, 38, far})
        for (const int y : {-far, 2, 33, far}) (void)canvas.text(x, y, "Anteroom g\u00c5", {.pixels = 24, .bold = true, .colour = 7});
    EXPECT_TRUE(picture.rim_is_whole());
}

TEST(Canvas, APartOfItIsCutToItself) {
    Picture picture(40, 30);
    auto canvas = picture.canvas();
    canvas.fill({0, 0, 40, 30}, 0);
    auto part = canvas.part({30, 20, 100, 5});
    EXPECT_EQ(part.width(), 10);
    EXPECT_EQ(part.height(), 5);
    part.fill({-5, -5, 100, 100}, 9);
    EXPECT_EQ(picture.count(9), 50);
    auto nothing = canvas.part({50, 50, 5, 5});
    nothing.fill({0, 0, 5, 5}, 8);
    EXPECT_EQ(picture.count(8), 0);
    EXPECT_TRUE(picture.rim_is_whole());
}

TEST(Canvas, TextAdvancesAsMeasured) {
    Picture picture(400, 60);
    auto canvas = picture.canvas();
    canvas.fill({0, 0, 400, 60}, 0);
    const Canvas::Style style{.pixels = 20, .colour = 0xFFFFFF};
    EXPECT_EQ(canvas.text(10, 30, "M\u00fcller 42", style), canvas.measure("M\u00fcller 42", style));
    EXPECT_EQ(canvas.measure("ab", style), canvas.measure("a", style) + canvas.measure("b", style));
    EXPECT_GT(picture.count(0xFFFFFF), 50);
}

TEST(Canvas, WhatTheFontLacksIsABoxAndTakesRoom) {
    Picture picture(100, 60);
    auto canvas = picture.canvas();
    const Canvas::Style style{.pixels = 20, .colour = 0xFFFFFF};
    for (const std::string_view text : {"\u65e5", "\x01", "\u202e", "\xff", "\U0001F9EA"}) {
        canvas.fill({0, 0, 100, 60}, 0);
        EXPECT_GT(canvas.text(10, 30, text, style), 4);
        EXPECT_GT(picture.count(0xFFFFFF), 20) << text;
    }
}

TEST(Utf8, WhatIsNoCharacterComesOutAsOneSignForEachByte) {
    const auto read = [](std::string_view text) {
        std::u32string out;
        for (std::size_t at = 0; at < text.size();) out += next_character(text, at);
        return out;
    };
    EXPECT_EQ(read("a\u00e9\u20ac\U0001F512"), U"a\u00e9\u20ac\U0001F512");
    EXPECT_EQ(read("\xC3"), U"\uFFFD");
    EXPECT_EQ(read("\xC0\xAF"), U"\uFFFD\uFFFD");            // overlong
    EXPECT_EQ(read("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");  // a surrogate
    EXPECT_EQ(read("\xF4\x90\x80\x80x"), U"\uFFFD\uFFFD\uFFFD\uFFFDx");
    EXPECT_EQ(read("\xE2\x82z"), U"\uFFFD\uFFFDz");
}

TEST(Utf8, IsWrittenAsItIsRead) {
    for (const char32_t c : {U'\x01', U'a', U'\u07FF', U'\u0800', U'\uFFFF', U'\U00010000', U'\U0010FFFF'}) {
        std::string text;
        append_utf8(text, c);
        std::size_t at = 0;
        EXPECT_EQ(next_character(text, at), c);
        EXPECT_EQ(at, text.size());
    }
    std::string text;
    append_utf8(text, 0xD800);
    append_utf8(text, 0x110000);
    EXPECT_EQ(text, "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace anteroom::rdp
