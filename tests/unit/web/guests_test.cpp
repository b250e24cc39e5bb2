// Who may stay: strangers who only hold a place lose it to the next; nobody who is known does.
#include "web/guests.h"

#include <gtest/gtest.h>

#include "tests/unit/base/seeds.h"

namespace anteroom::web {
namespace {

using Step = Guests::Step;
using std::chrono::seconds;

struct House {
    Guests guests{{.all = 10, .unproven_of_a_source = 3}};
    Monotonic now{};
    Guests::Id come(const std::string& address = "192.0.2.1") { return guests.admit(address, now).id.value_or(0); }
};

TEST(Guests, OfOneAddressPushOutTheirOwnOldest) {
    House house;
    const auto first = house.come(), second = house.come();
    house.come();
    const auto fourth = house.guests.admit("192.0.2.1", house.now);
    EXPECT_EQ(fourth.goes, first);
    EXPECT_TRUE(fourth.id);
    EXPECT_EQ(house.guests.admit("192.0.2.1", house.now).goes, second);
    EXPECT_FALSE(house.guests.admit("192.0.2.2", house.now).goes) << "others have their own";
    EXPECT_EQ(house.guests.count(), 4u);
}

TEST(Guests, ThatAreServedArePushedOutByNobody) {
    House house;
    for (int i = 0; i < 3; ++i) house.guests.step(house.come(), Step::serving, house.now);
    const auto fourth = house.guests.admit("192.0.2.1", house.now);
    EXPECT_FALSE(fourth.id);
    EXPECT_FALSE(fourth.goes);
    EXPECT_TRUE(house.guests.admit("192.0.2.2", house.now).id);
}

TEST(Guests, ThatAreKnownCountForNothing) {
    House house;
    for (int i = 0; i < 6; ++i) {
        const auto id = house.come();
        house.guests.step(id, Step::serving, house.now);
        house.guests.prove(id);
        house.guests.step(id, Step::waiting, house.now);
        house.guests.prove(id);
    }
    EXPECT_EQ(house.guests.count(), 6u);
    EXPECT_TRUE(house.come());
}

TEST(Guests, MakeRoomWhenTheHouseIsFullOldestWithoutARequestFirst) {
    House house;
    const auto known = house.come("198.51.100.1");
    house.guests.step(known, Step::serving, house.now);
    house.guests.prove(known);
    house.guests.step(known, Step::waiting, house.now);
    const auto waits = house.come("198.51.100.2"), stalled = house.come("198.51.100.3");
    house.guests.step(waits, Step::serving, house.now);
    house.guests.step(waits, Step::waiting, house.now);
    for (int i = 0; i < 7; ++i) house.guests.step(house.come("203.0.113." + std::to_string(i)), Step::serving, house.now);
    ASSERT_EQ(house.guests.count(), 10u);
    const auto next = house.guests.admit("198.51.100.4", house.now);
    EXPECT_EQ(next.goes, stalled);
    house.guests.step(*next.id, Step::serving, house.now);
    const auto after = house.guests.admit("198.51.100.5", house.now);
    EXPECT_EQ(after.goes, waits);
    house.guests.step(*after.id, Step::serving, house.now);
    EXPECT_FALSE(house.guests.admit("198.51.100.6", house.now).id) << "who is known stays";
}

TEST(Guests, OfThisMachineAreNotCountedByAddress) {
    House house;
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(house.guests.admit(i % 2 == 0 ? "127.0.0.1" : "::1", house.now).goes);
    EXPECT_EQ(house.guests.count(), 9u);
}

TEST(Guests, OfOneNetworkAreOneSourceInIpv6) {
    EXPECT_EQ(source_of("2001:db8:1:2::1"), source_of("2001:db8:1:2:ffff::9"));
    EXPECT_NE(source_of("2001:db8:1:2::1"), source_of("2001:db8:1:3::1"));
    EXPECT_NE(source_of("192.0.2.1"), source_of("192.0.2.2"));
    EXPECT_EQ(source_of("127.3.2.1"), "");
    EXPECT_EQ(source_of("::1"), "");
}

TEST(Guests, HaveATimeForEachStep) {
    House house;
    const auto id = house.come();
    const auto late_after = [&](Step step) {
        house.guests.step(id, step, house.now);
        seconds after{0};
        while (house.guests.overdue(house.now + after).empty()) ++after;
        return after.count();
    };
    EXPECT_EQ(late_after(Step::handshake), 10);
    EXPECT_EQ(late_after(Step::head), 10);
    EXPECT_EQ(late_after(Step::body), 20);
    EXPECT_EQ(late_after(Step::serving), 60);
    EXPECT_EQ(late_after(Step::writing), 30);
    EXPECT_EQ(late_after(Step::waiting), 60);
    house.guests.leave(id);
    EXPECT_TRUE(house.guests.overdue(house.now + seconds(1000)).empty());
}

// Whatever happens, nobody is counted twice, and when all have left there is nothing left of them.
TEST(Guests, AreNeverMoreThanThereIsRoomForAndLeaveNothingBehind) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        anteroom::testing::Seeded random(seed);
        House house;
        std::vector<Guests::Id> here;
        for (int i = 0; i < 200; ++i) {
            house.now += seconds(random.below(3));
            const auto id = here.empty() ? 0 : here[random.below(here.size())];
            switch (random.below(5)) {
                case 0: house.guests.leave(id); break;
                case 1: house.guests.prove(id); break;
                case 2: house.guests.step(id, static_cast<Step>(random.below(6)), house.now); break;
                default:
                    if (const auto admission = house.guests.admit("192.0.2." + std::to_string(random.below(4)), house.now); admission.id)
                        here.push_back(*admission.id);
            }
            ASSERT_LE(house.guests.count(), 10u) << seed;
        }
        for (const auto id : here) house.guests.leave(id);
        ASSERT_EQ(house.guests.count(), 0u) << seed;
        for (int i = 0; i < 3; ++i) ASSERT_FALSE(house.guests.admit("192.0.2.1", house.now).goes) << seed << ": its address is free again";
    }
}

}  // namespace
}  // namespace anteroom::web
