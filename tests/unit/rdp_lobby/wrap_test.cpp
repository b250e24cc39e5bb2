// Rows of a line.
#include "proxies/rdp/lobby/wrap.h"

#include "proxies/rdp/lobby/metrics.h"
#include "tests/unit/rdp_lobby/picture.h"

namespace anteroom::rdp {
namespace {

using testing::Picture;

class Wrap : public ::testing::Test {
protected:
    std::vector<std::string> texts(std::string_view line, int width) {
        std::vector<std::string> out;
        for (const auto& row : wrap(canvas_, line, style_, {width, 10})) {
            std::string text;
            for (const auto& piece : row) text += (text.empty() ? "" : " ") + std::string(line.substr(piece.at, piece.size));
            out.push_back(std::move(text));
        }
        return out;
    }
    Picture picture_{10, 10};
    Canvas canvas_ = picture_.canvas();
    Canvas::Style style_{.pixels = 16};
};

TEST_F(Wrap, WordsStayWholeAndNothingIsLost) {
    const std::string_view line = "Access to mri-3 as service needs an approval by imaging-admins and privacy-office.";
    const auto rows = texts(line, 300);
    EXPECT_GT(rows.size(), 1U);
    std::string all;
    for (const auto& row : rows) all += (all.empty() ? "" : " ") + row;
    EXPECT_EQ(all, line);
}

TEST_F(Wrap, AnEmptyLineIsOneEmptyRow) {
    EXPECT_EQ(texts("", 300), std::vector<std::string>{""});
    EXPECT_EQ(texts("   ", 300), std::vector<std::string>{""});
}

TEST_F(Wrap, AWordWiderThanTheRowIsBrokenBetweenCharacters) {
    const std::string line(200, 'w');
    std::string all;
    for (const auto& row : wrap(canvas_, line, style_, {120, 10})) {
        ASSERT_EQ(row.size(), 1U);
        EXPECT_LE(row[0].x + canvas_.measure(std::string_view(line).substr(row[0].at, row[0].size), style_), 120);
        all += line.substr(row[0].at, row[0].size);
    }
    EXPECT_EQ(all, line);
}

TEST_F(Wrap, ColumnsStandUnderEachOther) {
    const auto one = wrap(canvas_, "   1  ct-1 as service    ready", style_, {700, 10});
    const auto other = wrap(canvas_, "  12  mri-3 as service   ready", style_, {700, 10});
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0].back().x, other[0].back().x);
    EXPECT_EQ(one[0][1].x, other[0][1].x);
    EXPECT_EQ(one[0][1].x, 60);
}

TEST_F(Wrap, AColumnThatDoesNotFitGoesBelowWhole) {
    const std::string_view line = "   4  mri-2 as service     MRI console    outside hours: opens next at 2026-01-06";
    const auto rows = texts(line, 420);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1], "outside hours: opens next at 2026-01-06");
}

TEST_F(Wrap, ALongTextHangsUnderItsColumn) {
    const auto rows = wrap(canvas_, "  reason    Gradient coil replaced, calibration and phantom scan after the repair", style_, {320, 10});
    ASSERT_GT(rows.size(), 1U);
    EXPECT_EQ(rows[1][0].x, rows[0][1].x);
    EXPECT_EQ(rows[0][1].x, 120);
}

TEST_F(Wrap, WhatIsShortenedFitsAndSaysSo) {
    const auto text = shortened(canvas_, "Your access ends in 5 minutes", style_, 100);
    EXPECT_TRUE(text.ends_with("..."));
    EXPECT_LE(canvas_.measure(text, style_), 100);
    EXPECT_EQ(shortened(canvas_, "short", style_, 100), "short");
}

TEST(Metrics, TextGrowsWithTheScreenAndLinesStayShort) {
    const auto small = Metrics::of(800, 600), wide = Metrics::of(3840, 2160);
    EXPECT_GE(small.em, 15);
    EXPECT_GE(wide.em, 2 * small.em);
    EXPECT_GE(small.column_width / small.cell, 72);
    EXPECT_LE(wide.column_width / wide.cell, 92);
    EXPECT_EQ(wide.column_x, (3840 - wide.column_width) / 2);
    const auto tiny = Metrics::of(200, 200);
    EXPECT_GE(tiny.em, 9);
    EXPECT_GT(tiny.column_width, 100);
}

}  // namespace
}  // namespace anteroom::rdp
