// When the lobby is drawn, and what is always to be seen; QR codes; the strip over a session.
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

class LobbyLook : public ::testing::Test {
protected:
    Lobby lobby_{"St. Brigid Hospital", "On call: +1 555 0100"};
};

TEST_F(LobbyLook, IsDrawnAgainOnlyWhenSomethingIsOther) {
    EXPECT_TRUE(lobby_.stale(at(0ms)));
    lobby_.ask({1, "Reason: ", true, ""});
    const auto lit = drawn(lobby_);
    EXPECT_FALSE(lobby_.stale(at(0ms)));
    EXPECT_FALSE(lobby_.stale(at(499ms))) << "between two blinks nothing changes";
    EXPECT_TRUE(lobby_.stale(at(500ms)));
    EXPECT_NE(drawn(lobby_, 800, 600, 500ms), lit) << "the caret blinks";
    EXPECT_FALSE(lobby_.stale(at(999ms)));
    EXPECT_TRUE(lobby_.stale(at(1000ms)));
    EXPECT_EQ(drawn(lobby_, 800, 600, 1000ms), lit);
    EXPECT_TRUE(lobby_.stale(at(1500ms)));
    type(lobby_, "x");
    EXPECT_TRUE(lobby_.stale(at(1100ms)));
}

TEST_F(LobbyLook, AnIdleLobbyComesToRest) {
    lobby_.ask({1, "Reason: ", true, ""});
    (void)drawn(lobby_);
    (void)drawn(lobby_, 800, 600, 20s);
    for (std::chrono::milliseconds time = 20s; time < 600s; time += 250ms) ASSERT_FALSE(lobby_.stale(at(time)));
    lobby_.press(Key::home);
    (void)drawn(lobby_, 800, 600, 600s);
    EXPECT_TRUE(lobby_.stale(at(600s + 500ms))) << "a key wakes the caret";
}

TEST_F(LobbyLook, WorkMovesAtMostTwiceASecond) {
    lobby_.busy("Connecting to mri-3 as service ...");
    int drawings = 0;
    auto last = drawn(lobby_);
    for (auto time = 0ms; time < 10s; time += 10ms) {
        if (!lobby_.stale(at(time))) continue;
        const auto next = drawn(lobby_, 800, 600, time);
        EXPECT_NE(next, last);
        last = next;
        ++drawings;
    }
    EXPECT_GE(drawings, 15);
    EXPECT_LE(drawings, 20);
    lobby_.busy("");
    (void)drawn(lobby_);
    for (auto time = 0ms; time < 10s; time += 10ms) ASSERT_FALSE(lobby_.stale(at(time)));
}

TEST_F(LobbyLook, TheFarewellCountsDownAndIsOver) {
    lobby_.farewell("Access is closed.\nOn call: +1 555 0100");
    EXPECT_FALSE(lobby_.over(at(0ms)));
    const auto first = drawn(lobby_);
    EXPECT_FALSE(lobby_.stale(at(900ms)));
    EXPECT_TRUE(lobby_.stale(at(1s)));
    EXPECT_NE(drawn(lobby_, 800, 600, 1s), first);
    EXPECT_FALSE(lobby_.over(at(Lobby::farewell_time - 1ms)));
    EXPECT_TRUE(lobby_.over(at(Lobby::farewell_time)));
}

TEST_F(LobbyLook, TheFarewellCanBeClosedAtOnce) {
    lobby_.farewell("Goodbye.");
    lobby_.press(Key::enter);
    EXPECT_TRUE(lobby_.over(at(0ms)));
    EXPECT_TRUE(lobby_.take_answer()->left);
}

TEST_F(LobbyLook, WhomToCallIsAlwaysInSight) {
    // The help's bar has its own ground; however much is said and asked, it is where it was.
    const auto bar = [](Lobby& lobby) {
        const auto picture = drawn(lobby);
        std::vector<Colour> out;
        for (int y = 560; y < 600; ++y)
            for (int x = 0; x < 800; ++x) out.push_back(picture.at(x, y));
        return out;
    };
    const auto before = bar(lobby_);
    EXPECT_NE(std::count(before.begin(), before.end(), palette::help.text), 0);
    for (int i = 0; i < 50; ++i) lobby_.say(std::string(300, 'w'));
    EXPECT_EQ(bar(lobby_), before);
    std::string label;
    for (int i = 0; i < 60; ++i) label += "a line of the question\n";
    lobby_.ask({1, label + "Code: ", true, ""});
    EXPECT_EQ(bar(lobby_), before);
    EXPECT_GT(drawn(lobby_).count(palette::ring), 500) << "and the field is there";
    lobby_.call_back();
    lobby_.busy(std::string(5000, 'x'));
    EXPECT_EQ(bar(lobby_), before);
    lobby_.farewell(std::string(5000, 'x'));
    EXPECT_EQ(bar(lobby_), before);
}

TEST_F(LobbyLook, MemoryStaysBounded) {
    Transcript transcript;
    for (int i = 0; i < 5000; ++i) transcript.say(std::string(10'000, 'x') + "\n  1  x\n  2  y");
    EXPECT_LE(transcript.size(), Transcript::most_lines);
    std::string many;
    for (int i = 0; i < 100'000; ++i) many += "\n";
    transcript.say(many + "x");
    EXPECT_LE(transcript.size(), Transcript::most_lines);
}

// ---- pictures of block characters

TEST_F(LobbyLook, BlockCharactersAreSquaresWithoutGaps) {
    // Two modules a character, one below the other: 24 columns, 24 modules down.
    std::mt19937 random(4);
    std::vector<std::vector<bool>> light(24, std::vector<bool>(24));
    std::string text;
    for (std::size_t y = 0; y < 24; y += 2) {
        for (std::size_t x = 0; x < 24; ++x) {
            // A rim of light, as a quiet zone is: it is how the picture is found.
            const bool rim = x == 0 || x == 23 || y == 0 || y == 22;
            light[y][x] = rim || random() % 2 == 0;
            light[y + 1][x] = rim || random() % 2 == 0;
            text += light[y][x] && light[y + 1][x] ? "\u2588" : light[y][x] ? "\u2580" : light[y + 1][x] ? "\u2584" : " ";
        }
        text += "\n";
    }
    for (const auto& [width, height] : std::vector<std::pair<int, int>>{{800, 600}, {1024, 768}, {3840, 2160}}) {
        Lobby lobby("", "");
        lobby.say("Scan this:\n" + text + "Or type the secret");
        lobby.ask({1, "Code: ", true, ""});
        const auto picture = drawn(lobby, width, height);
        const auto metrics = Metrics::of(width, height);
        int top = 0;
        while (top < height && !(picture.at(metrics.column_x, top) == palette::paper && picture.at(metrics.column_x + 20, top) == palette::paper)) ++top;
        ASSERT_LT(top, height);
        int wide = 0;
        while (picture.at(metrics.column_x + wide, top) == palette::paper) ++wide;
        const int module = wide / 24;
        ASSERT_EQ(wide, module * 24);
        ASSERT_GE(module, 4) << "large enough for a phone";
        for (int y = 0; y < 24 * module; ++y)
            for (int x = 0; x < 24 * module; ++x)
                ASSERT_EQ(picture.at(metrics.column_x + x, top + y),
                          light[static_cast<std::size_t>(y / module)][static_cast<std::size_t>(x / module)] ? palette::paper : palette::print);
    }
}

TEST_F(LobbyLook, RoomIsWhatATerminalOfThatSizeWouldHave) {
    EXPECT_GE(Lobby::room(800, 600).columns, 72);
    EXPECT_GE(Lobby::room(800, 600).rows, 40) << "a QR code with its quiet zone fits";
    EXPECT_LE(Lobby::room(3840, 2160).columns, 92);
    EXPECT_GE(Lobby::room(200, 200).columns, 20);
}

// ---- the strip

TEST(Strip, StandsAtTheEdgeAndNeverInTheMiddle) {
    for (const auto& [width, height] : std::vector<std::pair<int, int>>{{200, 200}, {800, 600}, {1280, 800}, {2560, 1080}, {3840, 2160}, {1080, 1920}}) {
        for (const bool urgent : {false, true}) {
            Picture picture(width, height, 5);
            auto canvas = picture.canvas();
            canvas.fill({0, 0, width, height}, 0x00FF00);
            std::string tall = "Your access ends in 5 min. ";
            for (int i = 0; i < 40; ++i) tall += "e\u0301\u0302\u0303\u0327\u0328";
            const auto area = draw_strip(canvas, height, tall, urgent);
            EXPECT_EQ(area, strip_area(width, height));
            EXPECT_LE(area.height, height / 12);
            EXPECT_EQ(area.y, 0);
            EXPECT_EQ(picture.count(0x00FF00), width * (height - area.height)) << "the rest is untouched";
            EXPECT_GT(picture.count(urgent ? palette::strip_urgent.ground : palette::strip.ground), area.height * width / 3);
            EXPECT_TRUE(picture.rim_is_whole());
        }
    }
}

TEST(Strip, ACanvasOfItsOwnHeightIsEnough) {
    const auto area = strip_area(1280, 800);
    Picture whole(1280, 800), own(1280, area.height);
    auto on_whole = whole.canvas(), on_own = own.canvas();
    (void)draw_strip(on_whole, 800, "Your access ends in 1 min.", true);
    (void)draw_strip(on_own, 800, "Your access ends in 1 min.", true);
    for (int y = 0; y < area.height; ++y)
        for (int x = 0; x < 1280; ++x) ASSERT_EQ(whole.at(x, y), own.at(x, y));
    EXPECT_TRUE(own.rim_is_whole());
}

}  // namespace
}  // namespace anteroom::rdp
