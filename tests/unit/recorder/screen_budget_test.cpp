// Video: bounded bytes, fewer and coarser pictures of it, everything beside it exact and in time; exact again when it rests.
#include "recorder/screen_budget.h"

#include "tests/unit/recorder/screen_fixture.h"

namespace anteroom::recorder::testing {
namespace {

constexpr Area video{.x = 320, .y = 128, .width = 640, .height = 480};
constexpr Area clock_face{.x = 40, .y = 700, .width = 30, .height = 12};
constexpr Duration frame = std::chrono::milliseconds(40);

struct Playing : Desktop {
    std::mt19937 random{11};
    std::uint32_t count = 0, late = 0;
    Playing() {
        keep = false;
        resize(1280, 800);
        picture.fill({.x = 0, .y = 0, .width = 1280, .height = 800}, 0x304050);
        pass(frame);
    }
    void one_frame(bool playing) {
        if (playing) {
            picture.noise(video, random);
            damage(video);
        }
        picture.fill(clock_face, ++count * 77U);
        damage(clock_face);
        pass(frame);
        if (!same_pixels(decoder.picture(), picture.view(), clock_face)) ++late;
        if (count % 25 == 0) {
            EXPECT_TRUE(same_pixels(decoder.picture(), picture.view(), {.x = 0, .y = 0, .width = 1280, .height = 128}));
            EXPECT_TRUE(same_pixels(decoder.picture(), picture.view(), {.x = 0, .y = 640, .width = 1280, .height = 160}));
        }
    }
};

// The bound: the budget, at once; then the budget every ten seconds; two pictures of the region over it; and key frames, in which it
// is coarse. Unbounded this would be 1.4 GB.
TEST(ScreenBudget, AMinuteOfNoiseStaysBelowItsBoundAndNothingElseIsLate) {
    Playing desktop;
    for (int i = 0; i < 60 * 25; ++i) desktop.one_frame(true);
    const std::uint64_t budget = ScreenLimits{}.region_budget, one_picture = 640 * 480 * 3;
    EXPECT_LT(desktop.bytes, budget + 6 * budget + 2 * one_picture + 6 * 200'000);
    EXPECT_EQ(desktop.late, 0u);
    EXPECT_FALSE(desktop.decoder.exact());
    EXPECT_EQ(desktop.gaps, 1u) << "said once a minute";
    RecordProperty("bytes", std::to_string(desktop.bytes));
    // It stops.
    int rested = 0;
    while (!desktop.decoder.exact() && rested < 1000) {
        desktop.one_frame(false);
        ++rested;
    }
    EXPECT_LT(rested, 3 * 25) << "frames until the exact picture";
    EXPECT_TRUE(same_pixels(desktop.decoder.picture(), desktop.picture.view()));
    EXPECT_EQ(desktop.late, 0u);
}

TEST(ScreenBudget, CoarsePicturesOfItAreStillThere) {
    Playing desktop;
    for (int i = 0; i < 20 * 25; ++i) desktop.one_frame(true);
    // All of one colour now, though still "playing": what is seen is at most a coarse interval old and close to it.
    for (int i = 0; i < 25; ++i) {
        desktop.picture.fill(video, 0x00a0c0e0 + static_cast<std::uint32_t>(i % 2));
        desktop.damage(video);
        desktop.pass(frame);
    }
    const auto decoded = desktop.decoder.picture();
    const auto* pixel = decoded.pixels + std::size_t{300} * decoded.stride + std::size_t{600} * 4;
    EXPECT_NEAR(pixel[0], 0xe0, 8);
    EXPECT_NEAR(pixel[1], 0xc0, 4);
    EXPECT_NEAR(pixel[2], 0xa0, 8);
    EXPECT_EQ(pixel[3], 255);
}

TEST(ScreenBudget, FullScreensOfNoiseAreBoundedToo) {
    Desktop desktop;
    desktop.keep = false;
    desktop.resize(1280, 800);
    std::mt19937 random(3);
    const std::uint64_t budget = ScreenLimits{}.region_budget, one_picture = 1280 * 800 * 3;
    const Area all{.x = 0, .y = 0, .width = 1280, .height = 800};
    for (int i = 0; i < 30 * 10; ++i) {
        desktop.picture.noise(all, random);
        desktop.damage(all);
        desktop.pass(std::chrono::milliseconds(100));
    }
    EXPECT_LT(desktop.bytes, budget + 3 * budget + 4 * one_picture);
    EXPECT_LT(desktop.encoder.due().value() - desktop.now, std::chrono::milliseconds(300));
    desktop.pass(std::chrono::seconds(30));
    EXPECT_TRUE(desktop.decoder.exact());
    EXPECT_TRUE(same_pixels(desktop.decoder.picture(), desktop.picture.view()));
}

TEST(ScreenBudget, WhoTakesLittleIsNeverRefused) {
    ScreenBudget budget(100'000);
    budget.reset(100);
    Monotonic now(Duration(1));
    for (int round = 0; round < 500; ++round) {
        budget.pass(now);
        for (std::size_t tile = 0; tile < 100; ++tile) {
            const bool greedy = tile < 20;
            if (budget.permits(tile)) budget.charge(tile, greedy ? 3000.0F : 2.0F);
            else EXPECT_TRUE(greedy) << tile << " in round " << round;
        }
        now += frame;
    }
    // All of what was taken is forgotten in the end.
    budget.pass(now + std::chrono::minutes(2));
    for (std::size_t tile = 0; tile < 100; ++tile) EXPECT_TRUE(budget.permits(tile));
    EXPECT_TRUE(budget.relaxed());
}

TEST(ScreenBudget, AnotherSizeDoesNotWipeTheDebt) {
    ScreenBudget budget(1000);
    budget.reset(10);
    budget.charge(3, 50'000);
    budget.reset(20);
    budget.pass(Monotonic(Duration(1)));
    EXPECT_FALSE(budget.relaxed());
}

}  // namespace
}  // namespace anteroom::recorder::testing
