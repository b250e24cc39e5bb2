// Keystrokes sealed to a key of their own: what the holder reads is what was typed, in every batching; nobody else reads anything.
#include "recorder/keystrokes.h"

#include "recorder/event_lines.h"
#include "tests/unit/base/seeds.h"
#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder {
namespace {

using namespace testing;
using anteroom::testing::Seeded;
using namespace std::chrono_literals;

// A recording whose keystrokes are sealed to `holder`.
struct Typing {
    Session s;
    Secret holder = scalar(9);
    Track track;
    KeystrokeSealer sealer;

    explicit Typing(Track on = Track::terminal_input)
        : track(on), sealer(must(KeystrokeSealer::make(must(crypto::p256_public_of(holder.expose())), s.created.keys.header_hash, on, at(0)))) {}
    void type(std::string_view text, std::uint32_t channel = 0) { must(sealer.typed(s.writer, channel, view(text), at(s.now))); }
    void pass(Duration by) {
        s.now += by.count();
        must(sealer.tick(s.writer, at(s.now)));
        must(s.writer.tick(at(s.now)));
    }
    void finish() {
        must(sealer.flush(s.writer, at(s.now)));
        s.finish();
    }
    // Every sealed block, as the reviewer's reader gives them.
    std::vector<Piece> pieces() const {
        auto reader = must(Reader::open(memory_file(s.bytes()), s.created.data_key.expose(), s.keys.broker_public));
        std::vector<Piece> out;
        while (auto piece = must(reader.next())) out.push_back(std::move(*piece));
        return out;
    }
    std::vector<Event> blocks(const std::vector<Piece>& in) const {
        std::vector<Event> out;
        for (const auto& piece : in)
            for (const auto& event : piece.events)
                if (event.track == track && event.kind == sealed_keystrokes) out.push_back(event);
        return out;
    }
    KeystrokeOpener opener(const Secret& key) const { return must(KeystrokeOpener::make(key.duplicate(), s.created.keys.header_hash)); }
};

std::string text_of(const std::vector<Keystroke>& strokes) {
    std::string out;
    for (const auto& stroke : strokes) out += stroke.bytes.expose_text();
    return out;
}

TEST(SealedKeystrokes, AreReadByTheHolderOfTheKeyWithTheirTimesAndChannels) {
    Typing t;
    t.type("hun");
    t.pass(100ms);
    t.type("ter2\r", 7);
    t.pass(1s);
    t.finish();
    const auto pieces = t.pieces();
    const auto blocks = t.blocks(pieces);
    ASSERT_EQ(blocks.size(), 1u) << "gathered for half a second";
    auto opener = t.opener(t.holder);
    const auto strokes = must(opener.open(blocks[0]));
    ASSERT_EQ(strokes.size(), 2u);
    EXPECT_EQ(strokes[0].bytes.expose_text(), "hun");
    EXPECT_EQ(strokes[1].bytes.expose_text(), "ter2\r");
    EXPECT_EQ(strokes[0].at, 0ms);
    EXPECT_EQ(strokes[1].at, 100ms);
    EXPECT_EQ(strokes[1].channel, 7u);
    EXPECT_EQ(opener.missing(), 0u);
}

TEST(SealedKeystrokes, AreReadByNobodyElse) {
    Typing t;
    t.type("hunter2");
    t.finish();
    const auto pieces = t.pieces();
    for (const auto& piece : pieces) EXPECT_EQ(to_string(piece.plain).find("hunter2"), std::string::npos) << "the reviewer's and the broker's view";
    const auto block = t.blocks(pieces).at(0);
    for (const Secret* key : {&t.s.keys.identity, &t.s.keys.escrow}) {
        auto other = t.opener(*key);
        const auto refused = other.open(block);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::refused);
        EXPECT_NE(refused.error().detail.find("sealed to another key"), std::string::npos);
        EXPECT_NE(refused.error().detail.find(keystroke_recipient_name(must(crypto::p256_public_of(t.holder.expose())))), std::string::npos)
            << "it says to which";
    }
}

TEST(SealedKeystrokes, BelongToOneRecordingOnly) {
    Typing t;
    t.type("hunter2");
    t.finish();
    const auto pieces = t.pieces();
    const Session other(2, "abcdefabcdefabcd");
    auto elsewhere = must(KeystrokeOpener::make(t.holder.duplicate(), other.created.keys.header_hash));
    EXPECT_FALSE(elsewhere.open(t.blocks(pieces).at(0)));
    auto moved = t.blocks(pieces).at(0);
    moved.track = Track::keyboard_mouse;
    auto opener = t.opener(t.holder);
    EXPECT_FALSE(opener.open(moved)) << "nor to the other track";
}

TEST(SealedKeystrokes, OfWhichAnyByteWasChangedDoNotOpen) {
    Typing t;
    t.type("hunter2");
    t.finish();
    const auto pieces = t.pieces();
    const auto block = t.blocks(pieces).at(0);
    const Bytes whole = to_bytes(block.bytes);
    auto opener = t.opener(t.holder);
    for (std::size_t i = 0; i < whole.size(); ++i)
        for (const std::uint8_t bit : {0x01, 0x80}) {
            Bytes changed = whole;
            changed[i] ^= bit;
            Event event = block;
            event.bytes = changed;
            EXPECT_FALSE(opener.open(event)) << "byte " << i;
        }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Event event = block;
        event.bytes = View(whole).first(size);
        EXPECT_FALSE(opener.open(event)) << "cut to " << size;
    }
    EXPECT_EQ(text_of(must(opener.open(block))), "hunter2");
    EXPECT_EQ(opener.missing(), 0u);
}

TEST(SealedKeystrokes, OfWhichABlockIsGoneSayHowMany) {
    Typing t;
    for (int i = 0; i < 5; ++i) {
        t.type(std::to_string(i));
        t.pass(1s);
    }
    t.finish();
    const auto pieces = t.pieces();
    const auto blocks = t.blocks(pieces);
    ASSERT_EQ(blocks.size(), 5u);
    auto opener = t.opener(t.holder);
    EXPECT_EQ(text_of(must(opener.open(blocks[1]))), "1");
    EXPECT_EQ(text_of(must(opener.open(blocks[4]))), "4");
    EXPECT_EQ(opener.missing(), 3u) << "0, 2 and 3";
}

TEST(SealedKeystrokes, WaitNoLongerThanHalfASecondForTheirBlock) {
    Typing t;
    t.type("a");
    EXPECT_TRUE(t.sealer.pending());
    t.pass(KeystrokeSealer::gathered_for - 1ms);
    EXPECT_TRUE(t.sealer.pending());
    t.type("b");
    t.pass(1ms);
    EXPECT_FALSE(t.sealer.pending()) << "counted from the first";
    t.finish();
}

TEST(SealedKeystrokes, AreWhatWasTypedInEveryBatching) {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        SCOPED_TRACE(seed);
        Seeded random(seed);
        Typing t;
        std::string typed;
        std::size_t pending = 0;
        for (std::uint64_t i = random.below(12); i > 0; --i) {
            // Mostly keys, at times a paste that is larger than a block.
            const auto text = random.text(random.chance(20) ? random.below(3 * KeystrokeSealer::most_gathered) : random.below(20));
            t.type(text, static_cast<std::uint32_t>(random.below(3)));
            typed += text;
            pending = std::max(pending, text.size());
            if (random.chance(2)) t.pass(Duration(static_cast<std::int64_t>(random.below(900'000))));
        }
        t.finish();
        EXPECT_FALSE(t.sealer.pending());
        const auto pieces = t.pieces();
        auto opener = t.opener(t.holder);
        std::string read;
        Duration last{};
        for (const auto& block : t.blocks(pieces)) {
            EXPECT_LE(block.bytes.size(), max_event_bytes);
            const auto strokes = must(opener.open(block));
            for (const auto& stroke : strokes) {
                EXPECT_GE(stroke.at, last);
                EXPECT_LE(stroke.at, block.at);
                last = stroke.at;
            }
            read += text_of(strokes);
        }
        ASSERT_EQ(read, typed);
        EXPECT_EQ(opener.missing(), 0u);
    }
}

TEST(SealedKeystrokes, TakeNoRecipientThatIsNone) {
    const Session s;
    const Bytes good = must(crypto::p256_public_of(scalar(9).expose()));
    Bytes off = good;
    off[40] ^= 1;
    for (const Bytes& key : {Bytes{}, Bytes(65, 4), off, Bytes(good.begin(), good.end() - 1)})
        EXPECT_FALSE(KeystrokeSealer::make(key, s.created.keys.header_hash, Track::terminal_input, at(0)));
    EXPECT_FALSE(KeystrokeOpener::make(Secret(Bytes(32, 0)), s.created.keys.header_hash)) << "zero is no scalar";
}

TEST(SealedKeystrokes, StandInNoLineForReviewers) {
    Typing t(Track::keyboard_mouse);
    const auto key = encode(DesktopKey{KeyKind::scancode, 0, 0x1e});
    must(t.sealer.typed(t.s.writer, 0, key, at(0)));
    t.finish();
    int lines = 0;
    EventLines shown([&](const EventLine&) {
        ++lines;
        return ok();
    });
    const auto pieces = t.pieces();
    for (const auto& piece : pieces)
        for (const auto& event : piece.events) must(shown.event(event));
    must(shown.finish());
    EXPECT_EQ(t.blocks(pieces).size(), 1u);
    EXPECT_EQ(lines, 0);
}

TEST(DesktopKeys, AreReadAsTheyWereWritten) {
    for (const auto kind : {KeyKind::scancode, KeyKind::unicode, KeyKind::locks}) {
        const auto key = must(decode_desktop_key(encode(DesktopKey{kind, 0x8001, 0xE9})));
        EXPECT_EQ(key.kind, kind);
        EXPECT_EQ(key.flags, 0x8001);
        EXPECT_EQ(key.code, 0xE9);
    }
    EXPECT_FALSE(decode_desktop_key(Bytes{3, 0, 0, 0, 0}));
    EXPECT_FALSE(decode_desktop_key(Bytes{0, 0, 0, 0}));
    EXPECT_FALSE(decode_desktop_key(Bytes{0, 0, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace anteroom::recorder
