// Any size, any text, any key, any click: nothing is written outside of the picture, nothing hangs.
#include <random>

#include "tests/unit/rdp_lobby/picture.h"

namespace anteroom::rdp {
namespace {

using testing::at;
using testing::Picture;

std::string any_text(std::mt19937& random) {
    static const std::vector<std::string> pieces{
        " ",
        "  ",
        "\n",
        "word",
        "\u2588\u2580\u2584 \u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588",
        "\u65e5",
        "\u0301",
        "\u202e",
        "\xff\xc3",
        "\n  1  x",
        "\n 12) y   z",
        "! ",
        "\r",
        "\x1b[31m",
        std::string(300, 'W'),
        "\U0001F512"};
    std::string out;
    for (auto left = random() % 40; left > 0; --left) out += pieces[random() % pieces.size()];
    return out;
}

void any_step(Lobby& lobby, std::mt19937& random, int width, int height) {
    switch (random() % 13) {
        case 0:
        case 1: return lobby.say(any_text(random));
        case 2: return lobby.ask({static_cast<std::uint32_t>(random()), any_text(random), random() % 2 == 0, any_text(random)});
        case 3: return lobby.call_back();
        case 4: return lobby.busy(any_text(random));
        case 5:
            return lobby.click(static_cast<int>(random() % static_cast<unsigned>(2 * width)) - width / 2,
                               static_cast<int>(random() % static_cast<unsigned>(height)));
        case 6: return lobby.scroll(static_cast<int>(random()) / 1000);
        case 7: return lobby.keyboard(any_text(random), random() % 2 == 0);
        case 8:
            if (random() % 30 == 0) lobby.farewell(any_text(random));
            return;
        case 9: (void)lobby.take_answer(); return;
        case 10: return lobby.press(static_cast<Key>(random() % 14));
        default:
            for (int i = 0; i < 20; ++i) lobby.type(static_cast<char32_t>(random() % 3 == 0 ? random() : random() % 0x3000));
    }
}

class AnyLobbyOf : public ::testing::TestWithParam<unsigned> {};

TEST_P(AnyLobbyOf, StaysInsideItsPicture) {
    // The sizes of screens are drawn often, large ones seldom: those cost most.
    for (unsigned seed = GetParam(); seed < GetParam() + 250; ++seed) {
        std::mt19937 random(seed);
        const bool large = seed % 100 == 0;
        const int width = 200 + static_cast<int>(random() % (large ? 3800U : 700U)), height = 200 + static_cast<int>(random() % (large ? 2800U : 500U));
        Lobby lobby(any_text(random), any_text(random));
        Picture picture(width, height, static_cast<int>(random() % 5));
        auto canvas = picture.canvas();
        for (int step = 0; step < 12; ++step) {
            any_step(lobby, random, width, height);
            const auto now = at(std::chrono::milliseconds(random() % 40'000));
            if (random() % 3 == 0) lobby.draw(canvas, now);
        }
        const auto now = at(std::chrono::milliseconds(50'000));
        lobby.draw(canvas, now);
        ASSERT_FALSE(lobby.stale(now)) << seed;
        ASSERT_TRUE(picture.rim_is_whole()) << seed;
        (void)draw_strip(canvas, height, any_text(random), seed % 2 == 0);
        ASSERT_TRUE(picture.rim_is_whole()) << seed;
    }
}

// In parts, for the sanitizers' sake: they are slow.
INSTANTIATE_TEST_SUITE_P(Seeds, AnyLobbyOf, ::testing::Range(0U, 2000U, 250U));

TEST(AnyLobby, IsDrawnTheSameTwice) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        Lobby lobby("place", "help");
        for (int step = 0; step < 12; ++step) any_step(lobby, random, 800, 600);
        Picture one(800, 600), other(800, 600);
        auto canvas = one.canvas(), again = other.canvas();
        lobby.draw(canvas, at({}));
        lobby.draw(again, at({}));
        ASSERT_EQ(one, other) << seed;
    }
}

TEST(AnyLobby, CanBeDrawnOnTinyAndEmptyScreens) {
    for (const int width : {0, 1, 7, 64, 199})
        for (const int height : {0, 1, 7, 64, 199}) {
            Lobby lobby("a place with a name", "whom to call, and where, and when");
            lobby.say("  1  something to take\n  2  another");
            lobby.ask({1, "> ", true, "typed"});
            Picture picture(width, height, 1);
            auto canvas = picture.canvas();
            lobby.draw(canvas, at({}));
            lobby.press(Key::tab);
            lobby.draw(canvas, at({}));
            lobby.press(Key::page_up);
            lobby.farewell("goodbye\nwhom to call");
            lobby.draw(canvas, at({}));
            (void)draw_strip(canvas, height, "text", true);
            EXPECT_TRUE(picture.rim_is_whole());
            (void)Lobby::room(width, height);
        }
}

}  // namespace
}  // namespace anteroom::rdp
