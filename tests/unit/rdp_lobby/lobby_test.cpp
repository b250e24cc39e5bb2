// What the lobby answers, keeps and shows.
#include <cstring>
#include <random>

#include "proxies/rdp/lobby/palette.h"
#include "tests/unit/rdp_lobby/picture.h"

namespace anteroom::rdp {
namespace {

using namespace std::chrono_literals;
using testing::at;
using testing::drawn;
using testing::Picture;
using testing::type;

std::string text_of(const std::optional<Lobby::Answer>& answer) { return answer ? std::string(answer->text.expose_text()) : "(none)"; }

// Whether the characters lie anywhere in the lobby itself, where the field has them.
bool holds(const Lobby& lobby, std::u32string_view characters) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&lobby);
    const auto size = characters.size() * sizeof(char32_t);
    for (std::size_t i = 0; i + size <= sizeof lobby; ++i)
        if (std::memcmp(bytes + i, characters.data(), size) == 0) return true;
    return false;
}

class LobbyTest : public ::testing::Test {
protected:
    Lobby lobby_{"St. Brigid Hospital", "On call: +1 555 0100"};
};

TEST_F(LobbyTest, WhatIsTypedIsTheAnswerToItsQuestion) {
    lobby_.ask({7, "Reason: ", true, ""});
    type(lobby_, "coil ");
    lobby_.type(U'\u00fc');
    lobby_.press(Key::enter);
    const auto answer = lobby_.take_answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->number, 7U);
    EXPECT_EQ(text_of(answer), "coil \u00fc");
    EXPECT_FALSE(answer->left);
    EXPECT_FALSE(lobby_.take_answer());
}

TEST_F(LobbyTest, KeysEditInTheMiddle) {
    lobby_.ask({1, "x: ", true, "abcd"});
    lobby_.press(Key::left);
    lobby_.press(Key::left);
    lobby_.type('X');
    lobby_.press(Key::erase);
    lobby_.press(Key::home);
    lobby_.press(Key::left);
    lobby_.type('Y');
    lobby_.press(Key::erase);
    lobby_.press(Key::end);
    lobby_.press(Key::right);
    lobby_.press(Key::erase);
    lobby_.press(Key::backspace);
    lobby_.press(Key::enter);
    EXPECT_EQ(text_of(lobby_.take_answer()), "YbX");
}

TEST_F(LobbyTest, EditingIsWhatAStringDoes) {
    for (unsigned seed = 0; seed < 2000; ++seed) {
        std::mt19937 random(seed);
        TypedText text;
        std::u32string model;
        std::size_t caret = 0;
        for (int step = 0; step < 60; ++step) {
            switch (random() % 7) {
                case 0:
                    text.erase_before();
                    if (caret > 0) model.erase(--caret, 1);
                    break;
                case 1:
                    text.erase_behind();
                    if (caret < model.size()) model.erase(caret, 1);
                    break;
                case 2:
                    text.move(-1);
                    caret -= caret > 0 ? 1 : 0;
                    break;
                case 3:
                    text.move(1);
                    caret += caret < model.size() ? 1 : 0;
                    break;
                case 4: text.place(caret = random() % (model.size() + 1)); break;
                default: {
                    const char32_t c = U' ' + random() % 90;
                    ASSERT_TRUE(text.insert(c));
                    model.insert(caret++, 1, c);
                }
            }
            ASSERT_EQ(std::u32string(text.characters().begin(), text.characters().end()), model);
            ASSERT_EQ(text.caret(), caret);
            for (std::size_t i = model.size(); i < TypedText::longest; ++i) ASSERT_EQ(text.memory()[i], U'\0') << "left behind";
        }
    }
}

TEST_F(LobbyTest, TheFieldHoldsFiveHundredCharactersAndNoControls) {
    lobby_.ask({1, "x: ", true, ""});
    for (int i = 0; i < 600; ++i) lobby_.type(U'\U0001F512');
    for (const char32_t c : {U'\x00', U'\x07', U'\x1b', U'\x7f', U'\u202e', static_cast<char32_t>(0xD800), static_cast<char32_t>(0x110000)}) lobby_.type(c);
    lobby_.press(Key::enter);
    EXPECT_EQ(text_of(lobby_.take_answer()).size(), 2000U);
}

TEST_F(LobbyTest, EscapeAndControlCLeave) {
    for (const bool escape : {true, false}) {
        lobby_.ask({9, "Reason: ", true, ""});
        type(lobby_, "half");
        if (escape) lobby_.press(Key::escape);
        else lobby_.type(3);
        const auto answer = lobby_.take_answer();
        ASSERT_TRUE(answer);
        EXPECT_TRUE(answer->left);
        EXPECT_EQ(answer->number, 9U);
        EXPECT_TRUE(answer->text.empty());
    }
    lobby_.press(Key::enter);
    EXPECT_FALSE(lobby_.take_answer()) << "nothing was asked";
}

TEST_F(LobbyTest, ManyEscapesAreFewAnswers) {
    for (int i = 0; i < 10'000; ++i) lobby_.press(Key::escape);
    int answers = 0;
    while (lobby_.take_answer()) ++answers;
    EXPECT_LE(answers, 4);
    EXPECT_GE(answers, 1);
}

TEST_F(LobbyTest, ANewQuestionTakesTheOldOnesPlaceAndWhatWasTyped) {
    lobby_.ask({1, "Reason: ", true, ""});
    type(lobby_, "old");
    lobby_.ask({2, "Ticket: ", true, "CHG-"});
    type(lobby_, "7");
    lobby_.press(Key::enter);
    const auto answer = lobby_.take_answer();
    EXPECT_EQ(answer->number, 2U);
    EXPECT_EQ(text_of(answer), "CHG-7");
    lobby_.ask({3, "x: ", true, ""});
    lobby_.call_back();
    type(lobby_, "y");
    lobby_.press(Key::enter);
    EXPECT_FALSE(lobby_.take_answer());
}

// ---- secrets

TEST_F(LobbyTest, ASecretIsWipedWhereverTheQuestionEnds) {
    constexpr std::u32string_view secret = U"hunter2-Q";
    for (const int way : {0, 1, 2, 3, 4}) {
        lobby_.ask({1, "Password: ", false, ""});
        for (const auto c : secret) lobby_.type(c);
        ASSERT_TRUE(holds(lobby_, secret));
        (void)drawn(lobby_);
        if (way == 0) lobby_.press(Key::enter);
        if (way == 1) lobby_.press(Key::escape);
        if (way == 2) lobby_.call_back();
        if (way == 3) lobby_.ask({2, "Code: ", true, ""});
        if (way == 4) lobby_.farewell("Goodbye");
        EXPECT_FALSE(holds(lobby_, secret)) << way;
        EXPECT_FALSE(holds(lobby_, secret.substr(0, 3))) << way;
        if (way == 0) EXPECT_EQ(text_of(lobby_.take_answer()), "hunter2-Q");
        else (void)lobby_.take_answer();
    }
}

TEST_F(LobbyTest, APasswordShowsNeitherItselfNorAfterwardsItsLength) {
    Lobby other("St. Brigid Hospital", "On call: +1 555 0100");
    lobby_.ask({1, "Password: ", false, ""});
    other.ask({1, "Password: ", false, ""});
    type(lobby_, "mmmm");
    type(other, "iiii");
    EXPECT_EQ(drawn(lobby_), drawn(other)) << "dots are dots";
    type(other, "iiii");
    EXPECT_NE(drawn(lobby_), drawn(other));
    lobby_.press(Key::enter);
    other.press(Key::enter);
    EXPECT_EQ(drawn(lobby_), drawn(other));
}

TEST_F(LobbyTest, CapsLockIsSaidWhereItCannotBeSeen) {
    lobby_.ask({1, "Password: ", false, ""});
    lobby_.keyboard("German", false);
    EXPECT_EQ(drawn(lobby_).count(palette::alert.text), 0);
    lobby_.keyboard("German", true);
    EXPECT_GT(drawn(lobby_).count(palette::alert.text), 20);
    lobby_.ask({2, "Code: ", true, ""});
    EXPECT_EQ(drawn(lobby_).count(palette::alert.text), 0);
}

}  // namespace
}  // namespace anteroom::rdp
