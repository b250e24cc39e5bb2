// Export to asciicast and replay in a terminal: timing, channels, UTF-8 over event boundaries, nothing hostile.
#include "recorder/play.h"
#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder::testing {
namespace {

struct Recorded : Session {
    Reader reader() { return must(Reader::open(must(file.duplicate()), created.data_key.expose(), keys.broker_public)); }
    std::string cast(const CastOptions& options = {}) {
        auto from = reader();
        std::string out;
        must(export_cast(from, options, [&](std::string_view line) {
            out += line;
            return ok();
        }));
        return out;
    }
};

TEST(Cast, HoldsHeaderOutputResizesAndMarkers) {
    Recorded r;
    must(r.writer.append(Track::resize, 0, 3, wire::encode(Resize{.columns = 100, .rows = 30}), at(0)));
    r.output("a\"\\\xe2\x82", 3);
    r.now = 1'500'001;
    r.output("\xac\x1b[1m\r\n", 3);
    r.output("elsewhere", 4);
    must(r.writer.append(Track::resize, 0, 3, wire::encode(Resize{.columns = 80, .rows = 24}), at(r.now)));
    must(r.writer.append(Track::marker, MarkerKind::alert, 3, view("alert\n"), at(r.now)));
    r.finish();
    EXPECT_EQ(r.cast({.channel = {}, .title = "mri-3", .as_recorded = true}),
              "{\"version\": 2, \"width\": 100, \"height\": 30, \"timestamp\": 1700000000, \"title\": \"mri-3\"}\n"
              "[0.000000, \"o\", \"a\\\"\\\\\"]\n"
              "[1.500001, \"o\", \"\xe2\x82\xac\\u001b[1m\\r\\n\"]\n"
              "[1.500001, \"m\", \"Another terminal (channel 4) is not shown here: the console's replay shows it, and a bundle holds it.\"]\n"
              "[1.500001, \"r\", \"80x24\"]\n"
              "[1.500001, \"m\", \"alert\\n\"]\n");
}

TEST(Cast, IsFilteredUnlessAskedForAsRecorded) {
    Recorded r;
    r.output("x\x1b]52;c;AAAA\x07y");
    r.finish();
    EXPECT_EQ(r.cast().find("52;c"), std::string::npos);
    EXPECT_NE(r.cast({.channel = {}, .title = {}, .as_recorded = true}).find("52;c"), std::string::npos);
    EXPECT_EQ(r.cast({.channel = 9, .title = {}, .as_recorded = true}).find("52;c"), std::string::npos);
}

struct Played {
    std::int64_t slept = 0;
    std::vector<std::int64_t> sleeps;
    std::string shown;
    PlayTo to() {
        return {.sleep =
                    [this](Duration d) {
                        slept += d.count();
                        sleeps.push_back(d.count());
                        return ok();
                    },
                .write =
                    [this](std::string_view text) {
                        shown += text;
                        return ok();
                    }};
    }
};

TEST(Play, KeepsTheTimingScalesItAndCapsPauses) {
    Recorded r;
    for (const char* text : {"a", "b", "c"}) {
        r.output(text);
        r.now += r.now == 0 ? 1'000'000 : 60'000'000;
    }
    r.finish();
    Played normal, fast, capped, late;
    auto a = r.reader(), b = r.reader(), c = r.reader(), d = r.reader();
    must(play(a, {}, normal.to()));
    EXPECT_EQ(normal.sleeps, (std::vector<std::int64_t>{1'000'000, 60'000'000}));
    EXPECT_EQ(normal.shown.substr(0, 3), "abc");
    must(play(b, {.speed = 2, .idle_cap = {}, .channel = {}, .from = {}}, fast.to()));
    EXPECT_EQ(fast.slept, 30'500'000);
    must(play(c, {.speed = 1, .idle_cap = Duration(2'000'000), .channel = {}, .from = {}}, capped.to()));
    EXPECT_EQ(capped.sleeps, (std::vector<std::int64_t>{1'000'000, 2'000'000}));
    must(play(d, {.speed = 1, .idle_cap = {}, .channel = {}, .from = Duration(31'000'000)}, late.to()));
    EXPECT_EQ(late.sleeps, (std::vector<std::int64_t>{30'000'000}));
    EXPECT_FALSE(play(d, {.speed = 0, .idle_cap = {}, .channel = {}, .from = {}}, late.to()));
}

TEST(Play, WritesNothingHostileAndRestoresEvenWhenInterrupted) {
    Recorded r;
    r.output("\x1b[?1049h\x1b]52;c;");
    r.now += 1'000'000;
    r.output("AAAA\x07\x1b[6n");
    r.finish();
    Played played;
    auto reader = r.reader();
    auto to = played.to();
    to.sleep = [](Duration) -> Status { return fail(ErrorKind::refused, "interrupted"); };
    EXPECT_FALSE(play(reader, {}, to));
    EXPECT_NE(played.shown.find("\x1b[?1049l"), std::string::npos);
    EXPECT_EQ(played.shown.find("52"), std::string::npos);
    EXPECT_EQ(played.shown.find("6n"), std::string::npos);
}

}  // namespace
}  // namespace anteroom::recorder::testing
