// Replaying a desktop: at any moment exactly the picture that a decoder makes from the beginning on, and live the newest one.
#include "recorder/screen_seek.h"
#include "tests/unit/recorder/screen_fixture.h"
#include "tests/unit/web/replay_fixture.h"

namespace anteroom::web::testing {
namespace {

using recorder::Track;
using recorder::testing::Picture;
using ::testing::HasSubstr;

struct Filmed : Recorded {
    Picture picture;
    std::mt19937 random{11};
    recorder::ScreenEncoder encoder{[this](Track track, std::uint8_t kind, View bytes, Monotonic then) { return writer.append(track, kind, 0, bytes, then); }};

    void screen(std::uint16_t width, std::uint16_t height) {
        picture.resize(width, height);
        encoder.resize(width, height);
    }
    std::uint32_t any(std::uint32_t count) { return static_cast<std::uint32_t>(random()) % count; }
    void change() {
        const auto x = static_cast<std::uint16_t>(any(picture.width - 8u)), y = static_cast<std::uint16_t>(any(picture.height - 8u));
        const recorder::Area area{
            .x = x, .y = y, .width = static_cast<std::uint16_t>(1 + any(picture.width - x)), .height = static_cast<std::uint16_t>(1 + any(picture.height - y))};
        if (any(3) == 0) picture.noise(area, random);
        else picture.fill(area, static_cast<std::uint32_t>(random()));
        encoder.damage(area);
        must(encoder.tick(picture.view(), at(now)));
    }
    void play(int seconds) {
        screen(320, 200);
        const auto ends = now + seconds * second;
        while (now < ends) {
            if (any(5) != 0) change();
            if (any(150) == 0) screen(static_cast<std::uint16_t>(200 + any(200)), static_cast<std::uint16_t>(100 + any(200)));
            if (any(4) == 0)
                must(writer.append(Track::pointer, recorder::PointerKind::position, 0,
                                   wire::encode(recorder::PointerPosition{static_cast<std::uint16_t>(any(300)), static_cast<std::uint16_t>(any(200))}),
                                   at(now)));
            pass(any(40) == 0 ? 15 * second : 1000 + any(90'000));
        }
    }
    recorder::Reader reader() { return must(recorder::Reader::open(must(file.duplicate()), created.data_key.expose(), keys.broker_public)); }
};

::testing::AssertionResult same(const Canvas& canvas, const recorder::PixelView& picture) {
    if (picture.pixels == nullptr) return canvas.width == 0 ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << "a picture of nothing";
    if (canvas.width != picture.width || canvas.height != picture.height) return ::testing::AssertionFailure() << canvas.width << "x" << canvas.height;
    if (!canvas.complete) return ::testing::AssertionFailure() << "not complete";
    for (std::uint32_t y = 0; y < picture.height; ++y)
        for (std::uint32_t x = 0; x < picture.width; ++x) {
            const auto* in = picture.pixels + std::size_t{y} * picture.stride + x * 4U;
            const auto* out = canvas.pixels.data() + (std::size_t{y} * canvas.width + x) * 4;
            if (in[0] != out[2] || in[1] != out[1] || in[2] != out[0] || out[3] != 255)
                return ::testing::AssertionFailure() << "they differ at " << x << "," << y;
        }
    return ::testing::AssertionSuccess();
}

struct FilmedDesktop : ::testing::Test {
    static constexpr int length = 240;
    Filmed filmed;
    FilmedDesktop() {
        filmed.play(length);
        filmed.finish();
        filmed.make_index();
    }
    std::vector<std::int64_t> moments(int count, unsigned seed) {
        std::mt19937 random(seed);
        std::vector<std::int64_t> out;
        for (int i = 0; i < count; ++i) out.push_back(static_cast<std::int64_t>(random() % (length * 1000)));
        return out;
    }
    // Decoded from the beginning on, once: each of these moments is shown to `look`.
    void decode(std::vector<std::int64_t> at_moments, const std::function<void(std::int64_t, const recorder::PixelView&)>& look) {
        std::sort(at_moments.begin(), at_moments.end());
        auto reader = filmed.reader();
        recorder::ScreenDecoder decoder;
        auto next = at_moments.begin();
        while (const auto piece = must(reader.next()))
            for (const auto& event : piece->events) {
                for (; next != at_moments.end() && event.at > std::chrono::milliseconds(*next); ++next) look(*next, decoder.picture());
                must(decoder.feed(event));
            }
        for (; next != at_moments.end(); ++next) look(*next, decoder.picture());
    }
};

TEST_F(FilmedDesktop, IsAtAnyMomentThePictureThatWasRecorded) {
    Browser indexed(filmed.open("rdp", false, true)), without(filmed.open("rdp", false, false));
    decode(moments(250, 3), [&](std::int64_t moment, const recorder::PixelView& picture) {
        for (auto* there : {&indexed, &without}) {
            there->seek(moment);
            ASSERT_EQ(there->upto, moment);
            ASSERT_LE(there->canvas.at, static_cast<double>(moment));
            ASSERT_TRUE(same(there->canvas, picture)) << "at " << moment;
        }
    });
}

TEST_F(FilmedDesktop, IsPlayedFrameByFrameUpToWhatIsWanted) {
    Browser there(filmed.open("rdp", false, true));
    decode(moments(300, 4), [&](std::int64_t moment, const recorder::PixelView& picture) {
        there.want(moment);
        ASSERT_EQ(there.upto, moment);
        ASSERT_LE(there.latest, moment);
        ASSERT_TRUE(same(there.canvas, picture)) << "at " << moment;
    });
}

// As a page says it: where to, and how far from there on, in one breath.
TEST_F(FilmedDesktop, GoesOnBehindASeekAsFarAsWasWantedWithIt) {
    for (const bool indexed : {true, false}) {
        Browser there(filmed.open("rdp", false, indexed));
        for (const std::int64_t moment : {30'000, 5'000, 90'000}) {
            there.watching->command(Seek{++there.seeks, std::chrono::milliseconds(moment)});
            there.watching->command(Want{std::chrono::milliseconds(moment + 20'000)});
            there.settle();
            EXPECT_EQ(there.upto, moment + 20'000) << indexed;
            decode({moment + 20'000}, [&](std::int64_t, const recorder::PixelView& picture) { EXPECT_TRUE(same(there.canvas, picture)) << indexed; });
        }
    }
}

TEST_F(FilmedDesktop, LiveIsTheNewestPicture) {
    Filmed live;
    live.play(30);
    must(live.writer.flush());
    Browser there(live.open("rdp", true, false));
    there.settle();
    EXPECT_TRUE(same(there.canvas, live.picture.view()));
    for (int i = 0; i < 20; ++i) {
        live.change();
        live.pass(300'000);
    }
    must(live.encoder.finish(live.picture.view(), at(live.now)));
    must(live.writer.flush());
    there.settle();
    EXPECT_TRUE(same(there.canvas, live.picture.view()));
    EXPECT_EQ(there.last("sought"), nullptr);
    live.finish();
    there.settle();
    EXPECT_TRUE(there.watching->over());
}

TEST_F(FilmedDesktop, IsFoundBehindADamagedPiece) {
    const auto count = filmed.writer.commit().count;
    const auto bytes = with_damage(filmed, count / 2);
    for (const bool indexed : {true, false}) {
        Browser there(filmed.open("rdp", false, indexed, bytes));
        there.want(length * 2000);
        EXPECT_THAT(there.last("end", "sentence"), HasSubstr("piece " + std::to_string(count / 2)));
        there.seek(length * 1000);
        decode({length * 1000}, [&](std::int64_t, const recorder::PixelView& picture) { EXPECT_TRUE(same(there.canvas, picture)) << indexed; });
    }
}

TEST(DesktopReplay, ThatIsTooLargeIsRefusedBeforeItTakesMemory) {
    Filmed filmed;
    filmed.screen(8192, 8192);
    filmed.encoder.damage({.x = 0, .y = 0, .width = 8192, .height = 8192});
    must(filmed.encoder.tick(filmed.picture.view(), at(0)));
    filmed.finish();
    Browser there(filmed.open("rdp", false, false));
    there.watching->command(Want{std::chrono::seconds(10)});
    Status went = ok();
    for (int i = 0; went && i < 1000; ++i) went = there.turn();
    ASSERT_FALSE(went);
    EXPECT_THAT(went.error().detail, HasSubstr("too large"));
}

TEST(DesktopReplay, OfNonsenseSaysSoAndGoesOn) {
    Filmed filmed;
    must(filmed.writer.append(Track::screen, 1, 0, Bytes(100, 7), at(0)));
    filmed.pass(second);
    filmed.play(5);
    must(filmed.encoder.finish(filmed.picture.view(), at(filmed.now)));
    filmed.finish();
    Browser there(filmed.open("rdp", false, false));
    there.want(100'000);
    EXPECT_THAT(there.last("note", "text"), HasSubstr("damaged"));
    EXPECT_TRUE(same(there.canvas, filmed.picture.view()));
}

TEST(Areas, ThatAreCoveredAreSentOnceAndManyBecomeOne) {
    Areas areas;
    areas.add({.x = 10, .y = 10, .width = 5, .height = 5});
    areas.add({.x = 0, .y = 0, .width = 100, .height = 100});
    areas.add({.x = 50, .y = 50, .width = 50, .height = 50});
    EXPECT_EQ(areas.take().size(), 1u);
    EXPECT_TRUE(areas.empty());
    for (std::uint16_t i = 0; i < 1000; ++i) areas.add({.x = i, .y = i, .width = 1, .height = 1});
    const auto list = areas.take();
    EXPECT_LE(list.size(), Areas::most + 1);
    for (std::uint16_t i = 0; i < 1000; ++i)
        EXPECT_TRUE(std::any_of(list.begin(), list.end(), [&](const auto& one) {
            return one.x <= i && one.y <= i && one.x + one.width > i && one.y + one.height > i;
        })) << i;
}

}  // namespace
}  // namespace anteroom::web::testing
