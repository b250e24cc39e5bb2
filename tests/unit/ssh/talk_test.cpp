// The conversation as the person sees it and as the broker gets it: prompts, lines said in between, typed ahead, leaving.
#include "proxies/ssh/talk.h"

#include <gtest/gtest.h>

namespace anteroom::ssh {
namespace {

using control::ChannelUse;

class TalkTest : public ::testing::Test {
protected:
    void begin(ChannelUse use = ChannelUse::shell, bool terminal = true) { talk.begin({use, terminal, 80, 24, ""}); }
    void ask(std::string prompt, bool echo = true) { talk.ask({++asked, std::move(prompt), echo}); }
    void type(std::string_view keys) { talk.type(view(keys)); }
    // What was written since the last call.
    std::string shown() {
        std::string text = to_string(talk.output().rest());
        talk.output().clear();
        return text;
    }
    // "3:text", "3:left", "none".
    std::string answer() {
        const auto one = talk.take_answer();
        if (!one) return "none";
        return std::to_string(one->number) + ":" + (one->left ? "left" : std::string(one->text.expose_text()));
    }

    Talk talk{false};
    std::uint32_t asked = 0;
};

TEST_F(TalkTest, AsksAndAnswersOneLineAfterTheOther) {
    begin();
    talk.say("Request access to mri-3\n(help: 4711)");
    ask("Reason: ");
    EXPECT_EQ(shown(), "Request access to mri-3\r\n(help: 4711)\r\nReason: ");
    type("coil");
    EXPECT_EQ(answer(), "none");
    type(" check\r");
    EXPECT_EQ(shown(), "coil check\r\n");
    EXPECT_EQ(answer(), "1:coil check");
    ask("Code: ", false);
    type("123456\r");
    EXPECT_EQ(shown(), "Code: \r\n");
    EXPECT_EQ(answer(), "2:123456");
    EXPECT_EQ(answer(), "none");
}

TEST_F(TalkTest, WhatIsSaidDuringAQuestionGarblesNothing) {
    begin();
    ask("Which one?\nTarget: ");
    type("mri");
    shown();
    talk.say("Another session ended.");
    EXPECT_EQ(shown(), "\r\nAnother session ended.\r\nTarget: mri");
    type("-3\r");
    EXPECT_EQ(answer(), "1:mri-3") << "nothing of what was typed is lost";
}

TEST_F(TalkTest, APasswordInTheMakingIsNotShownByWhatIsSaid) {
    begin();
    ask("Password: ", false);
    type("hunter2");
    shown();
    talk.say("x");
    EXPECT_EQ(shown(), "\r\nx\r\nPassword: ");
}

TEST_F(TalkTest, KeepsWhatIsSaidUntilSomebodyIsThere) {
    talk.say("one");
    ask("Reason: ");
    talk.say("two");
    EXPECT_EQ(shown(), "");
    begin();
    EXPECT_EQ(shown(), "one\r\ntwo\r\nReason: ");
    type("because\r");
    EXPECT_EQ(answer(), "1:because");
}

TEST_F(TalkTest, BoundsWhatIsKeptForNobodyAndForWhoDoesNotRead) {
    for (int i = 0; i < 10000; ++i) talk.say(std::string(1000, 'x'));
    begin();
    EXPECT_LE(talk.output().size(), Talk::most_unread + 4096);
    for (int i = 0; i < 10000; ++i) talk.say(std::string(1000, 'x'));
    EXPECT_LE(talk.output().size(), 2 * Talk::most_unread);
    EXPECT_FALSE(talk.wants_input()) << "who does not read is not listened to";
    talk.output().clear();
    EXPECT_TRUE(talk.wants_input());
}

TEST_F(TalkTest, ANewerQuestionTakesThePlaceOfAnOlderOne) {
    begin();
    ask("Reason: ");
    type("abc");
    shown();
    ask("Ticket: ");
    EXPECT_EQ(shown(), "\r\nTicket: ");
    type("d\r");
    EXPECT_EQ(answer(), "2:d");
    EXPECT_EQ(answer(), "none") << "the older one has no answer any more";
}

TEST_F(TalkTest, AnEmptyPromptCallsTheQuestionBack) {
    begin();
    ask("Press Enter to look again: ");
    type("ab");
    ask("");
    shown();
    talk.say("Approved by dana.");
    EXPECT_EQ(shown(), "Approved by dana.\r\n");
    type("\r");
    EXPECT_EQ(answer(), "none");
    EXPECT_EQ(to_string(talk.finish()), "\r") << "only what was typed since is the target's";
}

TEST_F(TalkTest, WhatIsTypedAheadAnswersTheNextQuestion) {
    begin();
    type("first\rsecond\rthi");
    EXPECT_EQ(shown(), "") << "echoed when it is asked for";
    ask("A: ");
    EXPECT_EQ(shown(), "A: first\r\n");
    EXPECT_EQ(answer(), "1:first");
    ask("B: ");
    ask("C: ");
    EXPECT_EQ(answer(), "2:second");
    type("rd\r");
    EXPECT_EQ(answer(), "3:third");
}

TEST_F(TalkTest, TypedAheadIsBoundedAtATerminalWithTheBell) {
    begin();
    type(std::string(Talk::most_typed_ahead, 'x'));
    EXPECT_EQ(shown(), "");
    type("y");
    EXPECT_EQ(shown(), "\a");
    for (int i = 0; i < 100000; ++i) type("yyyyyyyyyyyyyyyy");
    EXPECT_LE(talk.output().size(), Talk::most_unread);
    EXPECT_EQ(to_string(talk.finish()), std::string(Talk::most_typed_ahead, 'x'));
}

TEST_F(TalkTest, WithoutATerminalTypedAheadWaitsInTheClientAndNothingIsLost) {
    begin(ChannelUse::shell, false);
    EXPECT_TRUE(talk.wants_input());
    std::string lines;
    for (int i = 0; i < 3000; ++i) lines += "line " + std::to_string(i) + "\n";
    type(lines);
    EXPECT_FALSE(talk.wants_input());
    for (int i = 0; i < 3000; ++i) {
        ask("? ");
        ASSERT_EQ(answer(), std::to_string(i + 1) + ":line " + std::to_string(i));
    }
    EXPECT_TRUE(talk.wants_input());
}

TEST_F(TalkTest, CtrlCLeavesAQuestionAndAlsoAWaitWithoutOne) {
    begin();
    ask("Reason: ");
    type("ab\x03");
    EXPECT_EQ(answer(), "1:left");
    type("typed\rahead\x03");
    EXPECT_EQ(answer(), "0:left");
    type("\x03\x03\x03");
    EXPECT_EQ(answer(), "none") << "a held key is one word to the broker until it has said something";
    talk.say("Press Ctrl-C again to leave.");
    type("\x03");
    EXPECT_EQ(answer(), "0:left");
    EXPECT_TRUE(talk.finish().empty()) << "what was taken back does not reach the target";
}

TEST_F(TalkTest, TheEndOfInputAnswersWhatIsAskedFromThenOn) {
    begin(ChannelUse::shell, false);
    talk.end_of_input();
    EXPECT_EQ(answer(), "none") << "a wait goes on: nobody was asked";
    EXPECT_FALSE(talk.wants_input());
    ask("Reason: ");
    EXPECT_EQ(answer(), "1:left");
}

TEST_F(TalkTest, ALastLineWithoutAnEndCounts) {
    begin(ChannelUse::shell, false);
    type("yes\nno");
    talk.end_of_input();
    ask("A: ");
    ask("B: ");
    ask("C: ");
    EXPECT_EQ(answer(), "1:yes");
    EXPECT_EQ(answer(), "2:no");
    EXPECT_EQ(answer(), "3:left");
}

TEST_F(TalkTest, ACommandsInputIsItsTargetsAndItsQuestionsAreLeft) {
    begin(ChannelUse::exec, false);
    EXPECT_FALSE(talk.wants_input());
    EXPECT_TRUE(talk.on_error_stream());
    talk.say("request 42: waiting");
    ask("Reason: ");
    EXPECT_EQ(shown(), "request 42: waiting\n") << "a question that nobody can answer is not shown";
    EXPECT_EQ(answer(), "1:left");
    type("file content");
    EXPECT_TRUE(talk.finish().empty()) << "nor is anything taken in";
}

TEST(TalkThatReads, TakesACommandsInput) {
    Talk talk(true);
    talk.begin({ChannelUse::exec, false, 80, 24, "approvals"});
    EXPECT_TRUE(talk.wants_input());
    talk.ask({7, "Code: ", true});
    talk.type(view("123456\nrest"));
    const auto one = talk.take_answer();
    ASSERT_TRUE(one);
    EXPECT_EQ(one->text.expose_text(), "123456");
    EXPECT_EQ(to_string(talk.finish()), "rest");
    EXPECT_TRUE(talk.on_error_stream());
}

TEST_F(TalkTest, AnAudienceThatLeavesHasLeftAndTheNextOneBeginsAnew) {
    begin();
    ask("Reason: ");
    type("half");
    talk.leave();
    EXPECT_EQ(answer(), "1:left");
    EXPECT_FALSE(talk.has_audience());
    begin();
    EXPECT_EQ(shown(), "");
    talk.leave();
    EXPECT_EQ(answer(), "0:left");
    talk.leave();
    EXPECT_EQ(answer(), "none");
}

TEST_F(TalkTest, WritesNoControlCharactersOfWhatIsSaidOrAsked) {
    begin();
    talk.say(
        "a\x1b]52;c;AAAA\x07"
        "b\r\n\xc2\x9b"
        "31mc\x7f\td");
    ask("\x1b[2J? ");
    EXPECT_EQ(shown(), "a]52;c;AAAAb\r\n31mc\td\r\n[2J? ");
}

TEST_F(TalkTest, HandsOverWhatWasNotConsumed) {
    begin();
    ask("Reason: ");
    type("x\r");
    type("\nls\r");
    EXPECT_EQ(to_string(talk.finish()), "ls\r") << "the second half of Enter is not the target's";
}

TEST_F(TalkTest, FinishingDuringAQuestionEndsItsLine) {
    begin();
    ask("Reason: ");
    type("secret");
    shown();
    EXPECT_TRUE(talk.finish().empty());
    EXPECT_EQ(shown(), "\r\n");
    EXPECT_EQ(answer(), "none");
}

}  // namespace
}  // namespace anteroom::ssh
