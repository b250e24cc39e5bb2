// Nonces: good once, for minutes, for one purpose and one person; and the challenge that a decision makes.
#include "broker/access/challenges.h"

#include <gtest/gtest.h>

#include "broker/access/passkey_factor.h"
#include "tests/unit/base/seeds.h"

namespace anteroom::access {
namespace {

using Purpose = Challenges::Purpose;
using anteroom::testing::Seeded;
using namespace std::chrono_literals;

class ChallengesOf : public ::testing::Test {
protected:
    ManualClock clock{from_micros(1'767'600'000'000'000)};
    Challenges challenges{clock};
};

TEST_F(ChallengesOf, ANonceIsGoodOnceForItsPurposeAndPerson) {
    const auto nonce = challenges.make(Purpose::decision, "dana");
    EXPECT_TRUE(challenges.good(nonce, Purpose::decision, "dana"));
    EXPECT_FALSE(challenges.good(nonce, Purpose::decision, "ruth"));
    EXPECT_FALSE(challenges.good(nonce, Purpose::decision, ""));
    EXPECT_FALSE(challenges.good(nonce, Purpose::registration, "dana"));
    EXPECT_FALSE(challenges.use(nonce, Purpose::decision, "ruth"));
    EXPECT_TRUE(challenges.use(nonce, Purpose::decision, "dana"));
    EXPECT_FALSE(challenges.use(nonce, Purpose::decision, "dana"));
    EXPECT_FALSE(challenges.good(nonce, Purpose::decision, "dana"));
}

TEST_F(ChallengesOf, ANonceEndsAndAChangedWallClockDoesNotMatter) {
    const auto nonce = challenges.make(Purpose::decision, "dana"), sign_in = challenges.make(Purpose::sign_in, ""),
               codes = challenges.make(Purpose::codes, "dana");
    clock.jump_wall(-24h);
    clock.advance(2min - 1us);
    EXPECT_TRUE(challenges.good(nonce, Purpose::decision, "dana"));
    clock.advance(1us);
    EXPECT_FALSE(challenges.good(nonce, Purpose::decision, "dana"));
    EXPECT_TRUE(challenges.good(sign_in, Purpose::sign_in, ""));
    clock.advance(8min);
    EXPECT_FALSE(challenges.good(sign_in, Purpose::sign_in, ""));
    EXPECT_TRUE(challenges.good(codes, Purpose::codes, "dana"));
    clock.advance(5min);
    EXPECT_FALSE(challenges.good(codes, Purpose::codes, "dana"));
}

TEST_F(ChallengesOf, AnotherBrokersNonceOrAChangedOneIsNone) {
    const Challenges other(clock);
    EXPECT_FALSE(challenges.good(other.make(Purpose::decision, "dana"), Purpose::decision, "dana"));
    const auto honest = challenges.make(Purpose::decision, "dana");
    for (std::size_t i = 0; i < honest.size(); ++i) {
        auto changed = honest;
        changed[i] ^= 0x01;
        EXPECT_FALSE(challenges.good(changed, Purpose::decision, "dana")) << i;
    }
    EXPECT_FALSE(challenges.good({}, Purpose::decision, "dana"));
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Seeded random(seed);
        ASSERT_FALSE(challenges.good(random.bytes(random.chance(2) ? 48 : random.below(100)), Purpose::decision, "dana"));
    }
}

TEST_F(ChallengesOf, WhatIsRememberedIsBounded) {
    for (std::size_t i = 0; i < Challenges::most_used; ++i) ASSERT_TRUE(challenges.use(challenges.make(Purpose::decision, "dana"), Purpose::decision, "dana"));
    EXPECT_FALSE(challenges.use(challenges.make(Purpose::decision, "dana"), Purpose::decision, "dana")) << "full: closed, not open";
    clock.advance(2min);
    EXPECT_TRUE(challenges.use(challenges.make(Purpose::decision, "dana"), Purpose::decision, "dana"));
}

TEST_F(ChallengesOf, SecretsFollowFromTheNonceAndTheBroker) {
    const auto nonce = challenges.make(Purpose::codes, "dana");
    EXPECT_EQ(to_bytes(challenges.derived(nonce, 20).expose()), to_bytes(challenges.derived(nonce, 20).expose()));
    EXPECT_NE(to_bytes(challenges.derived(nonce, 20).expose()), to_bytes(challenges.derived(challenges.make(Purpose::codes, "dana"), 20).expose()));
    EXPECT_NE(to_bytes(challenges.derived(nonce, 20).expose()), to_bytes(Challenges(clock).derived(nonce, 20).expose()));
}

// No two decisions have the same challenge, wherever a byte moves from one field to the next.
TEST(DecisionChallenge, EveryFieldCountsAndNoneRunsIntoTheNext) {
    const Decision decision{PersonId("dana"), "POST", "/api/requests/42/approve", "\"7\"", "{\"seconds\":1800}", Bytes(48, 1)};
    const auto honest = challenge_of(decision);
    EXPECT_EQ(honest.size(), 32u);
    EXPECT_EQ(challenge_of(decision), honest);
    std::vector<Decision> others(6, decision);
    others[0].person = PersonId("ruth");
    others[1].method = "GET";
    others[2].path = "/api/requests/43/approve";
    others[3].if_match = "\"8\"";
    others[4].body = "{\"seconds\":1801}";
    others[5].nonce[47] = 2;
    for (const auto& other : others) EXPECT_NE(challenge_of(other), honest);
    auto moved = decision;
    moved.path += moved.if_match;
    moved.if_match.clear();
    EXPECT_NE(challenge_of(moved), honest);
}

}  // namespace
}  // namespace anteroom::access
