// Keys to characters, layout by layout.
#include "proxies/rdp/lobby/keymap.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "proxies/rdp/lobby/keymap_layouts.h"

namespace anteroom::rdp {
namespace {

constexpr std::uint16_t shift = 0x2A, control = 0x1D, alt = 0x38, alt_gr = 0x138, caps = 0x3A, num = 0x45, space = 0x39;

// Types from a script: "s" and "g" before a scancode hold Shift and AltGr for that key.
struct Stroke {
    std::uint16_t scancode;
    bool with_shift = false, with_alt_gr = false;
};

std::u32string typed(Keymap& keymap, const std::vector<Stroke>& strokes) {
    std::u32string out;
    for (const auto& one : strokes) {
        if (one.with_shift) (void)keymap.event(shift, true);
        if (one.with_alt_gr) {
            (void)keymap.event(control, true);
            (void)keymap.event(alt_gr, true);
        }
        const auto meaning = keymap.event(one.scancode, true);
        if (const auto* character = std::get_if<char32_t>(&meaning)) out += *character;
        if (const auto also = keymap.also()) out += *also;
        (void)keymap.event(one.scancode, false);
        if (one.with_alt_gr) {
            (void)keymap.event(alt_gr, false);
            (void)keymap.event(control, false);
        }
        if (one.with_shift) (void)keymap.event(shift, false);
    }
    return out;
}
std::u32string typed(std::uint32_t layout, const std::vector<Stroke>& strokes) {
    Keymap keymap(layout);
    return typed(keymap, strokes);
}

TEST(Keymap, APasswordIsTypedAsOnThatKeyboard) {
    // Yz-7@{\ as each keyboard has it.
    struct Row {
        std::uint32_t layout;
        std::vector<Stroke> strokes;
    };
    const std::vector<Row> rows{
        {0x409, {{0x15, true}, {0x2C}, {0x0C}, {0x08}, {0x03, true}, {0x1A, true}, {0x2B}}},
        {0x809, {{0x15, true}, {0x2C}, {0x0C}, {0x08}, {0x28, true}, {0x1A, true}, {0x56}}},
        {0x407, {{0x2C, true}, {0x15}, {0x35}, {0x08}, {0x10, false, true}, {0x08, false, true}, {0x0C, false, true}}},
        {0x807, {{0x2C, true}, {0x15}, {0x35}, {0x08}, {0x03, false, true}, {0x28, false, true}, {0x56, false, true}}},
        {0x100c, {{0x2C, true}, {0x15}, {0x35}, {0x08}, {0x03, false, true}, {0x28, false, true}, {0x56, false, true}}},
        {0x40c, {{0x15, true}, {0x11}, {0x07}, {0x08, true}, {0x0B, false, true}, {0x05, false, true}, {0x09, false, true}}},
        {0x80c, {{0x15, true}, {0x11}, {0x0D}, {0x08, true}, {0x03, false, true}, {0x0A, false, true}, {0x56, false, true}}},
        {0x40a, {{0x15, true}, {0x2C}, {0x35}, {0x08}, {0x03, false, true}, {0x28, false, true}, {0x29, false, true}}},
        {0x410, {{0x15, true}, {0x2C}, {0x35}, {0x08}, {0x27, false, true}, {0x1A, true, true}, {0x29}}},
        {0x816, {{0x15, true}, {0x2C}, {0x35}, {0x08}, {0x03, false, true}, {0x08, false, true}, {0x29}}},
        {0x416, {{0x15, true}, {0x2C}, {0x0C}, {0x08}, {0x03, true}, {0x1B, true}, {0x56}}},
        {0x41d, {{0x15, true}, {0x2C}, {0x35}, {0x08}, {0x03, false, true}, {0x08, false, true}, {0x0C, false, true}}},
        {0x40b, {{0x15, true}, {0x2C}, {0x35}, {0x08}, {0x03, false, true}, {0x08, false, true}, {0x0C, false, true}}},
        {0x414, {{0x15, true}, {0x2C}, {0x35}, {0x08}, {0x03, false, true}, {0x08, false, true}, {0x0D}}},
        {0x406, {{0x15, true}, {0x2C}, {0x35}, {0x08}, {0x03, false, true}, {0x08, false, true}, {0x56, false, true}}},
        {0x413, {{0x15, true}, {0x2C}, {0x35}, {0x08}, {0x29}, {0x09, false, true}, {0x0C, false, true}}},
        {0x415, {{0x15, true}, {0x2C}, {0x0C}, {0x08}, {0x03, true}, {0x1A, true}, {0x2B}}},
        {0x405, {{0x2C, true}, {0x15}, {0x35}, {0x08, true}, {0x2F, false, true}, {0x30, false, true}, {0x10, false, true}}},
        {0x20409, {{0x15, true}, {0x2C}, {0x0C}, {0x08}, {0x03, true}, {0x1A, true}, {0x2B}}},
    };
    EXPECT_EQ(rows.size(), layouts().size());
    for (const auto& row : rows) EXPECT_EQ(typed(row.layout, row.strokes), U"Yz-7@{\\") << Keymap(row.layout).name();
}

TEST(Keymap, EachLayoutReachesWhatPasswordsAreMadeOf) {
    for (const auto& layout : layouts()) {
        std::set<char32_t> reached;
        for (std::uint16_t scancode = 0; scancode < 0x80; ++scancode)
            for (const bool with_shift : {false, true})
                for (const bool with_alt_gr : {false, true})
                    // A dead key gives its sign with the blank.
                    for (const auto c : typed(layout.id, {{scancode, with_shift, with_alt_gr}, {space}})) reached.insert(c);
        for (char32_t c = ' '; c < 0x7F; ++c) {
            // Without a key of their own on these keyboards.
            const bool italian = layout.id == 0x410 && (c == '`' || c == '~');
            EXPECT_TRUE(reached.contains(c) || italian) << layout.name << " lacks " << static_cast<char>(c);
        }
    }
}

TEST(Keymap, TheTablesNameEachKeyOnce) {
    for (const auto& layout : layouts()) {
        for (const auto pairs : {layout.alt_gr, layout.shift_alt_gr})
            for (std::size_t i = 0; i < pairs.size(); i += 2) {
                // The Brazilian slash has a key beyond the rows.
                EXPECT_TRUE(layout.plain.find(pairs[i]) != std::u32string_view::npos || (layout.id == 0x416 && pairs[i] == U'/')) << layout.name << " " << i;
                EXPECT_NE(pairs[i + 1], U' ');
            }
        for (const auto c : std::u32string(layout.plain) + std::u32string(layout.shift) + std::u32string(layout.alt_gr))
            if (is_dead(c)) EXPECT_NE(spacing_of(c), 0U) << layout.name;
    }
}

TEST(Keymap, DeadKeysMakeAccentsAndAreSeenAlone) {
    EXPECT_EQ(typed(0x407, {{0x0D}, {0x12}}), U"\u00e9");
    EXPECT_EQ(typed(0x407, {{0x0D, true}, {0x1E, true}}), U"\u00c0");
    EXPECT_EQ(typed(0x407, {{0x29}, {space}}), U"^");
    EXPECT_EQ(typed(0x407, {{0x29}, {0x2D}}), U"^x") << "what does not go together is two characters";
    EXPECT_EQ(typed(0x407, {{0x0D}, {0x2E}}), U"\u00b4c");
    EXPECT_EQ(typed(0x407, {{0x29}, {0x29}, {0x12}}), U"^^e");
    EXPECT_EQ(typed(0x405, {{0x0D}, {0x2E}}), U"\u0107");
    EXPECT_EQ(typed(0x405, {{0x0D, true}, {0x2E, true}}), U"\u010c");
    EXPECT_EQ(typed(0x40c, {{0x1A}, {0x18}}), U"\u00f4");
    EXPECT_EQ(typed(0x20409, {{0x28}, {0x2E}}), U"\u00e7");
    EXPECT_EQ(typed(0x20409, {{0x28}, {space}}), U"'");
    EXPECT_EQ(typed(0x20409, {{0x28, true}, {0x1F}}), U"\"s");
    EXPECT_EQ(typed(0x415, {{0x29, true}, {0x2D}}), U"\u017a");
}

TEST(Keymap, BackspaceTakesAWaitingAccentAndNothingElse) {
    Keymap keymap(0x407);
    (void)keymap.event(0x0D, true);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(keymap.event(0x0E, true)));
    EXPECT_EQ(std::get<Key>(keymap.event(0x0E, true)), Key::backspace);
    EXPECT_EQ(typed(keymap, {{0x12}}), U"e");
    (void)keymap.event(0x0D, true);
    EXPECT_EQ(std::get<Key>(keymap.event(0x1C, true)), Key::enter);
    EXPECT_EQ(typed(keymap, {{0x12}}), U"e");
}

TEST(Keymap, CapsLockDoesWhatTheLayoutSays) {
    const auto with_caps = [](std::uint32_t layout, const std::vector<Stroke>& strokes) {
        Keymap keymap(layout);
        keymap.synchronize(true, true);
        return typed(keymap, strokes);
    };
    EXPECT_EQ(with_caps(0x409, {{0x1E}, {0x1E, true}, {0x02}, {0x27}}), U"Aa1;");
    EXPECT_EQ(with_caps(0x407, {{0x1E}, {0x02}, {0x02, true}, {0x1A}, {0x56}}), U"A!1\u00dc<") << "a shift lock";
    EXPECT_EQ(with_caps(0x40c, {{0x03}, {0x10}}), U"2A");
    EXPECT_EQ(with_caps(0x807, {{0x1A}, {0x1A, true}, {0x02}}), U"\u00dc\u00e81");
    EXPECT_EQ(with_caps(0x405, {{0x03}, {0x03, true}, {0x10, true}}), U"\u011a2q");
    EXPECT_EQ(with_caps(0x410, {{0x1A}, {0x1E}}), U"\u00e8A");
    EXPECT_EQ(with_caps(0x415, {{0x1E, false, true}, {0x1E, true, true}}), U"\u0104\u0105");
    EXPECT_EQ(with_caps(0x809, {{0x12, false, true}, {0x12, true, true}}), U"\u00e9\u00c9");
}

TEST(Keymap, LockKeysTurnOnceHoweverLongTheyAreHeld) {
    Keymap keymap(0x409);
    for (int i = 0; i < 5; ++i) (void)keymap.event(caps, true);
    EXPECT_TRUE(keymap.caps_lock());
    (void)keymap.event(caps, false);
    EXPECT_TRUE(keymap.caps_lock());
    (void)keymap.event(caps, true);
    EXPECT_FALSE(keymap.caps_lock());
}

TEST(Keymap, TheKeypadGivesDigitsOrMoves) {
    Keymap keymap(0x407);
    keymap.synchronize(false, true);
    EXPECT_EQ(typed(keymap, {{0x47}, {0x4C}, {0x52}, {0x53}, {0x37}, {0x4A}, {0x4E}, {0x135}}), U"750,*-+/");
    (void)keymap.event(num, true);
    (void)keymap.event(num, false);
    EXPECT_EQ(std::get<Key>(keymap.event(0x47, true)), Key::home);
    EXPECT_EQ(std::get<Key>(keymap.event(0x51, true)), Key::page_down);
    EXPECT_EQ(std::get<Key>(keymap.event(0x53, true)), Key::erase);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(keymap.event(0x4C, true)));
    EXPECT_EQ(std::get<Key>(keymap.event(0x14B, true)), Key::left);
}

TEST(Keymap, KeysOfTheLobby) {
    Keymap keymap;
    EXPECT_EQ(std::get<Key>(keymap.event(0x0F, true)), Key::tab);
    (void)keymap.event(0x36, true);
    EXPECT_EQ(std::get<Key>(keymap.event(0x0F, true)), Key::back_tab);
    (void)keymap.event(0x36, false);
    EXPECT_EQ(std::get<Key>(keymap.event(0x11C, true)), Key::enter);
    EXPECT_EQ(std::get<Key>(keymap.event(0x01, true)), Key::escape);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(keymap.event(0x01, false))) << "a release is nothing";
}

TEST(Keymap, ControlCIsThreeAndOtherControlsAreNothing) {
    Keymap keymap(0x405);
    (void)keymap.event(control, true);
    EXPECT_EQ(std::get<char32_t>(keymap.event(0x2E, true)), 3U);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(keymap.event(0x1E, true)));
    (void)keymap.event(control, false);
    (void)keymap.event(alt, true);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(keymap.event(0x1E, true)));
    (void)keymap.event(control, true);
    EXPECT_EQ(std::get<char32_t>(keymap.event(0x2F, true)), U'@') << "Ctrl and Alt are AltGr";
}

TEST(Keymap, NoKeyIsHeldAfterTheClientSynchronizes) {
    Keymap keymap(0x409);
    (void)keymap.event(shift, true);
    (void)keymap.event(control, true);
    keymap.synchronize(false, true);
    EXPECT_EQ(typed(keymap, {{0x1E}}), U"a");
    (void)keymap.event(0x12A, true);
    EXPECT_EQ(typed(keymap, {{0x1E}}), U"a") << "a shift that the keyboard makes up";
}

TEST(Keymap, AnUnknownLayoutIsStoodInFor) {
    EXPECT_EQ(Keymap(0x407).name(), "German");
    EXPECT_TRUE(Keymap(0x407).known());
    EXPECT_TRUE(Keymap(0xc07).known());
    EXPECT_EQ(Keymap(0xc07).name(), "German");
    EXPECT_EQ(Keymap(0x20409).name(), "US International");
    EXPECT_EQ(Keymap(0x411).name(), "US");
    EXPECT_FALSE(Keymap(0x411).known());
    EXPECT_EQ(Keymap(0x10407).name(), "German") << "a variant: the language's own one is closer than US";
    EXPECT_FALSE(Keymap(0x10407).known());
    EXPECT_EQ(Keymap(0).name(), "US");
    EXPECT_EQ(Keymap(0xFFFFFFFF).name(), "US");
}

TEST(Keymap, AnyEventsLeaveItWhole) {
    for (unsigned seed = 0; seed < 2000; ++seed) {
        std::mt19937 random(seed);
        Keymap keymap(static_cast<std::uint32_t>(seed % 2 == 0 ? layouts()[random() % layouts().size()].id : random()));
        for (int i = 0; i < 200; ++i) {
            const auto meaning = keymap.event(static_cast<std::uint16_t>(random() % 4 == 0 ? random() : random() % 0x160), random() % 3 != 0);
            if (const auto* character = std::get_if<char32_t>(&meaning)) {
                ASSERT_FALSE(is_dead(*character));
                ASSERT_TRUE(*character == 3 || *character >= ' ');
            }
        }
    }
}

}  // namespace
}  // namespace anteroom::rdp
