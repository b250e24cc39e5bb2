// Keystrokes as lines for people.
#include "recorder/keystroke_text.h"

#include "tests/unit/base/seeds.h"
#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder {
namespace {

using namespace testing;
using anteroom::testing::Seeded;
using namespace std::chrono_literals;

struct Lines {
    std::vector<std::string> lines;
    KeystrokeText text{[this](const KeystrokeText::Line& line) {
        lines.push_back(std::to_string(line.at.count() / 1000) + "/" + std::to_string(line.channel) + " " + line.text);
        return ok();
    }};
    Lines& typed(std::string_view bytes, Duration at = {}, std::uint32_t channel = 0) {
        must(text.add(Track::terminal_input, Keystroke{at, channel, Secret::copy_of(bytes)}));
        return *this;
    }
    Lines& key(std::uint16_t code, std::uint16_t flags = 0, KeyKind kind = KeyKind::scancode) {
        must(text.add(Track::keyboard_mouse, Keystroke{{}, 0, Secret::copy_of(View(encode(DesktopKey{kind, flags, code})))}));
        return *this;
    }
    std::vector<std::string> done() {
        must(text.finish());
        return lines;
    }
};
using Texts = std::vector<std::string>;
constexpr std::uint16_t up = 0x8000, extended = 0x0100;

TEST(KeystrokeLines, EndWithEnterBeforeAPauseAndWhereAnotherChannelGoesOn) {
    Lines l;
    l.typed("l", 1ms).typed("s\r", 2ms).typed("pw", 3ms).typed("d", 10s).typed("x", 10s, 2);
    EXPECT_EQ(l.done(), (Texts{"1/0 ls<Enter>", "3/0 pw", "10000/0 d", "10000/2 x"}));
}

TEST(KeystrokeLines, NameWhatIsNoCharacterAndGarbleNoTerminal) {
    Lines l;
    l.typed("a\x7f\tb\x03\x1b[A\x1c\x1b]0;title\x07 \xc3\xa9 \xff");
    EXPECT_EQ(l.done(), (Texts{"0/0 a<Backspace><Tab>b<Ctrl+c><Esc>[A<Ctrl+\\><Esc>]0;title<Ctrl+g> \xc3\xa9 \\xff"}));
}

TEST(KeystrokeLines, ReadScanCodesAsAUSKeyboardHasThem) {
    Lines l;
    l.key(0x2a).key(0x23).key(0x23, up).key(0x2a, up).key(0x17).key(0x02).key(0x36).key(0x02).key(0x36, up).key(0x39).key(0x1c);
    EXPECT_EQ(l.done(), (Texts{"0/0 Hi1! <Enter>"}));
    Lines locked;
    locked.key(0, 0x4, KeyKind::locks).key(0x1e).key(0x02).key(0x3a).key(0x3a, up).key(0x1e);
    EXPECT_EQ(locked.done(), (Texts{"0/0 A1a"}));
    Lines named;
    named.key(0x1d).key(0x2e).key(0x1d, up).key(0x48, extended).key(0x48).key(0x38).key(0x0f).key(0x38, up).key(0x44).key(0x7b);
    EXPECT_EQ(named.done(), (Texts{"0/0 <Ctrl+c><Up>8<Alt+Tab><F10><key 007b>"}));
}

TEST(KeystrokeLines, ReadUnicodeKeysAlsoBeyondTheFirstPlane) {
    Lines l;
    l.key(0xE9, 0, KeyKind::unicode)
        .key(0xE9, up, KeyKind::unicode)
        .key(0x20AC, 0, KeyKind::unicode)
        .key(0xD83D, 0, KeyKind::unicode)
        .key(0xDE00, 0, KeyKind::unicode);
    EXPECT_EQ(l.done(), (Texts{"0/0 \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"}));
}

TEST(KeystrokeLines, OfAnythingAtAllArePrintable) {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SCOPED_TRACE(seed);
        Seeded random(seed);
        Lines l;
        for (std::uint64_t i = random.below(30); i > 0; --i) {
            if (random.chance(2)) l.typed(random.text(random.below(40)), Duration(static_cast<std::int64_t>(random.below(1000))));
            else l.key(static_cast<std::uint16_t>(random.bits()), static_cast<std::uint16_t>(random.bits()), static_cast<KeyKind>(random.below(3)));
        }
        for (const auto& line : l.done()) {
            EXPECT_EQ(std::count_if(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }), 0) << line;
            EXPECT_LE(line.size(), 4096u);
        }
    }
}

}  // namespace
}  // namespace anteroom::recorder
