// Hours and days in their own zones, across midnight and both ends of daylight saving.
#include "policy/schedule.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/example.h"

namespace anteroom::policy {
namespace {

using test::at;

Schedule chicago(int from, int until, std::uint8_t days = 0x7f) {
    return {.days = days, .from_minute = from, .until_minute = until, .zone = "America/Chicago"};
}
constexpr std::uint8_t weekdays = 0x1f, friday = 0x10, sunday = 0x40;

TEST(Schedule, OpensAndClosesOnTheMinuteInItsZone) {
    const auto day = chicago(7 * 60, 19 * 60, weekdays);
    EXPECT_FALSE(opening(day, at("2026-06-15T11:59:59.999999Z")).open);
    EXPECT_TRUE(opening(day, at("2026-06-15T12:00:00Z")).open);
    EXPECT_EQ(opening(day, at("2026-06-15T12:00:00Z")).changes, at("2026-06-16T00:00:00Z"));
    EXPECT_FALSE(opening(day, at("2026-06-16T00:00:00Z")).open);
    EXPECT_EQ(opening(day, at("2026-06-20T12:00:00Z")).changes, at("2026-06-22T12:00:00Z"));  // Saturday: opens Monday
    EXPECT_TRUE(opening(day, at("2026-01-05T13:00:00Z")).open);                               // winter: one hour later in UTC
    EXPECT_FALSE(opening(day, at("2026-01-05T12:30:00Z")).open);
}

TEST(Schedule, HoursOverMidnightBelongToTheDayTheyStartOn) {
    const auto night = chicago(22 * 60, 6 * 60, friday);
    EXPECT_TRUE(opening(night, at("2026-06-20T03:30:00Z")).open);   // Friday 22:30
    EXPECT_TRUE(opening(night, at("2026-06-20T10:59:59Z")).open);   // Saturday 05:59
    EXPECT_FALSE(opening(night, at("2026-06-20T11:00:00Z")).open);  // Saturday 06:00
    EXPECT_FALSE(opening(night, at("2026-06-19T08:00:00Z")).open);  // Friday 03:00, Thursday's night
    EXPECT_EQ(opening(night, at("2026-06-20T03:30:00Z")).changes, at("2026-06-20T11:00:00Z"));
}

TEST(Schedule, ASkippedHourMovesTheEdgeToTheEndOfTheGap) {
    // 2026-03-08: 02:00 CST becomes 03:00 CDT at 08:00Z.
    EXPECT_FALSE(opening(chicago(150, 300, sunday), at("2026-03-08T07:59:59Z")).open);
    EXPECT_TRUE(opening(chicago(150, 300, sunday), at("2026-03-08T08:00:00Z")).open);
    EXPECT_EQ(opening(chicago(60, 150, sunday), at("2026-03-08T07:30:00Z")).changes, at("2026-03-08T08:00:00Z"));
    EXPECT_FALSE(opening(chicago(130, 170, sunday), at("2026-03-08T08:00:00Z")).open);  // wholly inside of the gap
    EXPECT_EQ(opening(chicago(130, 170, sunday), at("2026-03-08T07:00:00Z")).changes, at("2026-03-15T07:10:00Z"));
}

TEST(Schedule, ARepeatedHourCountsWhenItIsShownFirst) {
    // 2026-11-01: 02:00 CDT becomes 01:00 CST at 07:00Z. 01:30 is 06:30Z, and again 07:30Z.
    EXPECT_TRUE(opening(chicago(90, 300, sunday), at("2026-11-01T06:30:00Z")).open);
    EXPECT_EQ(opening(chicago(0, 90, sunday), at("2026-11-01T05:30:00Z")).changes, at("2026-11-01T06:30:00Z"));
    EXPECT_FALSE(opening(chicago(0, 90, sunday), at("2026-11-01T07:15:00Z")).open);
    EXPECT_EQ(opening(chicago(0, 180, sunday), at("2026-11-01T05:30:00Z")).changes, at("2026-11-01T09:00:00Z"));  // four hours long
}

TEST(Schedule, AdjoiningWindowsAreOne) {
    EXPECT_EQ(opening(chicago(0, 1440), at("2026-06-15T12:00:00Z")).changes, std::nullopt);
    EXPECT_TRUE(opening(chicago(0, 1440), at("2026-11-01T07:00:00Z")).open);
    EXPECT_EQ(opening(chicago(0, 1440, weekdays), at("2026-06-17T12:00:00Z")).changes, at("2026-06-20T05:00:00Z"));
}

TEST(Schedule, AnUnknownZoneIsNeverOpen) {
    EXPECT_FALSE(opening({.zone = "Nowhere/Land"}, at("2026-06-15T12:00:00Z")).open);
    EXPECT_FALSE(zone_exists("../../etc/passwd"));
    EXPECT_FALSE(zone_exists(""));
    EXPECT_TRUE(zone_exists("Europe/Berlin"));
}

TEST(Schedule, EveryOpeningAgreesWithTheMomentItNames) {
    for (int seed = 0; seed < 3000; ++seed) {
        const int from = seed * 37 % 1440, until = (seed * 101 + 1) % 1440;
        const auto schedule = chicago(from, until, static_cast<std::uint8_t>(seed % 127 + 1));
        const auto now = at("2026-01-01T00:00:00Z") + std::chrono::minutes(std::int64_t{seed} * 175);
        const auto state = opening(schedule, now);
        if (!state.changes) continue;
        EXPECT_GT(*state.changes, now);
        EXPECT_NE(opening(schedule, *state.changes).open, state.open) << seed;
        EXPECT_EQ(opening(schedule, *state.changes - Duration(1)).open, state.open) << seed;
    }
}

TEST(Schedule, TextsCarryTheOffset) {
    EXPECT_EQ(local_text(at("2026-01-05T13:00:00Z"), "America/Chicago"), "2026-01-05 07:00 -06:00");
    EXPECT_EQ(local_text(at("2026-06-15T12:00:00Z"), "Asia/Kolkata"), "2026-06-15 17:30 +05:30");
    EXPECT_EQ(local_text(at("2026-06-15T12:00:00Z"), ""), "2026-06-15 12:00 +00:00");
    EXPECT_EQ(schedule_text(chicago(420, 1140, weekdays | sunday)), "mon-fri,sun 07:00-19:00 America/Chicago");
}

TEST(Network, ContainsItsAddressesInEitherFamily) {
    const auto in = [](const char* network, const char* address) { return Network::parse(network).value().contains(address); };
    EXPECT_TRUE(in("203.0.113.0/24", "203.0.113.255"));
    EXPECT_FALSE(in("203.0.113.0/24", "203.0.114.0"));
    EXPECT_TRUE(in("203.0.113.0/24", "::ffff:203.0.113.9"));
    EXPECT_TRUE(in("10.1.2.3", "10.1.2.3"));
    EXPECT_FALSE(in("10.1.2.3", "10.1.2.2"));
    EXPECT_TRUE(in("0.0.0.0/0", "1.2.3.4"));
    EXPECT_FALSE(in("0.0.0.0/0", "2001:db8::1"));
    EXPECT_FALSE(in("::/0", "1.2.3.4"));
    EXPECT_FALSE(in("::/0", "::ffff:1.2.3.4"));
    EXPECT_TRUE(in("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(in("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_TRUE(in("fe80::/10", "fe80::1%eth0"));
    for (const char* none : {"", "203.0.113", "203.0.113.7x", "x"}) EXPECT_FALSE(in("203.0.113.0/24", none)) << none;
    for (const char* wrong :
         {"203.0.113.5/24", "203.0.113.0/33", "203.0.113.0/", "203.0.113.0/-1", "203.0.113/24", "::ffff:203.0.113.0/120", "2001:db8::1/32", "any"})
        EXPECT_FALSE(Network::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace anteroom::policy
