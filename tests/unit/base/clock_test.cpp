// Times and durations as text: they come back as they were, and hostile text is no time.
#include "base/clock.h"

#include <gtest/gtest.h>

#include "tests/unit/base/seeds.h"

namespace anteroom {
namespace {

using namespace std::chrono;
using testing::Seeded;

// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z
constexpr std::int64_t first_micro = -62'135'596'800'000'000, last_micro = 253'402'300'799'999'999;

Time at(std::string_view text) {
    const auto time = parse_rfc3339(text);
    if (!time) ADD_FAILURE() << text << ": " << time.error().detail;
    return time.value_or(Time{});
}

TEST(Rfc3339, WritesTheMomentsThatHaveKnownTexts) {
    EXPECT_EQ(rfc3339(from_micros(0)), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(rfc3339(from_micros(-1)), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(rfc3339(from_micros(1'000'000'000'000'000)), "2001-09-09T01:46:40.000000Z");
    EXPECT_EQ(rfc3339(from_micros(1'709'164'800'000'001)), "2024-02-29T00:00:00.000001Z");
    EXPECT_EQ(rfc3339(from_micros(first_micro)), "0001-01-01T00:00:00.000000Z");
    EXPECT_EQ(rfc3339(from_micros(last_micro)), "9999-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, ComesBackForThousandsOfRandomTimes) {
    for (std::uint64_t seed = 0; seed < 20000; ++seed) {
        Seeded random(seed);
        const Time time = from_micros(random.between(first_micro, last_micro));
        ASSERT_EQ(at(rfc3339(time)), time) << seed;
    }
}

TEST(Rfc3339, UnderstandsOffsetsFractionsAndASpace) {
    EXPECT_EQ(at("1985-04-12T23:20:50.52Z"), at("1985-04-12T23:20:50.520000Z"));   // RFC 3339 section 5.8
    EXPECT_EQ(at("1996-12-19T16:39:57-08:00"), at("1996-12-20T00:39:57Z"));        // the same
    EXPECT_EQ(at("1937-01-01T12:00:27.87+00:20"), at("1937-01-01T11:40:27.87Z"));  // the same
    EXPECT_EQ(at("2026-01-02 03:04:05Z"), at("2026-01-02T03:04:05Z"));
    EXPECT_EQ(at("2026-01-02T03:04:05.1234569Z"), at("2026-01-02T03:04:05.123456Z"));  // finer than kept: cut, never rounded up
    EXPECT_EQ(at("2026-01-01T00:00:00+23:59"), at("2025-12-31T00:01:00Z"));
}

TEST(Rfc3339, UnderstandsEveryOffsetOfRandomTimes) {
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
        Seeded random(seed);
        const Time time = from_micros(random.between(first_micro + 86'400'000'000, last_micro - 86'400'000'000));
        const auto off = minutes(random.between(-23 * 60 - 59, 23 * 60 + 59));
        std::string local = rfc3339(time + off);
        local.pop_back();
        const auto size = std::abs(off.count());
        std::string text = std::to_string(10000 + size / 60 * 100 + size % 60).substr(1);
        text.insert(2, ":");
        ASSERT_EQ(at(local + (off.count() < 0 ? "-" : "+") + text), time) << seed;
    }
}

TEST(Rfc3339, RefusesHostileTexts) {
    for (const char* text : {"",
                             "Z",
                             "2026",
                             "2026-01-02",
                             "2026-01-02T03:04:05",
                             "2026-01-02T03:04Z",
                             "2026-13-02T03:04:05Z",
                             "2026-00-02T03:04:05Z",
                             "2026-02-30T03:04:05Z",
                             "2025-02-29T00:00:00Z",
                             "2026-01-02T24:00:00Z",
                             "2026-01-02T03:60:05Z",
                             "2026-01-02T03:04:60Z",
                             "2026-01-02T03:04:05.Z",
                             "2026-01-02T03:04:05,5Z",
                             "2026-01-02T03:04:05+24:00",
                             "2026-01-02T03:04:05+00:60",
                             "2026-01-02T03:04:05+0000",
                             "2026-01-02T03:04:05+1:00",
                             "2026-01-02T03:04:05Zz",
                             "2026-01-02T03:04:05Z\n",
                             " 2026-01-02T03:04:05Z",
                             "+026-01-02T03:04:05Z",
                             "-026-01-02T03:04:05Z",
                             "2026-+1-02T03:04:05Z",
                             "2026-01-02T03:04:-5Z",
                             "2026-1-02T003:04:05Z",
                             "20260102T030405Z000",
                             "2026-01-02T03:04:05.5",
                             "2026-01-02T03:04:05.5+",
                             "2026-01-02T03:04:05--1:00",
                             "2026-01-02X03:04:05Z",
                             "12026-01-02T03:04:05Z",
                             "2026-01-02T03:04:05.123456789012345678901234567890"})
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    EXPECT_FALSE(parse_rfc3339(std::string_view("2026-01-02T03:04:05\0", 20)));
}

TEST(Rfc3339, OfDamagedTextIsRefusedOrIsATimeThatCanBeWritten) {
    for (std::uint64_t seed = 0; seed < 20000; ++seed) {
        Seeded random(seed);
        std::string text = random.chance(2) ? "2026-01-02T03:04:05.678901Z" : "2026-01-02T03:04:05.678901+05:30";
        for (std::uint64_t i = 0; i <= random.below(3); ++i) text[random.below(text.size())] = random.text_of("0123456789TZ:-+. \0x", 1)[0];
        if (random.chance(4)) text.resize(random.below(text.size()));
        if (const auto time = parse_rfc3339(text)) { ASSERT_EQ(at(rfc3339(*time)), *time) << text; }
    }
}

TEST(ParseDuration, TakesOneNumberAndOneUnit) {
    EXPECT_EQ(parse_duration("90s").value(), seconds(90));
    EXPECT_EQ(parse_duration("30m").value(), minutes(30));
    EXPECT_EQ(parse_duration("4h").value(), hours(4));
    EXPECT_EQ(parse_duration("2d").value(), hours(48));
    EXPECT_EQ(parse_duration("0s").value(), Duration(0));
    EXPECT_EQ(parse_duration("1000000d").value(), hours(24'000'000));
}

TEST(ParseDuration, RefusesHostileTexts) {
    for (const char* text : {"",
                             "s",
                             "90",
                             "90 s",
                             " 90s",
                             "90s ",
                             "-90s",
                             "-0s",
                             "+90s",
                             "1.5h",
                             "4h30m",
                             "90S",
                             "90w",
                             "90ms",
                             "1e3s",
                             "0x10s",
                             "1000001s",
                             "9223372036854775807d",
                             "99999999999999999999s",
                             "90\n",
                             "s90"})
        EXPECT_FALSE(parse_duration(text)) << '"' << text << '"';
}

TEST(DurationText, SaysWhatPeopleSay) {
    EXPECT_EQ(duration_text(seconds(0)), "0 s");
    EXPECT_EQ(duration_text(seconds(17)), "17 s");
    EXPECT_EQ(duration_text(milliseconds(16001)), "17 s");  // never less than there is
    EXPECT_EQ(duration_text(seconds(60)), "1 min");
    EXPECT_EQ(duration_text(seconds(61)), "1 min 1 s");
    EXPECT_EQ(duration_text(milliseconds(59'999)), "1 min");
    EXPECT_EQ(duration_text(hours(1)), "1 h");
    EXPECT_EQ(duration_text(minutes(90)), "1 h 30 min");
    EXPECT_EQ(duration_text(hours(47)), "47 h");
    EXPECT_EQ(duration_text(hours(50)), "2 d 2 h");
}

TEST(ManualClock, StandsUntilItIsMovedAndAJumpOfTheWallMovesNoMonotonicTime) {
    ManualClock clock(from_micros(1'000'000));
    EXPECT_EQ(micros(clock.now()), 1'000'000);
    const auto before = clock.monotonic();
    clock.advance(seconds(5));
    EXPECT_EQ(clock.monotonic() - before, seconds(5));
    clock.jump_wall(-hours(1));
    EXPECT_EQ(clock.monotonic() - before, seconds(5));
    EXPECT_EQ(clock.now(), from_micros(6'000'000) - hours(1));
}

TEST(SystemClock, NeverGoesBackMonotonically) {
    const SystemClock clock;
    auto last = clock.monotonic();
    for (int i = 0; i < 10000; ++i) {
        const auto now = clock.monotonic();
        ASSERT_GE(now, last);
        last = now;
    }
    EXPECT_GT(clock.now(), at("2024-01-01T00:00:00Z"));
    EXPECT_EQ(unix_seconds(from_micros(-1)), -1);
    EXPECT_EQ(unix_seconds(from_micros(1'999'999)), 1);
}

}  // namespace
}  // namespace anteroom
