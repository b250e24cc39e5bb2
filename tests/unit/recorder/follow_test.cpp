// Following a recording that grows: caught up, piece by piece, over torn pieces, to the final frame; and nothing hostile.
#include "recorder/follow.h"

#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder::testing {
namespace {

// A viewer whose waiting is where the session goes on: each wait runs the next step.
struct Followed : Session {
    std::vector<std::function<void()>> steps;
    std::size_t waits = 0;
    std::string shown;
    std::vector<std::string> notes, all;
    Duration waited{};

    FollowTo to() {
        return {.wait = [this](Duration d) -> Status {
                    waited += d;
                    if (waits >= steps.size()) return fail(ErrorKind::timeout, "no step is left");
                    steps[waits++]();
                    return ok();
                },
                .show =
                    [this](Duration, std::uint32_t, std::string_view text) {
                        shown += text;
                        all.emplace_back(text);
                        return ok();
                    },
                .note =
                    [this](Duration, std::uint32_t channel, std::string_view line) {
                        notes.push_back(std::to_string(channel) + ": " + std::string(line));
                        all.push_back(notes.back());
                        return ok();
                    }};
    }
    Reader reader(View key = {}) { return must(Reader::open(must(file.duplicate()), key.empty() ? created.data_key.expose() : key, keys.broker_public, true)); }
    Status follow(std::optional<std::uint32_t> channel = std::nullopt) {
        const auto sinks = to();
        auto from = reader();
        return Follower(sinks, channel).run(from);
    }
    void said(std::string_view text, std::uint32_t channel = 0) {
        output(text, channel);
        must(writer.flush());
    }
    void exec(ExecKind kind, std::string_view text, std::uint32_t channel = 0) {
        must(writer.append(Track::exec, kind, channel, view(text), at(now)));
        must(writer.flush());
    }
    bool shows(std::string_view text) const { return shown.find(text) != std::string::npos; }
};

TEST(Follow, ShowsWhatThereIsAndThenEachPieceUntilTheFinalFrame) {
    Followed f;
    f.said("before ");
    f.steps = {[&] { EXPECT_TRUE(f.shows("before ")); }, [&] { f.said("during "); },
               [&] {
                   EXPECT_TRUE(f.shows("before during "));
                   f.said("last");
                   f.finish();
               }};
    const auto followed = f.follow();
    ASSERT_TRUE(followed) << followed.error().detail;
    EXPECT_TRUE(f.shows("before during last"));
    EXPECT_EQ(f.waits, 3u);
    EXPECT_EQ(f.waited, 3 * follow_every);
}

TEST(Follow, OfOneThatHasEndedWaitsForNothing) {
    Followed f;
    f.said("all of it");
    f.finish();
    ASSERT_TRUE(f.follow());
    EXPECT_TRUE(f.shows("all of it"));
    EXPECT_EQ(f.waits, 0u);
}

// The file as another process may see it: cut anywhere, whole a moment later.
TEST(Follow, WaitsForTheRestOfATornPieceWhereverItIsCut) {
    Followed whole;
    whole.said("one ");
    const auto first = whole.bytes().size();
    whole.said("two ");
    const auto second = whole.bytes().size();
    whole.finish();
    const Bytes all = whole.bytes();
    for (std::size_t cut = first; cut < all.size(); ++cut) {
        Followed torn;
        torn.file = memory_file(View(all).first(cut));
        torn.steps = {[&] {
            EXPECT_EQ(torn.shows("two "), cut >= second) << cut;
            must(write_all(torn.file.get(), View(all).subspan(cut)));
        }};
        const auto followed = torn.follow();
        ASSERT_TRUE(followed) << cut << ": " << followed.error().detail;
        ASSERT_TRUE(torn.shows("one two ")) << cut;
        ASSERT_EQ(torn.waits, 1u) << cut;
    }
}

TEST(Follow, AWorkerThatDiedLeavesATornTailThatIsCutOffAndTheEndIsSeen) {
    Followed f;
    f.said("kept ");
    f.commit();
    f.steps = {[&] {
                   const auto before = f.bytes().size();
                   f.said("torn");
                   must(::ftruncate(f.file.get(), static_cast<off_t>(before + 20)) == 0 ? ok() : fail_errno("ftruncate"));
               },
               [&] {
                   EXPECT_FALSE(f.shows("torn"));
                   must(recover(f.file.get(), f.checkpoints(), f.keys.broker, from_micros(1'700'000'001'000'000)));
               }};
    const auto followed = f.follow();
    ASSERT_TRUE(followed) << followed.error().detail;
    EXPECT_TRUE(f.shows("kept "));
    EXPECT_FALSE(f.shows("torn"));
}

TEST(Follow, APieceThatDoesNotOpenEndsItWithAnError) {
    Followed f;
    f.said("right ");
    f.steps = {[&] {
        const auto before = f.bytes().size();
        f.said("forged");
        Bytes changed = f.bytes();
        changed[before + piece_prefix_bytes + 3] ^= 1;
        ::fcntl(f.file.get(), F_SETFL, 0);
        must(::pwrite(f.file.get(), changed.data(), changed.size(), 0) > 0 ? ok() : fail_errno("pwrite"));
    }};
    EXPECT_FALSE(f.follow());
    EXPECT_TRUE(f.shows("right "));
    EXPECT_FALSE(f.shows("forged"));
}

TEST(Follow, AForgedEndIsAnError) {
    Followed f;
    f.said("shown ");
    f.steps = {[&] {
        const Secret wrong = Secret(Bytes(32, 0x43));
        FinalFrame end;
        end.count = 1;
        end.bytes = f.bytes().size();
        must(write_all(f.file.get(), must(sign_final(end, hash_of(f.created.header), wrong.expose()))));
    }};
    EXPECT_FALSE(f.follow());
    EXPECT_EQ(f.waits, 1u);
}

TEST(Follow, TheViewerEndsItAndTheTerminalIsRestored) {
    Followed f;
    f.said("\x1b[?1049hfull screen");
    const auto followed = f.follow();  // no step: the first wait says no
    ASSERT_FALSE(followed);
    EXPECT_EQ(followed.error().kind, ErrorKind::timeout);
    EXPECT_NE(f.all.back().find("\x1b[?1049l"), std::string::npos);
}

TEST(Follow, NothingHostileReachesTheTerminalEvenOverPieces) {
    Followed f;
    f.said("a\x1b]52;c;b3du");
    f.steps = {[&] {
        f.said(
            "ZWQ=\x07"
            "b\x1b[6n");
        f.exec(ExecKind::command, "evil\x1b]0;t\x07\nsecond", 5);
        f.finish();
    }};
    ASSERT_TRUE(f.follow());
    for (const char* hostile : {"52;c", "b3du", "\x1b[6n", "\x07", "\x1b]"}) EXPECT_FALSE(f.shows(hostile)) << hostile;
    EXPECT_EQ(f.notes, (std::vector<std::string>{"5: command: evil\\x1b]0;t\\x07\\x0asecond"}));
}

TEST(Follow, AfterTheEndOfOneTerminalTheNextIsShownAndMeanwhileTheOthersAreTold) {
    Followed f;
    f.exec(ExecKind::shell, "", 1);
    f.said("first ", 1);
    f.exec(ExecKind::shell, "", 2);
    f.said("hidden ", 2);
    f.exec(ExecKind::exit_status, "0", 1);
    f.said("second ", 2);
    f.finish();
    ASSERT_TRUE(f.follow());
    EXPECT_TRUE(f.shows("first ") && f.shows("second "));
    EXPECT_FALSE(f.shows("hidden "));
    EXPECT_EQ(f.notes, (std::vector<std::string>{"1: shell", "2: shell", "1: exit status 0"}));
}

TEST(Follow, AChannelThatWasNamedIsTheOnlyOneShown) {
    Followed f;
    f.said("first ", 1);
    f.said("second ", 2);
    f.finish();
    ASSERT_TRUE(f.follow(2));
    EXPECT_FALSE(f.shows("first "));
    EXPECT_TRUE(f.shows("second "));
}

TEST(Follow, ARefusalIsTold) {
    Followed f;
    must(f.writer.append(Track::marker, MarkerKind::refusal, 0, view("sftp:read /etc"), at(0)));
    f.finish();
    ASSERT_TRUE(f.follow());
    EXPECT_EQ(f.notes, (std::vector<std::string>{"0: sftp:read /etc"}));
}

}  // namespace
}  // namespace anteroom::recorder::testing
