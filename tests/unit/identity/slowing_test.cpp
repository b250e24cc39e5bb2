// Failures slow the right people: sources, and passwords of a person; never whoever proves a key.
#include "broker/identity/slowing.h"

#include <gtest/gtest.h>

using namespace anteroom;
using namespace anteroom::identity;
using namespace std::chrono_literals;

namespace {

const Monotonic start{Duration(1h)};
Attempt attempt(std::string_view source, AttemptKind kind, std::string_view name = "dana", bool known = true) { return {source, name, known, kind}; }

}  // namespace

TEST(Slowing, DoublesFromHalfASecondToSixteenAfterThreeFailures) {
    const Duration expected[] = {0ms, 0ms, 0ms, 0ms, 500ms, 1s, 2s, 4s, 8s, 16s, 16s, 16s};
    for (unsigned failures = 0; failures < 12; ++failures) EXPECT_EQ(delay_after(failures), expected[failures]) << failures;
    EXPECT_EQ(delay_after(1'000'000), 16s);
}

TEST(Slowing, ForgetsASourceAfterAQuarterOfAnHour) {
    Slowing slowing;
    auto key = attempt("203.0.113.7", AttemptKind::key);
    for (int i = 0; i < 5; ++i) slowing.count(key, start);
    EXPECT_EQ(slowing.delay(key, start), 1s);
    EXPECT_EQ(slowing.delay(key, start + 14min), 1s);
    EXPECT_EQ(slowing.delay(key, start + 15min), 0s);
    EXPECT_EQ(slowing.delay(attempt("203.0.113.8", AttemptKind::key), start), 0s);
}

TEST(Slowing, DoesNotLetAStrangerSlowAKeyOfTheirVictim) {
    Slowing slowing;
    for (int i = 0; i < 10'000; ++i) slowing.count(attempt("198.51.100." + std::to_string(i % 200), AttemptKind::password), start);
    EXPECT_EQ(slowing.delay(attempt("203.0.113.7", AttemptKind::key), start), 0s);
    EXPECT_EQ(slowing.delay(attempt("203.0.113.7", AttemptKind::code_after_key), start), 0s);
    EXPECT_EQ(slowing.delay(attempt("198.51.100.1", AttemptKind::code_after_key), start), 0s) << "even from the stranger's own address";
    EXPECT_EQ(slowing.delay(attempt("203.0.113.7", AttemptKind::password), start), 16s);
    EXPECT_EQ(slowing.delay(attempt("203.0.113.7", AttemptKind::code), start), 16s);
}

TEST(Slowing, SlowsGuessingOfCodesWithAStolenKey) {
    Slowing slowing;
    for (int i = 0; i < 6; ++i) slowing.count(attempt("198.51.100." + std::to_string(i), AttemptKind::code_after_key), start);
    EXPECT_EQ(slowing.delay(attempt("203.0.113.7", AttemptKind::code_after_key), start), 2s);
    EXPECT_EQ(slowing.delay(attempt("203.0.113.7", AttemptKind::password), start), 0s);
}

TEST(Slowing, TreatsAStrangersNameLikeAPersons) {
    Slowing slowing;
    for (int i = 0; i < 6; ++i) {
        slowing.count(attempt("198.51.100." + std::to_string(i), AttemptKind::password, "dana", true), start);
        slowing.count(attempt("192.0.2." + std::to_string(i), AttemptKind::password, "nobody", false), start);
    }
    EXPECT_EQ(slowing.delay(attempt("203.0.113.7", AttemptKind::code, "dana", true), start),
              slowing.delay(attempt("203.0.113.7", AttemptKind::code, "nobody", false), start));
}

TEST(Slowing, AsksForAKeyAfterAHundredFailuresInADayAndNotAfterNinetyNine) {
    Slowing slowing;
    for (int i = 0; i < 99; ++i) slowing.count(attempt("198.51.100.1", AttemptKind::code), start + i * 10min);
    auto now = start + 99 * 10min;
    EXPECT_FALSE(slowing.needs_key("dana", now));
    slowing.count(attempt("198.51.100.1", AttemptKind::code), now);
    EXPECT_TRUE(slowing.needs_key("dana", now));
    EXPECT_TRUE(slowing.needs_key("dana", start + 24h - 1s));
    EXPECT_FALSE(slowing.needs_key("dana", start + 24h)) << "the first of them is a day old";
    EXPECT_FALSE(slowing.needs_key("ruth", now));
}

TEST(Slowing, CannotBeMadeToForgetAPersonByAFloodOfNames) {
    Slowing slowing({.sources = 100, .unknown_names = 100});
    for (int i = 0; i < 100; ++i) slowing.count(attempt("198.51.100.1", AttemptKind::code), start);
    for (int i = 0; i < 5000; ++i) slowing.count(attempt("192.0.2.1", AttemptKind::password, "n" + std::to_string(i), false), start);
    EXPECT_TRUE(slowing.needs_key("dana", start));
}

TEST(Slowing, TakesBackWhatAnAcceptedLoginCounted) {
    Slowing slowing;
    auto code = attempt("203.0.113.7", AttemptKind::code);
    for (int i = 0; i < 500; ++i) {
        slowing.count(code, start);
        slowing.success(code, start);
    }
    EXPECT_EQ(slowing.delay(code, start), 0s);
    EXPECT_FALSE(slowing.needs_key("dana", start));
    for (int i = 0; i < 5; ++i) slowing.count(code, start);
    slowing.count(code, start);
    slowing.success(code, start);
    EXPECT_EQ(slowing.delay(code, start), 1s) << "a stranger's failures stay counted";
}

TEST(Slowing, CountsIpv6ByItsNetworkAndIpv4HoweverWritten) {
    EXPECT_EQ(source_key("2001:db8:1:2::1"), source_key("2001:db8:1:2:ffff::9"));
    EXPECT_NE(source_key("2001:db8:1:2::1"), source_key("2001:db8:1:3::1"));
    EXPECT_EQ(source_key("::ffff:203.0.113.7"), source_key("203.0.113.7"));
    EXPECT_EQ(source_key("fe80::1%eth0"), source_key("fe80::2"));
    EXPECT_NE(source_key("203.0.113.7"), source_key("203.0.113.8"));
    EXPECT_LT(source_key(std::string(100'000, 'x')).size(), 100u);
}

TEST(Slowing, KeepsNoMoreSourcesThanItsLimit) {
    Slowing slowing({.sources = 64});
    for (int i = 0; i < 10'000; ++i) slowing.count(attempt("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250), AttemptKind::key), start);
    EXPECT_EQ(slowing.sources(), 64u);
}

TEST(Slowing, RefusesASourceForAMinuteAfterTwentyFailures) {
    Slowing slowing;
    for (int i = 0; i < 19; ++i) slowing.incomplete_handshake("198.51.100.1", start);
    EXPECT_EQ(slowing.refuse_for("198.51.100.1", start), 0s);
    slowing.count(attempt("198.51.100.1", AttemptKind::key), start);
    EXPECT_EQ(slowing.refuse_for("198.51.100.1", start), 60s);
    EXPECT_EQ(slowing.refuse_for("198.51.100.1", start + 59s), 1s);
    EXPECT_EQ(slowing.refuse_for("198.51.100.1", start + 60s), 0s);
    EXPECT_EQ(slowing.refuse_for("203.0.113.7", start), 0s);
}
