// The binary codec: every type there and back, every truncation an error that names its field, noise never a crash.
#include "base/wire.h"

#include <gtest/gtest.h>

#include "tests/unit/base/random_values.h"

namespace anteroom::wire {
namespace {

using testing::random_value;
using testing::same;
using testing::Seeded;

BOOST_DEFINE_FIXED_ENUM_CLASS(Colour, std::uint8_t, red, green, blue)
enum class Sparse : std::uint16_t { one = 1, thousand = 1000 };
BOOST_DESCRIBE_ENUM(Sparse, one, thousand)

struct Inner {
    std::string name;
    Colour colour = Colour::red;
    bool operator==(const Inner&) const = default;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (name, colour))

struct Everything {
    bool yes = false;
    std::int8_t i8 = 0;
    std::uint8_t u8 = 0;
    std::int16_t i16 = 0;
    std::uint16_t u16 = 0;
    std::int32_t i32 = 0;
    std::uint32_t u32 = 0;
    std::int64_t i64 = 0;
    std::uint64_t u64 = 0;
    Colour colour = Colour::red;
    Sparse sparse = Sparse::one;
    std::string text;
    Bytes bytes;
    Secret secret;
    Time time;
    Duration duration{};
    SessionId session;
    std::array<std::uint8_t, 5> five{};
    std::vector<std::uint16_t> numbers;
    std::vector<Inner> inners;
    std::vector<Secret> secrets;
    std::vector<std::vector<std::string>> nested;
    std::map<std::string, std::string> map;
    std::optional<std::uint32_t> maybe;
    std::optional<Inner> maybe_inner;
    Inner inner;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (yes, i8, u8, i16, u16, i32, u32, i64, u64, colour, sparse, text, bytes, secret, time, duration, session, five, numbers, inners, secrets,
                       nested, map, maybe, maybe_inner, inner))

struct Empty {};
BOOST_DESCRIBE_STRUCT(Empty, (), ())
struct Base {
    std::uint8_t first = 0;
};
BOOST_DESCRIBE_STRUCT(Base, (), (first))
struct Derived : Base {
    std::uint8_t second = 0;
};
BOOST_DESCRIBE_STRUCT(Derived, (Base), (second))

template <class T>
std::string error_of(View input) {
    const auto decoded = decode<T>(input);
    return decoded ? "none" : decoded.error().detail;
}
Bytes from(std::string_view text) { return from_hex(text).value(); }

TEST(Wire, WritesTheBytesThatAreWrittenDown) {
    EXPECT_EQ(hex(encode(true)), "01");
    EXPECT_EQ(hex(encode(std::uint16_t{0x1234})), "3412");
    EXPECT_EQ(hex(encode(std::int32_t{-2})), "feffffff");
    EXPECT_EQ(hex(encode(std::uint64_t{0x0102030405060708})), "0807060504030201");
    EXPECT_EQ(hex(encode(std::string("ab"))),
              "02000000"
              "6162");
    EXPECT_EQ(hex(encode(Bytes{1, 2, 3})),
              "03000000"
              "010203");
    EXPECT_EQ(hex(encode(std::array<std::uint8_t, 3>{1, 2, 3})), "010203");
    EXPECT_EQ(hex(encode(std::vector<std::uint16_t>{1, 2})),
              "02000000"
              "0100"
              "0200");
    EXPECT_EQ(hex(encode(std::optional<std::uint8_t>{})), "00");
    EXPECT_EQ(hex(encode(std::optional<std::uint8_t>{9})), "0109");
    EXPECT_EQ(hex(encode(std::map<std::string, std::uint8_t>{{"b", 2}, {"a", 1}})),
              "02000000"
              "01000000"
              "61"
              "01"
              "01000000"
              "62"
              "02");
    EXPECT_EQ(hex(encode(from_micros(-1))), "ffffffffffffffff");
    EXPECT_EQ(hex(encode(std::chrono::duration_cast<Duration>(std::chrono::milliseconds(1)))), "e803000000000000");
    EXPECT_EQ(hex(encode(Sparse::thousand)), "e803");
    EXPECT_EQ(hex(encode(Inner{"x", Colour::blue})),
              "01000000"
              "78"
              "02");
    EXPECT_EQ(hex(encode(Empty{})), "");
    Derived derived;
    derived.first = 1;
    derived.second = 2;
    EXPECT_EQ(hex(encode(derived)), "0102");
}

TEST(Wire, BringsRandomValuesOfEveryTypeBackAndWritesThemTheSameWay) {
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
        Seeded random(seed);
        const auto value = random_value<Everything>(random);
        const Bytes bytes = encode(value);
        const auto back = decode<Everything>(bytes);
        ASSERT_TRUE(back) << seed << " " << back.error().detail;
        ASSERT_TRUE(same(value, *back)) << seed;
        ASSERT_EQ(encode(*back), bytes) << seed;
    }
}

TEST(Wire, BringsTheEndsOfEveryIntegerBack) {
    const auto both = []<class T>(T) {
        for (const T value : {std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T{0}, T{1}}) EXPECT_EQ(decode<T>(encode(value)).value(), value);
    };
    both(std::int8_t{}), both(std::uint8_t{}), both(std::int16_t{}), both(std::uint16_t{}), both(std::int32_t{}), both(std::uint32_t{}), both(std::int64_t{}),
        both(std::uint64_t{});
}

TEST(Wire, RefusesAMessageThatIsCutAtAnyByteOrHasOneMore) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Seeded random(seed);
        Bytes bytes = encode(random_value<Everything>(random));
        for (std::size_t size = 0; size < bytes.size(); size += 1 + (bytes.size() > 2000 ? random.below(20) : 0)) {
            const auto cut = decode<Everything>(View(bytes).first(size));
            ASSERT_FALSE(cut) << seed << " at " << size;
            ASSERT_EQ(cut.error().kind, ErrorKind::invalid);
        }
        bytes.push_back(random.byte());
        ASSERT_EQ(error_of<Everything>(bytes), "bytes left over behind the message") << seed;
    }
    EXPECT_EQ(error_of<Empty>(view("x")), "bytes left over behind the message");
    EXPECT_TRUE(decode<Empty>({}));
}

TEST(Wire, RefusesABooleanThatIsNeither0Nor1AndAnEnumWithoutThatValue) {
    for (int byte = 2; byte < 256; ++byte) {
        const Bytes input{static_cast<std::uint8_t>(byte)};
        ASSERT_EQ(error_of<bool>(input), "a boolean is neither 0 nor 1");
        ASSERT_NE(error_of<std::optional<Empty>>(input), "none");
        if (byte > 2) { ASSERT_EQ(error_of<Colour>(input), "an enum has no such value"); }
    }
    for (unsigned raw = 0; raw < 65536; ++raw) ASSERT_EQ(decode<Sparse>(encode(static_cast<std::uint16_t>(raw))).has_value(), raw == 1 || raw == 1000) << raw;
}

TEST(Wire, RefusesAListOrMapOrTextLongerThanItsMessageWithoutTakingTheMemory) {
    EXPECT_EQ(error_of<std::vector<std::uint16_t>>(from("ffffffff")), "a list is longer than its message");
    EXPECT_EQ(error_of<std::vector<std::string>>(from("0500000000000000")), "a list is longer than its message");
    EXPECT_EQ((error_of<std::map<std::string, std::string>>(from("ffffffff"))), "a map is longer than its message");
    EXPECT_EQ(error_of<std::string>(from("ffffffff41")), "the message ends early");
    EXPECT_EQ(error_of<Bytes>(from("0200000041")), "the message ends early");
    EXPECT_EQ(error_of<Secret>(from("0200000041")), "the message ends early");
    EXPECT_EQ((error_of<std::vector<std::uint16_t>>(from("02000000"
                                                         "010002"))),
              "the message ends early");
}

TEST(Wire, RefusesAMapWithAKeyTwice) {
    EXPECT_EQ((error_of<std::map<std::string, std::uint8_t>>(from("02000000"
                                                                  "0100000061"
                                                                  "01"
                                                                  "0100000061"
                                                                  "02"))),
              "a map has a key twice");
}

TEST(Wire, TakesNoIdThatDoesNotMatchItsGrammarButTheEmptyOne) {
    EXPECT_TRUE(decode<SessionId>(encode(std::string())).value().empty());
    EXPECT_TRUE(decode<SessionId>(encode(std::string("0123456789abcdef"))));
    for (const char* text : {"../../etc/passwd", "0123456789abcde", "0123456789abcdefg", "0123456789ABCDEF"})
        EXPECT_EQ(error_of<SessionId>(encode(std::string(text))), "not a valid session id");
    EXPECT_EQ(error_of<PersonId>(encode(std::string("Alice"))), "not a valid person name");
}

TEST(Wire, NamesThePathOfTheFieldThatIsWrong) {
    struct Case {
        const char *hex, *error;
    };
    Everything value;
    const Bytes whole = encode(value);
    EXPECT_EQ(error_of<Everything>(View(whole).first(0)), "yes: the message ends early");
    EXPECT_EQ(error_of<Everything>(View(whole).first(2)), "u8: the message ends early");
    EXPECT_EQ(error_of<Everything>(View(whole).first(whole.size() - 1)), "inner: colour: the message ends early");
    EXPECT_EQ(error_of<Inner>(from("01000000"
                                   "78"
                                   "03")),
              "colour: an enum has no such value");
    EXPECT_EQ(error_of<Inner>(from("02000000"
                                   "78")),
              "name: the message ends early");
    Bytes wrong = whole;
    wrong.back() = 9;
    EXPECT_EQ(error_of<Everything>(wrong), "inner: colour: an enum has no such value");
}

TEST(Wire, NeverReadsPastNoiseAndWhatItTakesCanBeWrittenAgain) {
    std::size_t taken = 0;
    for (std::uint64_t seed = 0; seed < 20000; ++seed) {
        Seeded random(seed);
        Bytes noise;
        if (random.chance(2)) {
            noise = random.bytes(random.below(200));
        } else {  // nearly right
            noise = encode(random_value<Everything>(random));
            for (std::uint64_t i = random.below(4); i > 0 && !noise.empty(); --i)
                noise[random.below(noise.size())] = random.chance(2) ? random.byte() : std::uint8_t{0xff};
            if (random.chance(4)) noise.resize(random.below(noise.size() + 1));
        }
        // On the heap and of exactly this size, so that a sanitizer sees one byte too many.
        const std::vector<std::uint8_t> exact(noise.begin(), noise.end());
        if (const auto value = decode<Everything>(exact)) {
            ++taken;
            const auto again = decode<Everything>(encode(*value));
            ASSERT_TRUE(again && same(*again, *value)) << seed;
        }
    }
    EXPECT_GT(taken, 1000u);
}

TEST(Wire, GivesWhatItTookOutAndKeepsNothing) {
    Encoder encoder;
    encoder.put(std::string("ab"));
    EXPECT_EQ(encoder.take().size(), 6u);
    EXPECT_TRUE(encoder.take().empty());
}

}  // namespace
}  // namespace anteroom::wire
