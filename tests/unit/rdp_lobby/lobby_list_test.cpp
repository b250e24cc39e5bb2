// Lists to choose from, and scrolling.
#include "proxies/rdp/lobby/palette.h"
#include "tests/unit/rdp_lobby/picture.h"

namespace anteroom::rdp {
namespace {

using testing::drawn;
using testing::Picture;
using testing::type;

constexpr const char* menu =
    "You may reach:\n  1  ct-1 as service    ready\n  2  mri-3 as service   needs approval\n     waits\n  3  cart-7 as maya     ready\nsecurity: keys";

std::string text_of(const std::optional<Lobby::Answer>& answer) { return answer ? std::string(answer->text.expose_text()) : "(none)"; }

class LobbyList : public ::testing::Test {
protected:
    Lobby lobby_{"St. Brigid Hospital", "On call: +1 555 0100"};
};

TEST_F(LobbyList, AClickOnALineOfTheListTakesIt) {
    lobby_.say(menu);
    lobby_.ask({4, "> ", true, ""});
    // Its lines have numbers in a colour of their own; a click anywhere on the line will do.
    const auto picture = drawn(lobby_);
    const auto [x, y] = picture.find(palette::number.text);
    ASSERT_GE(x, 0);
    const int line = Metrics::of(800, 600).line;
    for (const int row : {0, 1, 2, 3}) {
        lobby_.ask({4, "> ", true, ""});
        (void)drawn(lobby_);
        lobby_.click(400, y + row * line);
        EXPECT_EQ(text_of(lobby_.take_answer()), row == 0 ? "1" : row == 3 ? "3" : "2") << "the state below belongs to the line above";
    }
}

TEST_F(LobbyList, AListIsNoAnswerToAnotherQuestionThanItsOwn) {
    lobby_.say(menu);
    lobby_.ask({4, "> ", true, ""});
    const auto y = drawn(lobby_).find(palette::number.text).second;
    lobby_.ask({5, "Reason: ", true, ""});
    (void)drawn(lobby_);
    lobby_.click(400, y);
    lobby_.press(Key::tab);
    lobby_.press(Key::enter);
    EXPECT_EQ(text_of(lobby_.take_answer()), "") << "an empty reason, never the number";
    lobby_.ask({6, "Password: ", false, ""});
    (void)drawn(lobby_);
    lobby_.click(400, y);
    EXPECT_FALSE(lobby_.take_answer());
}

TEST_F(LobbyList, AClickBesideEverythingDoesNothing) {
    lobby_.say(menu);
    lobby_.ask({4, "> ", true, ""});
    (void)drawn(lobby_);
    for (const auto& [x, y] : std::vector<std::pair<int, int>>{{-1, -1}, {0, 0}, {799, 599}, {400, 590}, {100'000, 100'000}}) lobby_.click(x, y);
    EXPECT_FALSE(lobby_.take_answer());
    Lobby never_drawn("", "");
    never_drawn.say(menu);
    never_drawn.ask({1, "> ", true, ""});
    never_drawn.click(0, 0);
    EXPECT_FALSE(never_drawn.take_answer());
}

TEST_F(LobbyList, TabAndArrowsChooseWithoutAMouse) {
    lobby_.say(menu);
    lobby_.ask({4, "> ", true, ""});
    (void)drawn(lobby_);
    lobby_.press(Key::tab);
    lobby_.press(Key::down);
    lobby_.press(Key::down);
    lobby_.press(Key::down);
    lobby_.press(Key::up);
    EXPECT_NE(drawn(lobby_).count(palette::ring), 0);
    lobby_.press(Key::enter);
    EXPECT_EQ(text_of(lobby_.take_answer()), "2");

    lobby_.ask({4, "> ", true, ""});
    lobby_.press(Key::back_tab);
    lobby_.press(Key::tab);
    type(lobby_, "quit");
    lobby_.press(Key::enter);
    EXPECT_EQ(text_of(lobby_.take_answer()), "quit") << "Tab a second time leads back to the field";

    lobby_.ask({4, "> ", true, ""});
    lobby_.press(Key::down);
    type(lobby_, "list");
    lobby_.press(Key::enter);
    EXPECT_EQ(text_of(lobby_.take_answer()), "list") << "who types is in the field";
}

TEST_F(LobbyList, ANewListTakesTheOldOnesPlace) {
    lobby_.say(menu);
    lobby_.ask({4, "> ", true, ""});
    lobby_.press(Key::end);
    lobby_.say("  1  only-one");
    lobby_.press(Key::up);
    lobby_.press(Key::enter);
    EXPECT_EQ(text_of(lobby_.take_answer()), "1");
}

TEST_F(LobbyList, NumbersInSentencesAreNoList) {
    for (const auto* text : {"2026-01-05 14:02 visit", "request 42: waiting", "  3, mri-3, mri-3+service   connects", "    1234 5678   9012 3456",
                             "10 characters at least", "0  nothing"}) {
        Lobby lobby("", "");
        lobby.say(text);
        lobby.ask({1, "> ", true, ""});
        (void)drawn(lobby);
        lobby.press(Key::tab);
        lobby.press(Key::enter);
        const auto answer = text_of(lobby.take_answer());
        EXPECT_TRUE(answer.empty() || std::string_view(text).starts_with("10")) << text << " -> " << answer;
    }
}

// ---- scrolling

TEST_F(LobbyList, WhatWasSaidCanBeScrolledAndComesBack) {
    for (int i = 0; i < 100; ++i) lobby_.say("line " + std::to_string(i));
    lobby_.ask({1, "> ", true, ""});
    const auto end = drawn(lobby_);
    lobby_.press(Key::page_up);
    const auto above = drawn(lobby_);
    EXPECT_NE(end, above);
    lobby_.press(Key::page_down);
    EXPECT_EQ(drawn(lobby_), end);
    lobby_.scroll(3);
    EXPECT_NE(drawn(lobby_), end);
    lobby_.scroll(-3);
    EXPECT_EQ(drawn(lobby_), end);
    lobby_.scroll(1'000'000'000);
    const auto top = drawn(lobby_);
    lobby_.scroll(2'000'000'000);
    EXPECT_EQ(drawn(lobby_), top) << "there is nothing above the first line";
    lobby_.scroll(-2'000'000'000);
    EXPECT_EQ(drawn(lobby_), end);
    lobby_.scroll(1000);
    lobby_.scroll(1000);
    lobby_.scroll(-1000);
    EXPECT_EQ(drawn(lobby_), end) << "what was turned too far need not be turned back";
}

TEST_F(LobbyList, WhoReadsAboveStaysThereWhenSomethingIsSaid) {
    for (int i = 0; i < 100; ++i) lobby_.say("line " + std::to_string(i));
    lobby_.ask({1, "> ", true, ""});
    (void)drawn(lobby_);
    lobby_.press(Key::page_up);
    const auto before = drawn(lobby_);
    lobby_.say("request 42: waiting");
    EXPECT_EQ(drawn(lobby_), before);
    type(lobby_, "x");
    EXPECT_NE(drawn(lobby_), before) << "who types is taken to the end";
}

TEST_F(LobbyList, AClickOnTheHintScrolls) {
    for (int i = 0; i < 100; ++i) lobby_.say("line " + std::to_string(i));
    lobby_.ask({1, "> ", true, ""});
    const auto end = drawn(lobby_);
    const auto [x, y] = end.find(palette::raised);
    lobby_.click(x + 5, y + 5);
    const auto above = drawn(lobby_);
    EXPECT_NE(above, end);
    lobby_.press(Key::page_down);
    EXPECT_EQ(drawn(lobby_), end);
}

TEST_F(LobbyList, AClickInTheFieldPlacesTheCaret) {
    lobby_.ask({1, "Reason: ", true, "mmmmmmmmmm"});
    const auto [x, y] = drawn(lobby_).find(palette::ring);
    // The header has a mark of the same colour; the field's ring is below it, over nearly the whole width.
    int field = y;
    const auto picture = drawn(lobby_);
    while (picture.at(400, field) != palette::ring) ++field;
    lobby_.click(x + 12, field + 15);
    lobby_.type('A');
    (void)drawn(lobby_);
    lobby_.click(700, field + 15);
    lobby_.type('Z');
    lobby_.press(Key::enter);
    EXPECT_EQ(text_of(lobby_.take_answer()), "AmmmmmmmmmmZ");
}

TEST_F(LobbyList, AHintSaysThatThereIsMore) {
    lobby_.say("one line");
    lobby_.ask({1, "> ", true, ""});
    const auto bars = [](const Picture& picture) { return picture.count(palette::raised); };
    const int help_only = bars(drawn(lobby_));
    for (int i = 0; i < 100; ++i) lobby_.say("line");
    const int above = bars(drawn(lobby_));
    EXPECT_GT(above, help_only + 5000);
    lobby_.press(Key::page_up);
    EXPECT_GT(bars(drawn(lobby_)), above + 5000);
}

}  // namespace
}  // namespace anteroom::rdp
