// A desktop's recording as its readers see it: lines, a picture at any moment, what is followed live.
#include "recorder/event_lines.h"
#include "recorder/follow.h"
#include "recorder/screen_seek.h"
#include "tests/unit/recorder/fixture.h"
#include "tests/unit/recorder/screen_fixture.h"

namespace anteroom::recorder::testing {
namespace {

struct Filmed : Session {
    Picture picture;
    ScreenEncoder encoder{[this](Track track, std::uint8_t kind, View bytes, Monotonic then) { return writer.append(track, kind, 0, bytes, then); }};

    void screen(std::uint16_t width, std::uint16_t height) {
        picture.resize(width, height);
        encoder.resize(width, height);
    }
    void show(std::uint32_t colour, const Area& area) {
        picture.fill(area, colour);
        encoder.damage(area);
        must(encoder.tick(picture.view(), at(now)));
    }
    template <class Kind, class T>
    void tell(Track track, Kind kind, const T& fact) {
        must(writer.append(track, kind, 0, wire::encode(fact), at(now)));
    }
    Reader reader(bool live = false) { return must(Reader::open(must(file.duplicate()), created.data_key.expose(), keys.broker_public, live)); }
    std::vector<std::string> lines() {
        std::vector<std::string> out;
        EventLines to([&](const EventLine& line) {
            out.push_back(moment_text(line.at) + " " + std::string(line.what) + ": " + line.text);
            return ok();
        });
        auto from = reader();
        while (const auto piece = must(from.next()))
            for (const auto& event : piece->events) must(to.event(event));
        must(to.finish());
        return out;
    }
};

constexpr std::int64_t second = 1'000'000;

TEST(Desktop, EventsAreLinesAndInputIsCountedByTheMinute) {
    Filmed f;
    f.tell(Track::resize, 0, Resize{.columns = 1280, .rows = 800});
    f.pass(3 * second);
    f.tell(Track::keyboard_mouse, InputKind::counts, InputCounts{.keys = 5, .clicks = 1, .wheel = 0});
    f.pass(50 * second);
    f.tell(Track::keyboard_mouse, InputKind::counts, InputCounts{.keys = 2, .clicks = 0, .wheel = 7});
    f.tell(Track::clipboard, 0, ClipboardFact{.direction = Direction::to_target, .format = "text", .size = 3, .text = "a\x1b[0mb"});
    f.pass(10 * second);
    f.tell(Track::clipboard, 0, ClipboardFact{.direction = Direction::to_client, .format = "files", .size = 9, .text = ""});
    f.tell(Track::file, 0, FileOperation{.verb = FileVerb::write, .path = "C:\\x\n", .other = "", .size = 12, .sha256 = {}, .succeeded = false});
    f.tell(Track::gap, GapKind::screen_dropped, Gap{.bytes = 0, .reason = "too fast"});
    must(f.writer.append(Track::marker, MarkerKind::warning, 0, view("ten minutes left"), at(f.now)));
    must(f.writer.append(Track::marker, MarkerKind::refusal, 0, view("drives are not allowed"), at(f.now)));
    must(f.writer.append(Track::clipboard, 0, 0, view("nonsense"), at(f.now)));
    f.tell(Track::keyboard_mouse, InputKind::counts, InputCounts{.keys = 1, .clicks = 0, .wheel = 0});
    f.finish();
    EXPECT_EQ(f.lines(), (std::vector<std::string>{
                             "00:00:00.000 size: 1280 x 800",
                             "00:00:53.000 clipboard: in: text, 3 bytes: a\\x1b[0mb",
                             "00:00:00.000 input: 7 keys, 1 clicks, 7 turns of the wheel in this minute",
                             "00:01:03.000 clipboard: out: files, 9 bytes",
                             "00:01:03.000 file: write C:\\x\\x0a, 12 bytes, refused or failed",
                             "00:01:03.000 gap: too fast",
                             "00:01:03.000 warning: ten minutes left",
                             "00:01:03.000 refusal: drives are not allowed",
                             "00:01:03.000 clipboard: (8 bytes that say nothing)",
                             "00:01:00.000 input: 1 keys, 0 clicks, 0 turns of the wheel in this minute",
                         }));
    auto reader = f.reader();
    EXPECT_EQ(must(shows(reader)), Shows::desktop);
    EXPECT_TRUE(must(reader.next())->index == 0);
}

TEST(Desktop, ATerminalIsToldFromADesktopAlsoWhereNothingWasSaid) {
    Filmed terminal, facts, empty;
    must(terminal.writer.append(Track::marker, MarkerKind::note, 0, view("begun"), at(0)));
    terminal.output("$ ");
    terminal.finish();
    facts.pass(5 * second);
    facts.tell(Track::keyboard_mouse, InputKind::counts, InputCounts{.keys = 5, .clicks = 1, .wheel = 0});
    facts.finish();
    empty.finish();
    for (auto& [session, wanted] : {std::pair<Filmed*, Shows>{&terminal, Shows::terminal}, {&facts, Shows::desktop}, {&empty, Shows::terminal}}) {
        auto reader = session->reader();
        EXPECT_EQ(must(shows(reader)), wanted);
    }
    auto reader = facts.reader();
    ScreenDecoder decoder;
    const auto found = go_to_picture(reader, Duration(10 * second), decoder);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::not_found);
}

// An hour: busy, then idle for half of it, then busy. Every moment's picture is the one that stood then.
TEST(Desktop, ThePictureOfAnyMomentIsFoundFromTheNearestKeyFrame) {
    Filmed f;
    std::mt19937 random(2);
    struct Was {
        std::int64_t from;
        Bytes pixels;
    };
    std::vector<Was> was;
    f.pass(second);
    f.screen(96, 80);
    for (int i = 0; i < 3600; ++i) {
        const bool idle = i > 1000 && i < 3000;
        if (!idle) {
            const Area area{.x = static_cast<std::uint16_t>(random() % 60), .y = static_cast<std::uint16_t>(random() % 60), .width = 30, .height = 20};
            f.picture.noise(area, random);
            f.show(static_cast<std::uint32_t>(random()), {.x = area.x, .y = area.y, .width = 10, .height = 20});
            f.encoder.damage(area);
            must(f.encoder.finish(f.picture.view(), at(f.now)));
            was.push_back({f.now, f.picture.pixels});
        } else if (i % 20 == 0) {
            f.tell(Track::pointer, PointerKind::position, PointerPosition{.x = 1, .y = 2});
        }
        f.pass(second);
    }
    f.finish();
    const auto look = [&](std::int64_t moment) {
        auto reader = f.reader();
        ScreenDecoder decoder;
        const auto since = go_to_picture(reader, Duration(moment), decoder);
        if (moment < was.front().from) {
            EXPECT_FALSE(since);
            return;
        }
        ASSERT_TRUE(since) << since.error().detail;
        const auto stood = std::prev(std::upper_bound(was.begin(), was.end(), moment, [](std::int64_t t, const Was& w) { return t < w.from; }));
        EXPECT_EQ(since->count(), stood->from);
        f.picture.pixels = stood->pixels;
        EXPECT_TRUE(same_pixels(decoder.picture(), f.picture.view())) << moment;
    };
    for (const std::int64_t moment : {std::int64_t{0}, second - 1, second, 2500 * second, 3 * 3600 * second, 1001 * second, 3001 * second}) look(moment);
    for (int i = 0; i < 150; ++i) look(static_cast<std::int64_t>(random() % 3600) * second + static_cast<std::int64_t>(random() % 1000000));
}

TEST(Desktop, FollowedLiveItIsLines) {
    Filmed f;
    f.screen(64, 64);
    f.show(0x123456, {.x = 0, .y = 0, .width = 64, .height = 64});
    must(f.writer.flush());
    std::vector<std::string> notes, shown;
    int waits = 0;
    const FollowTo to{[&](Duration) -> Status {
                          if (waits++ == 0) {
                              f.tell(Track::clipboard, 0, ClipboardFact{.direction = Direction::to_client, .format = "text", .size = 4, .text = ""});
                              must(f.writer.append(Track::marker, MarkerKind::warning, 0, view("one minute left"), at(f.now)));
                              f.finish();
                          }
                          return waits < 3 ? ok() : Status(fail(ErrorKind::timeout, "it goes on"));
                      },
                      [&](Duration, std::uint32_t, std::string_view text) {
                          shown.emplace_back(text);
                          return ok();
                      },
                      [&](Duration, std::uint32_t, std::string_view line) {
                          notes.emplace_back(line);
                          return ok();
                      }};
    auto reader = f.reader(true);
    must(Follower(to).run(reader));
    EXPECT_EQ(notes, (std::vector<std::string>{"a desktop: its picture is seen in the console; what happens beside it follows", "clipboard: out: text, 4 bytes",
                                               "warning: one minute left"}));
    EXPECT_TRUE(shown.empty());
}

TEST(Desktop, AKeyFramesSizeIsReadWithoutItsPicture) {
    Desktop desktop;
    desktop.resize(1234, 56);
    desktop.pass(std::chrono::seconds(1));
    const auto size = size_of_key_frame(desktop.kept.front().event());
    ASSERT_TRUE(size);
    EXPECT_EQ(size->width, 1234);
    EXPECT_EQ(size->height, 56);
    Event event = desktop.kept.front().event();
    event.kind = 0;
    EXPECT_FALSE(size_of_key_frame(event)) << "no key frame";
    event.kind = 1;
    for (std::size_t cut = 0; cut < 6; ++cut) {
        event.bytes = View(desktop.kept.front().bytes).first(cut);
        EXPECT_FALSE(size_of_key_frame(event));
    }
    const Bytes nonsense(50, 0x5a);
    event.bytes = nonsense;
    EXPECT_FALSE(size_of_key_frame(event));
}

}  // namespace
}  // namespace anteroom::recorder::testing
