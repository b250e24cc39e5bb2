// One typed line: what a person sees of it, what the broker gets of it, and what keys do nothing.
#include "proxies/ssh/line_editor.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/base/seeds.h"

namespace anteroom::ssh {
namespace {

using State = LineEditor::State;

struct Typed {
    State state;
    std::string text, shown;
    std::size_t taken;
};

Typed type(std::string_view keys, bool terminal = true, bool echo = true) {
    LineEditor editor;
    WipedBytes shown;
    editor.begin(terminal, echo);
    const std::size_t taken = editor.type(view(keys), shown);
    const auto state = editor.state();
    const std::string visible = to_string(shown.rest());
    return {state, std::string(editor.take().expose_text()), visible, taken};
}

TEST(LineEditor, EchoesWhatIsTypedAndEndsAtEnter) {
    const auto typed = type("CHG-77\rnext");
    EXPECT_EQ(typed.state, State::line);
    EXPECT_EQ(typed.text, "CHG-77");
    EXPECT_EQ(typed.shown, "CHG-77");
    EXPECT_EQ(typed.taken, 7u) << "what follows belongs to the next line";
}

TEST(LineEditor, ShowsNothingOfAPassword) {
    const auto typed = type("secret\x7f\x15other\r", true, false);
    EXPECT_EQ(typed.text, "other");
    EXPECT_EQ(typed.shown, "");
}

TEST(LineEditor, ErasesACharacterWhateverItsBytesAndColumns) {
    EXPECT_EQ(type("ab\x7f\r").text, "a");
    EXPECT_EQ(type("ab\b\r").shown, "ab\b \b");
    EXPECT_EQ(type("x\xc3\xa4\x7f\r").text, "x");
    EXPECT_EQ(type("x\xc3\xa4\x7f\r").shown, "x\xc3\xa4\b \b");
    EXPECT_EQ(type("\xe5\x8c\xbb\x7f\r").shown, "\xe5\x8c\xbb\b \b\b \b") << "two columns";
    EXPECT_EQ(type("\xf0\x9f\x98\x80\x7f\r").text, "");
    EXPECT_EQ(type("\x7f\x7f\r").shown, "") << "not into the prompt";
}

TEST(LineEditor, ErasesAWordAndTheWholeLine) {
    EXPECT_EQ(type("scanner is  idle\x17\r").text, "scanner is  ");
    EXPECT_EQ(type("scanner is  \x17\r").text, "scanner ");
    EXPECT_EQ(type("one two\x15three\r").text, "three");
}

TEST(LineEditor, CtrlCLeavesAndCtrlDOnlyAnEmptyLine) {
    const auto interrupted = type("half\x03more");
    EXPECT_EQ(interrupted.state, State::left);
    EXPECT_EQ(interrupted.shown, "half^C");
    EXPECT_EQ(interrupted.taken, 5u);
    EXPECT_EQ(type("\x04").state, State::left);
    EXPECT_EQ(type("a\x04").state, State::editing);
    EXPECT_EQ(type("\x1b[\x03").state, State::left) << "also in the middle of a sequence";
}

TEST(LineEditor, ArrowsAndOtherKeysDoNothing) {
    for (const std::string_view key : {"\x1b[A", "\x1b[1;5C", "\x1bOP", "\x1b[200~", "\x1bx", "\t", "\x01", "\x1a", "\x1c"}) {
        const auto typed = type("a" + std::string(key) + "b\r");
        EXPECT_EQ(typed.text, "ab") << key;
        EXPECT_EQ(typed.shown, "ab") << key;
    }
}

TEST(LineEditor, TakesOnlyWholeCharactersOfUtf8) {
    EXPECT_EQ(type("a\xff\xfe\x80z\r").text, "az");
    EXPECT_EQ(type("a\xc3z\r").text, "az") << "an unfinished one is dropped, what follows is not";
    EXPECT_EQ(type("a\xc2\x9bz\r").text, "az") << "C1: CSI in one character";
    EXPECT_EQ(type("\xc0\xaf\xed\xa0\x80\r").text, "") << "overlong, surrogate";
}

TEST(LineEditor, CrLfIsOneEndAlsoInTwoParts) {
    LineEditor editor;
    WipedBytes shown;
    editor.begin(true, true);
    EXPECT_EQ(editor.type(view("a\r\nb"), shown), 3u);
    editor.begin(true, true);
    EXPECT_EQ(editor.type(view("b\r"), shown), 2u);
    editor.begin(true, true);
    EXPECT_EQ(editor.type(view("\nc\n"), shown), 3u);
    EXPECT_EQ(editor.take().expose_text(), "c");
    editor.begin(true, true);
    EXPECT_EQ(editor.type(view("\n"), shown), 1u);
    EXPECT_EQ(editor.state(), State::line) << "a LF of its own is an empty line";
}

TEST(LineEditor, ALineLongerThanItMayBeRingsTheBell) {
    const auto typed = type(std::string(LineEditor::longest + 3, 'x') + "\r");
    EXPECT_EQ(typed.text.size(), LineEditor::longest);
    EXPECT_EQ(typed.shown, std::string(LineEditor::longest, 'x') + "\a\a\a");
    EXPECT_EQ(type(std::string(LineEditor::longest - 1, 'x') + "\xc3\xa4\r").text.size(), LineEditor::longest - 1) << "no half character";
}

TEST(LineEditor, WithoutATerminalNothingIsEchoedOrEdited) {
    const auto typed = type(
        "ab\x7f\x03\x04\x1b[A"
        "c\n",
        false);
    EXPECT_EQ(typed.state, State::line);
    EXPECT_EQ(typed.text, "ab[Ac");
    EXPECT_EQ(typed.shown, "");
}

TEST(LineEditor, GivesTheSameHoweverTheKeysAreSplit) {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        std::string keys;
        const std::string_view pieces[] = {"a",    " ",    "\x7f", "\x15", "\x17", "\x1b[A", "\x1bO", "\xc3", "\xa4", "\xe5\x8c\xbb",
                                           "\x1b", "\x9b", "\x01", "[",    "5"};
        for (int i = 0; i < 40; ++i) keys += pieces[random() % std::size(pieces)];
        keys += "\r";
        LineEditor split;
        WipedBytes shown;
        split.begin(true, true);
        for (const char key : keys) split.type(view(std::string_view(&key, 1)), shown);
        const auto whole = type(keys);
        EXPECT_EQ(split.take().expose_text(), whole.text);
        EXPECT_EQ(to_string(shown.rest()), whole.shown);
        EXPECT_EQ(whole.shown.find('\x1b'), std::string::npos) << "no sequence is ever echoed";
    }
}

}  // namespace
}  // namespace anteroom::ssh
