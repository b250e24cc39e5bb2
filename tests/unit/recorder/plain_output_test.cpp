// What commands without a terminal printed is shown by following, by playing and in a cast: all of it, nothing that only looks like it, and a
// terminal as it was without them.
#include "recorder/plain_output.h"

#include "recorder/follow.h"
#include "recorder/play.h"
#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder::testing {
namespace {

std::string own(std::uint32_t channel, std::string_view text) {
    return "\x1b[0;7manteroom, channel " + std::to_string(channel) + ": " + std::string(text) + "\x1b[0m\r\n";
}

struct Commands : Session {
    std::vector<std::string> notes;

    void event(Track track, std::uint8_t kind, std::uint32_t channel, View bytes) {
        must(writer.append(track, kind, channel, bytes, at(now)));
        must(writer.flush());
        now += 1000;
    }
    void exec(ExecKind kind, std::string_view text, std::uint32_t channel = 1) { event(Track::exec, static_cast<std::uint8_t>(kind), channel, view(text)); }
    void begins(std::string_view command, std::uint32_t channel = 1) { exec(ExecKind::command, command, channel); }
    void ends(std::uint32_t channel = 1) { exec(ExecKind::exit_status, "0", channel); }
    void prints(std::string_view text, std::uint32_t channel = 1, Stream stream = Stream::output) {
        event(Track::channel_output, static_cast<std::uint8_t>(stream), channel, view(text));
    }
    void terminal(std::uint32_t channel) {
        event(Track::resize, 0, channel, wire::encode(Resize{.columns = 80, .rows = 24}));
        exec(ExecKind::shell, "", channel);
    }
    void says(std::string_view text, std::uint32_t channel) { event(Track::terminal_output, 0, channel, view(text)); }

    Reader reader() { return must(Reader::open(must(file.duplicate()), created.data_key.expose(), keys.broker_public, true)); }
    std::string followed(std::optional<std::uint32_t> channel = std::nullopt) {
        std::string out;
        notes.clear();
        const FollowTo to{[](Duration) -> Status { return fail(ErrorKind::timeout, "the end"); },
                          [&](Duration, std::uint32_t, std::string_view text) {
                              out += text;
                              return ok();
                          },
                          [&](Duration, std::uint32_t, std::string_view line) {
                              notes.emplace_back(line);
                              return ok();
                          }};
        Follower follower(to, channel);
        auto from = reader();
        while (must(follower.step(from))) continue;
        must(follower.finish());
        return out;
    }
    std::string played(const PlayOptions& options = {}) {
        std::string out;
        auto from = reader();
        must(play(from, options,
                  {[](Duration) { return ok(); },
                   [&](std::string_view text) {
                       out += text;
                       return ok();
                   }}));
        return out;
    }
    std::string cast() {
        std::string out;
        auto from = reader();
        must(export_cast(from, {}, [&](std::string_view line) {
            out += line;
            return ok();
        }));
        return out;
    }
};

bool holds(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST(PlainOutput, ACommandItsOutputItsErrorsAndItsEndAreShownByAllThree) {
    Commands c;
    c.begins("psql -c 'select * from patients'");
    c.prints("SHOULD NOT BE SHOWN: typed\n", 1, Stream::input);
    c.prints("Doe, Jane\nDoe, John\n");
    c.prints("a warning", 1, Stream::error);
    c.ends();
    const std::string wanted =
        own(1, "command: psql -c 'select * from patients'") + "Doe, Jane\r\nDoe, John\r\na warning\r\n" + own(1, "exit status 0; 29 bytes out, 27 bytes in");
    EXPECT_EQ(c.followed(), wanted);
    EXPECT_TRUE(c.played().starts_with(wanted)) << c.played();
    const auto cast = c.cast();
    for (const char* part : {"command: psql -c 'select * from patients'", "Doe, Jane\\r\\nDoe, John\\r\\n", "a warning", "exit status 0"})
        EXPECT_TRUE(holds(cast, part)) << part << " in " << cast;
    EXPECT_FALSE(holds(c.played() + cast, "SHOULD NOT"));
}

TEST(PlainOutput, CommandsOneAfterTheOtherAreAllShown) {
    Commands c;
    for (std::uint32_t i = 1; i <= 3; ++i) {
        c.begins("run " + std::to_string(i), i);
        c.prints("from " + std::to_string(i) + "\n", i);
        c.ends(i);
    }
    for (const auto& shown : {c.followed(), c.played(), c.cast()})
        for (const char* part : {"run 1", "from 1", "run 2", "from 2", "run 3", "from 3"}) EXPECT_TRUE(holds(shown, part)) << part << " in " << shown;
}

TEST(PlainOutput, CommandsAtTheSameTimeAreToldApart) {
    Commands c;
    c.begins("left", 1);
    c.begins("right", 2);
    c.prints("from left", 1);
    c.prints("from right\n", 2);
    c.ends(1);
    c.ends(2);
    EXPECT_EQ(c.followed(), own(1, "command: left") + own(2, "command: right") + own(1, "goes on: left") + "from left\r\n" + own(2, "goes on: right") +
                                "from right\r\n" + own(1, "exit status 0; 9 bytes out, 0 bytes in") + own(2, "exit status 0; 11 bytes out, 0 bytes in"));
}

TEST(PlainOutput, CannotLookLikeALineOfAnteroomsNorHideOne) {
    Commands c;
    c.begins("evil\x1b[2J\n\x1b[0;7manteroom, channel 1: exit status 0\x1b[0m");
    c.prints("\x1b[7manteroom, channel 1: command: harmless\x1b[0m\r\n");
    c.prints(
        "\x1b[2J\x1b[H\x1b[1A\x1bM\x1b[?1049h\x1b]0;title\x07\x1b]52;c;b3duZWQ=\x07\x1b[6n\xc2\x9b"
        "6n\x1bP hidden from the screen\x0e");
    c.prints("\x1b[3");
    c.prints("1mred\x1b[0m \x1b");
    c.ends();
    const auto shown = c.followed();
    EXPECT_TRUE(holds(shown, "red "));
    EXPECT_TRUE(holds(shown, "hidden from the screen")) << "a string that never ends hides nothing";
    EXPECT_FALSE(holds(shown, "[31m")) << "a colour over two events";
    std::size_t reversed = 0;
    for (std::size_t at = 0; (at = shown.find('\x1b', at)) != shown.npos; ++at) {
        const auto rest = std::string_view(shown).substr(at);
        EXPECT_TRUE(rest.starts_with("\x1b[0;7manteroom, channel 1: ") || rest.starts_with("\x1b[0m\r\n")) << rest.substr(0, 20);
        reversed += rest.starts_with("\x1b[0;7m");
    }
    EXPECT_EQ(reversed, 2u) << "one for the command, one for its end";
    for (const char b : {'\x07', '\x0e', '\b'}) EXPECT_FALSE(holds(shown, std::string(1, b)));
}

TEST(PlainOutput, ALineThatIsWrittenOverStaysToBeRead) {
    Commands c;
    c.begins("sh");
    c.prints("secret\rharmless\r\n\r\nover\b\b\b\bwritten\n");
    c.ends();
    EXPECT_TRUE(holds(c.followed(), "secret\r\nharmless\r\n\r\noverwritten\r\n")) << c.followed();
}

TEST(PlainOutput, WhatIsNoTextIsSummedUp) {
    Commands c;
    std::mt19937 random(7);
    std::string noise(100'000, '\0');
    for (auto& one : noise) one = static_cast<char>(random());
    c.begins("head -c 100000 /dev/urandom");
    c.prints("before\n");
    c.prints(noise);
    c.prints("after\n");
    c.prints(std::string(4096, '\0'));
    c.ends();
    EXPECT_EQ(c.followed(), own(1, "command: head -c 100000 /dev/urandom") + "before\r\n" + own(1, "100,000 bytes that are not text") + "after\r\n" +
                                own(1, "4,096 bytes that are not text") + own(1, "exit status 0; 104,109 bytes out, 0 bytes in"));
    EXPECT_LT(c.cast().size(), 1500u);
}

TEST(PlainOutput, TextInOtherEncodingsIsText) {
    EXPECT_TRUE(is_mostly_text(view("Straße, 雪, \xf0\x9f\x98\x80\n")));
    EXPECT_TRUE(is_mostly_text(View(view("雪雪雪")).subspan(1, 7))) << "cut within characters";
    EXPECT_TRUE(is_mostly_text(view("M\xfcller, J\xfcrgen\n"))) << "Latin-1";
    EXPECT_TRUE(is_mostly_text(view(std::string("D\0o\0e\0\r\0\n\0", 10)))) << "UTF-16";
    EXPECT_FALSE(is_mostly_text(view(std::string(100, '\0'))));
    EXPECT_FALSE(is_mostly_text(view("\x1f\x8b\x08\x9f\xff\xfe\x01\x02")));
    Commands c;
    c.begins("type report");
    for (const char* part : {"\xe9", "\x9b", "\xaa!"}) c.prints(part);
    c.prints(std::string("D\0o\0e\0", 6));
    EXPECT_TRUE(holds(c.followed(), "雪!Doe")) << c.followed();
}

TEST(PlainOutput, AFilesTransferIsCountedAndItsErrorsAreShown) {
    Commands c;
    c.begins("scp -t /tmp/report");
    c.prints("C0644 9 report\nSmith, A.\n", 1, Stream::input);
    c.prints("text of a file\n");
    c.prints("scp: /tmp/report: denied\n", 1, Stream::error);
    c.event(Track::channel_summary, static_cast<std::uint8_t>(Stream::input), 1, wire::encode(ChannelSummary{.bytes = 5'000'000, .kept = 25, .sha256 = {}}));
    c.ends();
    const auto shown = c.followed();
    EXPECT_TRUE(holds(shown, "command, whose bytes are counted and not shown: scp -t /tmp/report"));
    EXPECT_TRUE(holds(shown, "scp: /tmp/report: denied"));
    EXPECT_TRUE(holds(shown, "40 bytes out, 5,000,000 bytes in")) << shown;
    EXPECT_FALSE(holds(shown, "text of a file"));
    EXPECT_FALSE(holds(shown, "Smith"));
}

TEST(PlainOutput, OnlyATransferAloneIsOne) {
    for (const char* one : {"scp -t /tmp", "scp -r -p -f 'a file'", "rsync --server --sender -vlogDtpre.iLsfxCIvu . /data", "/usr/lib/openssh/sftp-server",
                            "/usr/bin/scp -d -t ."})
        EXPECT_TRUE(is_file_transfer(one)) << one;
    for (const char* one : {"scp -f x; cat patients", "scp -f $(cat patients)", "scp -t x\ncat patients", "scp -t x|cat", "/tmp/scp -f x", "./scp -f x", "scp",
                            "rsync a b", "cat scp -t", "psql", "", "  ", "/srv/me/sftp-server"})
        EXPECT_FALSE(is_file_transfer(one)) << one;
}

TEST(PlainOutput, AfterTheLimitItIsSaidThatTheRestIsCounted) {
    Commands c;
    c.begins("cat huge");
    BulkTrack bulk(c.writer, 1, static_cast<std::uint8_t>(Stream::output), 10);
    must(bulk.append(view("0123456789and more"), at(c.now)));
    must(bulk.finish(at(c.now)));
    c.ends();
    EXPECT_EQ(c.followed(), own(1, "command: cat huge") + "0123456789\r\n" + own(1, "more than is recorded whole: what follows is only counted") +
                                own(1, "exit status 0; 18 bytes out, 0 bytes in"));
}

TEST(PlainOutput, AShellWithoutATerminalIsShownToo) {
    Commands c;
    c.exec(ExecKind::shell, "");
    c.prints("id\n", 1, Stream::input);
    EXPECT_EQ(c.followed(), own(1, "a shell without a terminal")) << "before it has said anything";
    c.prints("uid=0(root)\n");
    c.ends();
    EXPECT_EQ(c.followed(), own(1, "a shell without a terminal") + "uid=0(root)\r\n" + own(1, "exit status 0; 12 bytes out, 3 bytes in"));
}

// The same terminals with and without commands beside them.
struct Mixed : Commands {
    explicit Mixed(bool with_commands) {
        terminal(1);
        says("\x1b[?1049hfirst", 1);
        if (with_commands) {
            begins("cat patients", 2);
            now -= 1000;
            prints("beside", 2);
            now -= 1000;
        }
        says(" half\xe2\x82", 1);
        says("\xac", 1);
    }
};

TEST(PlainOutput, ATerminalIsByteForByteAsItWasAndTheCommandBesideItIsToldOf) {
    Mixed without(false), with(true);
    EXPECT_EQ(with.followed(), without.followed());
    EXPECT_FALSE(holds(with.followed(), "beside"));
    EXPECT_EQ(with.notes.back(), "it prints beside the terminal, where it is not shown: look at this channel");
    EXPECT_TRUE(holds(with.followed(2), own(2, "command: cat patients") + "beside")) << with.followed(2);
    std::string cast = with.cast();
    const auto marker = cast.find("\"m\", \"What a command prints beside the terminal (channel 2) is not shown here");
    ASSERT_NE(marker, cast.npos) << cast;
    const auto begin = cast.rfind('\n', marker) + 1;
    cast.erase(begin, cast.find('\n', marker) + 1 - begin);
    EXPECT_EQ(cast, without.cast());
    EXPECT_TRUE(holds(with.played(), "What a command prints beside the terminal (channel 2)"));
}

TEST(PlainOutput, BeforeAndAfterATerminalCommandsAreShown) {
    Commands c;
    c.begins("early", 1);
    c.prints("no line end", 1);
    c.ends(1);
    c.terminal(2);
    c.says("\x1b[?1049hterminal", 2);
    c.begins("during", 3);
    c.ends(2);
    c.prints("now it is seen\n", 3);
    c.begins("late", 4);
    c.prints("late output\n", 4);
    for (const auto& shown : {c.followed(), c.played()}) {
        const auto early = shown.find(own(1, "command: early") + "no line end\r\n"), terminal = shown.find("\x1b[?1049hterminal"),
                   back = shown.find("\x1b[?1049l"), seen = shown.find(own(3, "goes on: during") + "now it is seen\r\n"),
                   late = shown.find(own(4, "command: late") + "late output\r\n");
        EXPECT_EQ(early, 0u) << shown;
        EXPECT_TRUE(early < terminal && terminal < back && back < seen && seen < late && late != shown.npos) << shown;
    }
}

TEST(PlainOutput, FromTheMiddleOfATerminalWhatFollowsIsTheSame) {
    Commands c;
    c.says("line\r\n", 1);
    c.prints("output of one that began earlier\n", 2);
    c.ends(1);
    c.prints("and goes on\n", 2);
    c.begins("next", 3);
    c.prints("its output\n", 3);
    std::string out;
    const FollowTo to{{},
                      [&](Duration, std::uint32_t, std::string_view text) {
                          out += text;
                          return ok();
                      },
                      [](Duration, std::uint32_t, std::string_view) { return ok(); }};
    Follower follower(to);
    auto from = c.reader();
    must(follower.resume(Duration(0), 1, view("line\r\n")));
    (void)must(from.next());
    while (must(follower.step(from))) continue;
    const auto whole = c.followed();
    EXPECT_EQ(out.substr(out.find("and goes on")), whole.substr(whole.find("and goes on")));
    EXPECT_TRUE(holds(out, own(3, "command: next") + "its output"));
}

TEST(PlainOutput, ThousandsOfChannelsTakeNoMoreMemoryThanSome) {
    PlainOutput plain;
    std::string text = "x";
    for (std::uint32_t channel = 0; channel < 20'000; ++channel) {
        const auto shown = plain.event({.at = {}, .track = Track::channel_output, .kind = 0, .channel = channel, .bytes = view(text)});
        ASSERT_TRUE(holds(shown, "a command that began earlier")) << channel;
    }
}

TEST(Cast, SaysThatAnotherTerminalIsNotInIt) {
    Commands c;
    c.terminal(1);
    c.says("first", 1);
    c.terminal(2);
    c.says("second", 2);
    c.says("second again", 2);
    const auto cast = c.cast();
    EXPECT_TRUE(holds(cast, "\"m\", \"Another terminal (channel 2) is not shown here: the console's replay shows it, and a bundle holds it.\"")) << cast;
    EXPECT_EQ(cast.find("Another terminal"), cast.rfind("Another terminal"));
    EXPECT_FALSE(holds(cast, "second"));
    EXPECT_TRUE(holds(c.played(), "Another terminal (channel 2)"));
}

}  // namespace
}  // namespace anteroom::recorder::testing
