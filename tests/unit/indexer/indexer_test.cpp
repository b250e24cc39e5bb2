// What an index says of a recording: what was shown, when, and no more of it than there is room for.
#include "recorder/indexer/indexer.h"

#include <gmock/gmock.h>

#include "recorder/indexer/prompt.h"
#include "recorder/indexer/run.h"
#include "recorder/indexer/titles.h"
#include "tests/unit/indexer/fixture.h"

namespace anteroom::indexer {
namespace {

using namespace testing;
using recorder::Lane;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Indexer, WritesLinesThatScrolledOffAndThoseThatStandAtTheEnd) {
    Recorded recorded;
    recorded.event(0, Track::resize, 0, wire::encode(recorder::Resize{20, 3}));
    recorded.output(10, "one\r\ntwo\r\nthree\r\nfour\r\n$ ");
    EXPECT_THAT(recorded.lines(), ElementsAre("one", "two", "three", "four", "$"));
}

TEST(Indexer, WritesALineOnceWhileItStands) {
    Recorded recorded;
    recorded.output(0, "standing\r\n");
    for (int i = 1; i < 200; ++i) recorded.output(i * 1000, "\x1b[5;1Htick " + std::to_string(i));
    const auto lines = recorded.lines();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), "standing"), 1);
}

TEST(Indexer, FindsWhatStoodOnTheAlternateScreen) {
    Recorded recorded;
    recorded.output(0, "$ less leaflet\r\n");
    recorded.output(100, "\x1b[?1049h\x1b[H\x1b[2Jfirst page: warfarin\r\n:");
    recorded.output(3000, "\x1b[H\x1b[2Jsecond page: heparin\r\n:");
    recorded.output(3100, "\x1b[H\x1b[2Jthird page: aspirin\r\n:");
    recorded.output(3250, "\x1b[?1049l");
    const auto lines = recorded.lines();
    EXPECT_THAT(lines, Contains(HasSubstr("warfarin")));
    EXPECT_THAT(lines, Contains(HasSubstr("heparin")));
    EXPECT_THAT(lines, Contains(HasSubstr("aspirin"))) << "also what stood a moment before it was left";
}

// As vim does it: the cursor stands on what was searched for, and the next page is drawn over it.
TEST(Indexer, FindsTheLineThatAFullScreenProgramsCursorIsOn) {
    Recorded recorded;
    recorded.output(0, "$ vim leaflet\r\n");
    recorded.output(100, "\x1b[?1049h\x1b[Hone: warfarin\r\ntwo: heparin");
    recorded.output(3000, "\x1b[Hsix: xxxxxxxx\r\nten: yyyyyyy");
    recorded.output(6000, "\x1b[?1049l");
    const auto lines = recorded.lines();
    EXPECT_THAT(lines, Contains(HasSubstr("warfarin")));
    EXPECT_THAT(lines, Contains(HasSubstr("heparin")));
}

TEST(Indexer, FindsWhatWasClearedAtOnce) {
    Recorded recorded;
    recorded.output(0, "$ ");
    recorded.output(1000, "shown and gone\r\n");
    recorded.output(1200, "\x1b[H\x1b[2J");
    EXPECT_THAT(recorded.lines(), Contains(HasSubstr("shown and gone")));
}

TEST(Indexer, ALineHasTheMomentWhenItStoodThere) {
    Recorded recorded;
    recorded.output(100, "$ clear\r\n");
    recorded.output(200, "\x1b[H\x1b[2Jheparin 5000\r\n$ ");  // what is erased and what is shown, in one go
    recorded.output(9000, "echo later\r\nlater\r\n");
    const auto lines = of<recorder::ShownLine>(recorded.index());
    const auto found = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line.text == "heparin 5000"; });
    ASSERT_NE(found, lines.end());
    EXPECT_LT(found->at, milliseconds(1000)) << "not when the next thing happened";
}

TEST(Indexer, WritesNoHalfTypedLines) {
    Recorded recorded;
    recorded.output(0, "$ ");
    std::int64_t at = 1000;
    for (const char c : std::string("mount")) recorded.output(at += 1000, std::string(1, c));
    recorded.output(at + 1000, "\r\ndone\r\n");
    const auto lines = recorded.lines();
    EXPECT_THAT(lines, Contains("$ mount"));
    EXPECT_THAT(lines, Not(Contains("$ mou")));
}

TEST(Indexer, AProgressBarIsNoFlood) {
    Recorded recorded;
    for (int i = 0; i < 3000; ++i) recorded.output(i * 700, "\x1b[1;1Hload " + std::to_string(i) + "\x1b[2;1Hother " + std::to_string(i) + "\x1b[9;1H");
    const auto lines = recorded.lines();
    EXPECT_LT(lines.size(), 6200u);
    Recorded faster;
    for (int i = 0; i < 500; ++i) {
        std::string screen;
        for (int row = 1; row < 24; ++row) screen += "\x1b[" + std::to_string(row) + ";1Hvalue " + std::to_string(i * 100 + row);
        faster.output(i * 600, screen + "\x1b[24;1H");
    }
    EXPECT_LT(faster.lines().size(), 4500u) << "of 11500";
    EXPECT_THAT(faster.moments(Lane::gap).size(), ::testing::Ge(1u)) << "what is left out is said";
}

TEST(Indexer, GuessesCommandsBehindPrompts) {
    Recorded recorded;
    recorded.output(0, "ward@mri-3:~$ ");
    recorded.typed(900);
    recorded.output(1000, "ls -la");
    recorded.typed(1500);
    recorded.output(1510, "\r\ntotal 4\r\nA > B\r\nward@mri-3:~$ ");
    const auto commands = recorded.moments(Lane::command);
    ASSERT_EQ(commands.size(), 1u) << "output is no command, whatever it looks like";
    EXPECT_EQ(commands[0].text, "ls -la");
    EXPECT_TRUE(commands[0].guess);
    EXPECT_EQ(commands[0].at, milliseconds(1510));
}

TEST(Indexer, PromptsOfShellsRoutersAndWindows) {
    EXPECT_EQ(command_behind_prompt("ward@mri-3:~$ ls -la"), "ls -la");
    EXPECT_EQ(command_behind_prompt("# id"), "id");
    EXPECT_EQ(command_behind_prompt("mysql> select 1;"), "select 1;");
    EXPECT_EQ(command_behind_prompt("router#show run"), "show run");
    EXPECT_EQ(command_behind_prompt("C:\\Users\\ward>dir"), "dir");
    EXPECT_EQ(command_behind_prompt("ward@mri-3:~$ "), std::nullopt);
    EXPECT_EQ(command_behind_prompt("a line of text"), std::nullopt);
    EXPECT_EQ(command_behind_prompt("Password:"), std::nullopt);
    EXPECT_EQ(command_behind_prompt(""), std::nullopt);
}

TEST(Indexer, NotesWhatHappensBeside) {
    Recorded recorded;
    recorded.event(0, Track::exec, static_cast<std::uint8_t>(recorder::ExecKind::command), view("uname -a"), 3);
    recorded.event(10, Track::file, 0, wire::encode(recorder::FileOperation{recorder::FileVerb::write, "/etc/pacs.conf", "", 12, std::nullopt, true}));
    recorded.event(20, Track::forward, 0, wire::encode(recorder::Forward{"10.0.0.1:1", "pacs:104", 0, 0, "dicom", "", false}));
    recorded.event(30, Track::clipboard, 0, wire::encode(recorder::ClipboardFact{recorder::Direction::to_target, "text", 5, "hello"}));
    recorded.event(40, Track::marker, static_cast<std::uint8_t>(recorder::MarkerKind::alert), view("root \x1b[2Jshell"));
    recorded.event(50, Track::gap, 0, wire::encode(recorder::Gap{5, "bulk limit"}));
    recorded.event(60, Track::exec, static_cast<std::uint8_t>(recorder::ExecKind::exit_status), wire::encode(std::uint32_t{0}), 3);
    ASSERT_EQ(recorded.moments(Lane::command).size(), 1u);
    EXPECT_EQ(recorded.moments(Lane::command)[0].text, "uname -a");
    EXPECT_FALSE(recorded.moments(Lane::command)[0].guess);
    EXPECT_EQ(recorded.moments(Lane::command)[0].channel, 3u);
    EXPECT_THAT(recorded.moments(Lane::file)[0].text, HasSubstr("write /etc/pacs.conf"));
    EXPECT_THAT(recorded.moments(Lane::forward)[0].text, HasSubstr("pacs:104"));
    EXPECT_THAT(recorded.moments(Lane::clipboard)[0].text, HasSubstr("hello"));
    EXPECT_THAT(recorded.moments(Lane::alert)[0].text, HasSubstr("\\x1b"));
    EXPECT_EQ(recorded.moments(Lane::gap).size(), 1u);
    EXPECT_EQ(recorded.moments(Lane::channel)[0].text, "ended: exit status 0");
}

TEST(Indexer, NotesTitlesOnceEach) {
    Recorded recorded;
    recorded.output(0, "\x1b]0;ward@mri-3\x07$ ");
    recorded.output(5000, "\x1b]0;ward@mri-3\x07$ ");
    recorded.output(10000, "\x1b]2;vim ");
    recorded.output(10010, "pacs.conf\x1b\\$ ");
    const auto titles = recorded.moments(Lane::title);
    ASSERT_EQ(titles.size(), 2u);
    EXPECT_EQ(titles[1].text, "vim pacs.conf");
}

TEST(Titles, EndlessOnesEnd) {
    Titles titles;
    const std::string start = "\x1b]0;", more(1 << 20, 'x'), end = "\x07";
    EXPECT_FALSE(titles.feed(view(start)));
    for (int i = 0; i < 16; ++i) EXPECT_FALSE(titles.feed(view(more)));
    EXPECT_LE(titles.feed(view(end))->size(), Titles::longest + 8);
    EXPECT_FALSE(titles.feed(view(std::string_view("\x1b]52;c;aGVsbG8=\x07")))) << "a clipboard is no title";
}

TEST(Indexer, OutputWithoutATerminalIsLinesToo) {
    Recorded recorded;
    recorded.event(0, Track::channel_output, 0, view("total 4\npatients.csv\n"), 2);
    recorded.event(10, Track::channel_output, 2, view("typed\n"), 2);
    recorded.event(20, Track::channel_output, 0, View(Bytes{'x', 0, 'y', '\n'}), 5);
    recorded.event(30, Track::channel_output, 0, view("binary still\n"), 5);
    EXPECT_THAT(recorded.lines(), ElementsAre("total 4", "patients.csv"));
}

TEST(Indexer, MakesKeyFramesThatReplayGoesOnFrom) {
    Recorded recorded;
    recorded.output(0, "\x1b[31mred\r\n");
    for (int i = 1; i < 100; ++i) recorded.output(i * 1000, "line " + std::to_string(i) + "\r\n");
    const auto frames = of<recorder::KeyFrame>(recorded.index());
    ASSERT_EQ(frames.size(), 3u) << "every thirty seconds";
    auto reader = recorded.reader();
    must(reader.go_to(recorder::ReadFrom{frames[1].next_index, frames[1].next_offset}));
    Terminal replayed({80, 24}, {}), whole({80, 24}, {});
    replayed.feed(frames[1].repaint);
    while (const auto piece = must(reader.next())) {
        EXPECT_GT(piece->first, frames[1].at);
        for (const auto& event : piece->events) replayed.feed(to_string(event.bytes));
    }
    auto all = recorded.reader();
    while (const auto piece = must(all.next()))
        for (const auto& event : piece->events) whole.feed(to_string(event.bytes));
    EXPECT_EQ(replayed.repaint(), whole.repaint());
}

TEST(Indexer, ADesktopsKeyFramesArePlacesOnly) {
    Recorded recorded;
    recorded.event(0, Track::screen, 1, view("a key frame"));
    recorded.event(1000, Track::screen, 0, view("more"));
    recorded.event(2000, Track::screen, 1, view("another"));
    const auto frames = of<recorder::KeyFrame>(recorded.index());
    ASSERT_EQ(frames.size(), 2u);
    auto reader = recorded.reader();
    must(reader.go_to(recorder::ReadFrom{frames[1].next_index, frames[1].next_offset}));
    const auto piece = must(reader.next());
    ASSERT_TRUE(piece);
    EXPECT_EQ(piece->events[0].kind, 1) << "reading begins with the key frame itself";
    EXPECT_EQ(frames[1].at, seconds(2));
    EXPECT_TRUE(frames[1].repaint.empty());
}

TEST(Indexer, NoKeyFrameInsideASequence) {
    Recorded recorded;
    recorded.output(0, "begin\r\n");
    recorded.output(31'000, "more\x1b[3");
    recorded.output(32'000, "1mred\r\n");
    recorded.output(33'000, "end");
    const auto frames = of<recorder::KeyFrame>(recorded.index());
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].at, seconds(32));
}

TEST(Indexer, CountsActivityAndSaysHowFarItGoes) {
    Recorded recorded;
    recorded.output(0, "12345");
    recorded.typed(2500, 3);
    const auto entries = recorded.index();
    const auto activity = of<recorder::Activity>(entries);
    ASSERT_EQ(activity.size(), 1u);
    EXPECT_THAT(activity[0].shown, ElementsAre(5, 0, 0));
    EXPECT_THAT(activity[0].typed, ElementsAre(0, 0, 3));
    const auto& upto = std::get<recorder::IndexedTo>(entries.back());
    EXPECT_TRUE(upto.whole);
    EXPECT_EQ(upto.pieces, 2u);
}

TEST(Indexer, BucketsOfAYearAreFew) {
    Recorded recorded;
    recorded.output(0, "first");
    recorded.output(std::int64_t{365} * 24 * 3600 * 1000, "last");
    std::size_t buckets = 0;
    for (const auto& part : of<recorder::Activity>(recorded.index())) buckets += part.shown.size();
    EXPECT_LE(buckets, ActivityCounter::most_buckets);
}

TEST(Indexer, ChannelsWithoutEndAreBoundedAndSaid) {
    Recorded recorded;
    for (std::uint32_t channel = 0; channel < 40; ++channel) recorded.output(channel, "hello", channel);
    EXPECT_EQ(recorded.lines().size(), Indexer::most_terminals);
    EXPECT_EQ(recorded.moments(Lane::gap).size(), 40 - Indexer::most_terminals);
}

TEST(Indexer, NonsenseFromAHijackedWorkerIsTaken) {
    Recorded recorded;
    for (std::uint8_t track = 1; track <= recorder::last_track; ++track)
        for (std::uint8_t kind = 0; kind < 8; ++kind) recorded.event(track * 10 + kind, static_cast<Track>(track), kind, view("\xff\xfe nonsense"));
    recorded.event(1000, Track::resize, 0, wire::encode(recorder::Resize{65535, 65535}));
    recorded.output(1010, std::string(5'000, '\n'));
    recorded.event(1020, Track::resize, 0, wire::encode(recorder::Resize{0, 0}));
    recorded.output(1030, "still here\r\n");
    EXPECT_FALSE(recorded.index().empty());
}

TEST(Run, FollowsALiveRecordingAndReadsBack) {
    Recorded recorded;
    recorded.output(0, "first line\r\n");
    const Fd file = memory_file();
    const auto hash = recorder::hash_of(recorded.session.created.header);
    auto writer = must(recorder::IndexWriter::create(must(file.duplicate()), recorded.session.created.data_key.expose(), hash, counted_entropy()));
    auto reader = recorded.reader(true);
    int waits = 0;
    const auto keys = recorder::index_keys(recorded.session.created.data_key.expose(), must(recorder::read_index_head(file.get())));
    const auto ended = must(run(reader, writer, [&] {
        if (++waits == 1) {
            const auto index = must(recorder::Index::open(must(file.duplicate()), keys));
            EXPECT_EQ(index.timeline().upto.pieces, 1u) << "what there is can be read at once";
            recorded.output(900, "second line\r\n");
        }
        return waits < 5;
    }));
    EXPECT_EQ(ended, Ended::let_go);
    EXPECT_EQ(waits, 5);
}

TEST(Run, WhatStandsOnAQuietScreenOfALiveSessionIsFoundBeforeAnythingElseHappens) {
    Recorded recorded;
    recorded.output(0, "$ cat report\r\nstands here\r\n$ ");
    const Fd file = memory_file();
    const auto hash = recorder::hash_of(recorded.session.created.header);
    auto writer = must(recorder::IndexWriter::create(must(file.duplicate()), recorded.session.created.data_key.expose(), hash, counted_entropy()));
    auto reader = recorded.reader(true);
    const auto keys = recorder::index_keys(recorded.session.created.data_key.expose(), must(recorder::read_index_head(file.get())));
    const auto found = [&] { return must(must(recorder::Index::open(must(file.duplicate()), keys)).search("stands here", 5)).size(); };
    int waits = 0;
    EXPECT_EQ(must(run(reader, writer,
                       [&] {
                           if (++waits == 1) EXPECT_EQ(found(), 0u) << "half a second has not passed";
                           return waits < 30;
                       })),
              Ended::let_go);
    EXPECT_EQ(found(), 1u);
    recorded.output(9000, "next\r\n");
    EXPECT_EQ(recorded.lines(), (std::vector<std::string>{"$ cat report", "stands here", "$ next"})) << "as it is found when it is indexed at once";
}

TEST(Indexer, OutputOfACommandBesideATerminalCanBeChosen) {
    Recorded recorded;
    recorded.event(0, Track::channel_output, 0, view("alone\n"), 1);
    recorded.output(10, "$ ", 2);
    recorded.event(20, Track::channel_output, 0, view("beside\n"), 3);
    recorded.event(30, Track::channel_output, 0, view("beside again\n"), 3);
    recorded.event(40, Track::exec, static_cast<std::uint8_t>(recorder::ExecKind::exit_status), view("0"), 2);
    recorded.event(50, Track::channel_output, 0, view("alone again\n"), 4);
    std::vector<std::uint32_t> chosen;
    for (const auto& one : recorded.moments(recorder::Lane::channel))
        if (one.text == "terminal") chosen.push_back(one.channel);
    EXPECT_EQ(chosen, (std::vector<std::uint32_t>{2, 3}));
}

}  // namespace
}  // namespace anteroom::indexer
