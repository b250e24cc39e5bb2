// When and how something is said on a terminal that somebody works on.
#include "proxies/ssh/announcer.h"

#include <gtest/gtest.h>

namespace anteroom::ssh {
namespace {

using namespace std::chrono_literals;

class AnnouncerTest : public ::testing::Test {
protected:
    void output(std::string_view text) { announcer.output(view(text), now); }
    // What is written at this moment, if anything.
    std::string said() {
        auto text = announcer.due(now);
        if (!text.empty()) announcer.written(now);
        return text;
    }
    std::string said_after(Duration wait) {
        now += wait;
        return said();
    }

    Announcer announcer;
    Monotonic now{1h};
};

TEST_F(AnnouncerTest, SaysNothingWithoutANotice) {
    output("$ ");
    EXPECT_EQ(said_after(1h), "");
    EXPECT_FALSE(announcer.waiting());
}

TEST_F(AnnouncerTest, WaitsForSilenceOnTheMainScreen) {
    output("$ ");
    announcer.announce("5 min left.", true, now);
    EXPECT_EQ(said_after(299ms), "");
    EXPECT_EQ(said_after(1ms), "\r\n*** anteroom: 5 min left. ***\r\n\a");
    EXPECT_EQ(said_after(1h), "") << "once";
}

TEST_F(AnnouncerTest, DoesNotWaitForeverForSilence) {
    announcer.announce("5 min left.", false, now);
    for (int i = 0; i < 49; ++i) {
        output("line\r\n");
        ASSERT_EQ(said_after(100ms), "") << i;
    }
    output("line\r\n");
    EXPECT_EQ(said_after(100ms), "\r\n*** anteroom: 5 min left. ***\r\n");
}

TEST_F(AnnouncerTest, SplitsNoSequenceAndNoCharacter) {
    for (const std::string_view half : {"\x1b[3", "\x1b]2;title", "\xe5\x8c"}) {
        output(half);
        announcer.announce("x", false, now);
        EXPECT_EQ(said_after(9s), "") << half;
        output("\x1b[m");
        EXPECT_EQ(said_after(300ms), "\r\n*** anteroom: x ***\r\n") << half;
    }
}

TEST_F(AnnouncerTest, ATargetThatLeavesASequenceOpenDoesNotSilenceIt) {
    output("\x1b]2;never ended");
    announcer.announce("1 min left.", false, now);
    EXPECT_EQ(said_after(10s), "\x18\r\n*** anteroom: 1 min left. ***\r\n");
    announcer.announce("again", false, now);
    EXPECT_EQ(said_after(300ms), "\r\n*** anteroom: again ***\r\n") << "the terminal is out of it, and so are we";
}

TEST_F(AnnouncerTest, OnTheAlternateScreenTheBellAndTheTitleSayIt) {
    output("\x1b[?1049h\x1b[2J full screen");
    announcer.announce("5 min left.", true, now);
    EXPECT_EQ(said_after(300ms), "\x1b[22;2t\x1b]2;anteroom: 5 min left.\a\a");
    EXPECT_EQ(said_after(1h), "") << "once";
    output("\x1b[?1049l$ ");
    EXPECT_EQ(said_after(299ms), "");
    EXPECT_EQ(said_after(1ms), "\x1b[23;2t\r\n*** anteroom: 5 min left. ***\r\n") << "the bell has rung";
    EXPECT_EQ(said_after(1h), "");
}

TEST_F(AnnouncerTest, ALaterNoticeTakesTheTitleAndBothLinesFollow) {
    output("\x1b[?1049h");
    announcer.announce("5 min left.", true, now);
    said_after(1s);
    announcer.announce("1 min left.", true, now);
    EXPECT_EQ(said_after(1s), "\x1b]2;anteroom: 1 min left.\a\a") << "the own title is on the stack once";
    output("\x1b[?1049l");
    EXPECT_EQ(said_after(1s), "\x1b[23;2t\r\n*** anteroom: 5 min left. ***\r\n*** anteroom: 1 min left. ***\r\n");
}

TEST_F(AnnouncerTest, AProgramThatEndsIsLeftToDrawItsPrompt) {
    output("\x1b[?1049h");
    announcer.announce("x", false, now);
    said_after(1s);
    now += 1h;
    output("\x1b[?1049l");
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(said_after(200ms), "") << "the wait counts from leaving";
        output("$ ");
    }
    EXPECT_NE(said_after(300ms), "");
}

TEST_F(AnnouncerTest, SeveralLinesStandUnderOneName) {
    announcer.announce("Denied by dana.\nReason: scanner in use", false, now);
    EXPECT_EQ(said_after(1s), "\r\n*** anteroom: Denied by dana. ***\r\n*** Reason: scanner in use ***\r\n");
}

TEST_F(AnnouncerTest, NobodysWordsBecomeASequence) {
    announcer.announce(
        "a\x1b[2Jb\x07\xc2\x9b"
        "c",
        false, now);
    EXPECT_EQ(said_after(1s), "\r\n*** anteroom: a[2Jbc ***\r\n");
    output("\x1b[?1049h");
    announcer.announce("t\x07\x1b\\" + std::string(1000, 'x'), false, now);
    const auto title = said_after(1s);
    EXPECT_EQ(title.find('\a'), title.size() - 2) << title;
    EXPECT_LT(title.size(), 150u);
}

TEST_F(AnnouncerTest, KeepsNoMoreThanAFewNotices) {
    for (int i = 0; i < 1000; ++i) announcer.announce("notice " + std::to_string(i), false, now);
    const auto text = said_after(1s);
    EXPECT_LT(text.size(), 1000u);
    EXPECT_NE(text.find("notice 999"), std::string::npos);
}

TEST_F(AnnouncerTest, BringsTheTerminalBackAtTheEnd) {
    output("$ ");
    EXPECT_EQ(announcer.restore(), "") << "nothing to bring back";
    output("\x1b[?1049h\x1b[3");
    announcer.announce("x", false, now);
    said_after(10s);
    const auto text = announcer.restore();
    EXPECT_EQ(text.find("\x1b[?1049l"), 0u) << "the announcement ended the open sequence";
    EXPECT_EQ(text.substr(text.size() - 7), "\x1b[23;2t");
    EXPECT_EQ(announcer.restore(), "");
}

}  // namespace
}  // namespace anteroom::ssh
