// The screen track: what is decoded is what was on the screen, from every key frame on, whatever the damage and the pictures are.
#include "tests/unit/recorder/screen_fixture.h"

namespace anteroom::recorder::testing {
namespace {

Area random_area(std::mt19937& random, const Picture& picture) {
    const auto pick = [&](std::uint32_t limit) { return static_cast<std::uint16_t>(random() % limit); };
    const std::uint16_t x = pick(picture.width), y = pick(picture.height);
    const bool small = random() % 3 != 0;
    const auto width = static_cast<std::uint16_t>(1 + random() % std::min<std::uint32_t>(picture.width - x, small ? 20 : 5000));
    const auto height = static_cast<std::uint16_t>(1 + random() % std::min<std::uint32_t>(picture.height - y, small ? 20 : 5000));
    return {.x = x, .y = y, .width = width, .height = height};
}

void draw(std::mt19937& random, Desktop& desktop) {
    const Area area = random_area(random, desktop.picture);
    const auto colour = static_cast<std::uint32_t>(random());
    switch (random() % 4) {
        case 0: desktop.picture.noise(area, random); break;
        case 1: desktop.picture.noise(area, random, true); break;
        case 2: desktop.picture.fill(area, colour); break;
        default: break;  // damage that changed nothing
    }
    // Servers say more than changed, also beside the screen.
    const auto more = static_cast<std::uint16_t>(random() % 3 == 0 ? random() % 9000 : 0);
    desktop.damage({.x = area.x,
                    .y = area.y,
                    .width = static_cast<std::uint16_t>(std::min(65535, area.width + more)),
                    .height = static_cast<std::uint16_t>(std::min(65535, area.height + more))});
}

TEST(Screen, DecodesToThePictureWhateverTheDamageIs) {
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(seed);
        Desktop desktop(
            {.frame = std::chrono::milliseconds(40), .key_frame = std::chrono::milliseconds(random() % 2 == 0 ? 200 : 10000), .region_budget = 1u << 30});
        const int steps = 3 + static_cast<int>(random() % 12);
        for (int step = 0; step < steps; ++step) {
            if (step == 0 || random() % 10 == 0)
                desktop.resize(static_cast<std::uint16_t>(1 + random() % 200), static_cast<std::uint16_t>(1 + random() % 200), random() % 3 * 4);
            for (std::uint32_t n = random() % 4; n > 0; --n) draw(random, desktop);
            desktop.pass(std::chrono::milliseconds(50));
            ASSERT_FALSE(desktop.encoder.due());
            ASSERT_TRUE(desktop.decoder.exact());
            ASSERT_TRUE(same_pixels(desktop.decoder.picture(), desktop.picture.view())) << "seed " << seed << " step " << step;
        }
    }
}

TEST(Screen, UnderAnyBudgetItIsExactAgainOnceItRests) {
    for (std::uint32_t seed = 0; seed < 400; ++seed) {
        std::mt19937 random(seed);
        Desktop desktop({.frame = std::chrono::milliseconds(40), .key_frame = std::chrono::milliseconds(700), .region_budget = 1 + random() % 60000});
        desktop.resize(static_cast<std::uint16_t>(1 + random() % 300), static_cast<std::uint16_t>(1 + random() % 300));
        for (int step = 0; step < 60; ++step) {
            draw(random, desktop);
            desktop.pass(std::chrono::milliseconds(40));
            if (!desktop.encoder.due()) {
                ASSERT_TRUE(desktop.decoder.exact()) << seed;
                ASSERT_TRUE(same_pixels(desktop.decoder.picture(), desktop.picture.view())) << seed;
            }
        }
        if (seed % 2 == 0) {
            ASSERT_TRUE(desktop.encoder.finish(desktop.picture.view(), desktop.now));
        } else {
            desktop.pass(std::chrono::minutes(3));
        }
        ASSERT_FALSE(desktop.encoder.due()) << seed;
        ASSERT_TRUE(desktop.decoder.exact()) << seed;
        ASSERT_TRUE(same_pixels(desktop.decoder.picture(), desktop.picture.view())) << seed;
    }
}

TEST(Screen, AnyKeyFrameIsABeginning) {
    std::mt19937 random(7);
    Desktop desktop({.frame = std::chrono::milliseconds(40), .key_frame = std::chrono::milliseconds(300), .region_budget = 200000});
    desktop.resize(333, 222);
    for (int step = 0; step < 200; ++step) {
        draw(random, desktop);
        desktop.pass(std::chrono::milliseconds(40));
    }
    ASSERT_TRUE(desktop.encoder.finish(desktop.picture.view(), desktop.now));
    std::size_t beginnings = 0;
    for (std::size_t first = 0; first < desktop.kept.size(); ++first) {
        ScreenDecoder decoder;
        EXPECT_EQ(decoder.picture().pixels, nullptr);
        bool any = false;
        for (std::size_t i = first; i < desktop.kept.size(); ++i) {
            const auto complete = decoder.feed(desktop.kept[i].event());
            ASSERT_TRUE(complete) << complete.error().detail;
            any = any || *complete;
        }
        beginnings += desktop.kept[first].kind;
        if (any) ASSERT_TRUE(same_pixels(decoder.picture(), desktop.picture.view())) << first;
    }
    EXPECT_EQ(beginnings, desktop.keys);
    EXPECT_GT(beginnings, 5u);
}

TEST(Screen, BeforeTheFirstKeyFrameEverythingIsPassedOver) {
    Desktop desktop;
    desktop.resize(100, 100);
    desktop.pass(std::chrono::seconds(1));
    desktop.picture.fill({.x = 3, .y = 3, .width = 4, .height = 4}, 0x123456);
    desktop.damage({.x = 3, .y = 3, .width = 4, .height = 4});
    desktop.pass(std::chrono::seconds(1));
    ASSERT_EQ(desktop.kept.size(), 2u);
    ScreenDecoder decoder;
    EXPECT_EQ(was(decoder.feed(desktop.kept[1].event())), Was::no_frame);
    EXPECT_EQ(decoder.picture().pixels, nullptr);
    EXPECT_EQ(was(decoder.feed(desktop.kept[0].event())), Was::frame);
    EXPECT_EQ(was(decoder.feed(desktop.kept[1].event())), Was::frame);
    EXPECT_EQ(decoder.changed(), (std::vector<Area>{{.x = 3, .y = 3, .width = 4, .height = 4}}));
    Event other = desktop.kept[0].event();
    other.track = Track::pointer;
    EXPECT_EQ(was(decoder.feed(other)), Was::no_frame);
}

TEST(Screen, IsIdleWhereNothingIsDamagedAndWritesNothingWhereNothingChanged) {
    Desktop desktop;
    EXPECT_FALSE(desktop.encoder.due());
    desktop.resize(640, 480);
    desktop.pass(std::chrono::seconds(1));
    EXPECT_EQ(desktop.frames, 1u);
    EXPECT_FALSE(desktop.encoder.due());
    const auto bytes = desktop.bytes;
    for (int i = 0; i < 2000; ++i) {
        desktop.damage({.x = 0, .y = 0, .width = 640, .height = 480});
        desktop.pass(std::chrono::milliseconds(50));
    }
    EXPECT_EQ(desktop.bytes, bytes) << "no key frame either";
    desktop.damage({.x = 640, .y = 0, .width = 1, .height = 1});
    desktop.damage({.x = 0, .y = 480, .width = 65535, .height = 65535});
    desktop.damage({.x = 0, .y = 0, .width = 0, .height = 5});
    desktop.damage({.x = 65535, .y = 65535, .width = 65535, .height = 65535});
    EXPECT_FALSE(desktop.encoder.due());
}

TEST(Screen, RecordsAtMostAsManyFramesAsItsClockSays) {
    Desktop desktop;
    desktop.resize(64, 64);
    for (std::uint32_t i = 0; i < 1000; ++i) {
        desktop.picture.fill({.x = 0, .y = 0, .width = 1, .height = 1}, i);
        desktop.damage({.x = 0, .y = 0, .width = 1, .height = 1});
        desktop.tick();
        desktop.now += std::chrono::milliseconds(1);
    }
    EXPECT_GE(desktop.frames, 24u);
    EXPECT_LE(desktop.frames, 26u);
}

TEST(Screen, ASmallChangeDoesNotCostAKeyFrameEveryTenSeconds) {
    Desktop desktop;
    desktop.resize(1280, 800);
    std::mt19937 random(1);
    desktop.picture.noise({.x = 0, .y = 0, .width = 1280, .height = 800}, random);
    for (std::uint32_t second = 0; second < 600; ++second) {
        desktop.picture.fill({.x = 9, .y = 9, .width = 2, .height = 12}, second);
        desktop.damage({.x = 9, .y = 9, .width = 2, .height = 12});
        desktop.pass(std::chrono::seconds(1));
    }
    EXPECT_EQ(desktop.keys, 10u) << "once a minute";
    EXPECT_TRUE(same_pixels(desktop.decoder.picture(), desktop.picture.view()));
}

TEST(Screen, APictureThatIsNotWhatWasSaidIsAnError) {
    Desktop desktop;
    desktop.resize(100, 80);
    const PixelView right = desktop.picture.view();
    for (int wrong = 0; wrong < 4; ++wrong) {
        PixelView view = right;
        if (wrong == 0) view.width = 101;
        if (wrong == 1) view.height = 79;
        if (wrong == 2) view.stride = 399;
        if (wrong == 3) view.pixels = nullptr;
        EXPECT_FALSE(desktop.encoder.tick(view, desktop.now)) << wrong;
        EXPECT_FALSE(desktop.encoder.finish(view, desktop.now)) << wrong;
    }
    EXPECT_TRUE(desktop.encoder.tick(right, desktop.now));
    for (const auto& [width, height] : {std::pair{8193, 10}, {10, 8193}, {65535, 65535}}) {
        desktop.encoder.resize(static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height));
        ASSERT_TRUE(desktop.encoder.due());
        EXPECT_FALSE(desktop.encoder.tick(right, desktop.now)) << "what cannot be recorded is not passed over";
    }
    for (const auto& [width, height] : {std::pair{0, 10}, {10, 0}, {0, 0}}) {
        desktop.encoder.resize(static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height));
        desktop.damage({.x = 0, .y = 0, .width = 10, .height = 10});
        EXPECT_FALSE(desktop.encoder.due());
        EXPECT_TRUE(desktop.encoder.tick({}, desktop.now));
        EXPECT_TRUE(desktop.encoder.finish({}, desktop.now));
    }
}

TEST(Screen, AfterAFailureToWriteTheNextFrameIsAKeyFrame) {
    bool failing = false;
    std::vector<std::uint8_t> kinds;
    ScreenEncoder encoder([&](Track, std::uint8_t kind, View, Monotonic) -> Status {
        if (failing) return fail(ErrorKind::io, "full");
        kinds.push_back(kind);
        return ok();
    });
    Picture picture;
    picture.resize(10, 10);
    encoder.resize(10, 10);
    ASSERT_TRUE(encoder.tick(picture.view(), Monotonic(Duration(1'000'000))));
    picture.fill({.x = 0, .y = 0, .width = 1, .height = 1}, 1);
    encoder.damage({.x = 0, .y = 0, .width = 1, .height = 1});
    failing = true;
    EXPECT_FALSE(encoder.tick(picture.view(), Monotonic(Duration(2'000'000))));
    failing = false;
    ASSERT_TRUE(encoder.due());
    EXPECT_TRUE(encoder.tick(picture.view(), Monotonic(Duration(3'000'000))));
    EXPECT_EQ(kinds, (std::vector<std::uint8_t>{1, 1}));
}

}  // namespace
}  // namespace anteroom::recorder::testing
