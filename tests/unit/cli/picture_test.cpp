// Pictures as files, exact to the pixel, and moments as people type them.
#include "broker/cli/picture.h"

#include <gtest/gtest.h>
#include <png.h>

#include "tests/unit/recorder/screen_fixture.h"

namespace anteroom::cli {
namespace {

using namespace recorder;
using namespace recorder::testing;

TEST(Picture, APngHoldsExactlyThesePixels) {
    std::mt19937 random(1);
    for (const auto& [width, height] : {std::pair{1, 1}, {17, 3}, {300, 200}}) {
        Picture picture;
        picture.resize(static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height), 12);
        picture.noise({.x = 0, .y = 0, .width = picture.width, .height = picture.height}, random);
        const auto file = png_of(picture.view());
        ASSERT_TRUE(file) << file.error().detail;
        png_image image{};
        image.version = PNG_IMAGE_VERSION;
        ASSERT_TRUE(png_image_begin_read_from_memory(&image, file->data(), file->size()));
        EXPECT_EQ(image.width, static_cast<unsigned>(width));
        image.format = PNG_FORMAT_BGRA;
        Bytes read(PNG_IMAGE_SIZE(image));
        ASSERT_TRUE(png_image_finish_read(&image, nullptr, read.data(), 0, nullptr));
        const PixelView view{.pixels = read.data(), .stride = image.width * 4, .width = picture.width, .height = picture.height};
        EXPECT_TRUE(same_pixels(view, picture.view()));
    }
}

TEST(Picture, MomentsAreTypedAsPeopleTypeThem) {
    const auto micros = [](const char* text) { return moment_of(text, "--frame-at").value_or(Duration(-1)).count(); };
    EXPECT_EQ(micros("00:12:03"), 723'000'000);
    EXPECT_EQ(micros("12:03.5"), 723'500'000);
    EXPECT_EQ(micros("30:00:00"), 108'000'000'000);
    EXPECT_EQ(micros("7"), 7'000'000);
    EXPECT_EQ(micros("5m"), 300'000'000);
    for (const char* wrong : {"", ":", "1:60", "1:2:3:4", "x", "-3", "1:-2", "1.5:00", "1:2x", "nan", "inf", "1e9"}) EXPECT_EQ(micros(wrong), -1) << wrong;
}

}  // namespace
}  // namespace anteroom::cli
