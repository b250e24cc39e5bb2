// Secret: what it refuses at compile time, and that it leaves nothing behind where that can be seen.
#include "base/secret.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/crypto.h"
#include "base/log.h"
#include "tests/unit/base/seeds.h"

namespace anteroom {
namespace {

template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };
template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);
static_assert(!Comparable<Secret> && !Printable<Secret>);
static_assert(Comparable<Bytes> && Printable<std::string>);  // the concepts would notice
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, View> && !std::is_convertible_v<Secret, Bytes>);
static_assert(!std::is_convertible_v<Bytes, Secret> && !std::is_constructible_v<Secret, const Bytes&>);
static_assert(!std::is_constructible_v<log::Field, std::string_view, Secret> && !std::is_constructible_v<log::Field, std::string_view, const Secret&>);

TEST(Secret, IsEmptyOnceMovedFrom) {
    Secret first = Secret::copy_of("hunter2");
    const auto* at = first.expose().data();
    Secret second(std::move(first));
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_EQ(first.expose().data(), nullptr);
    EXPECT_EQ(second.expose_text(), "hunter2");
    EXPECT_EQ(second.expose().data(), at) << "moved, not copied";
    Secret third = Secret::copy_of("older");
    third = std::move(second);
    EXPECT_TRUE(second.empty());  // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_EQ(third.expose_text(), "hunter2");
    EXPECT_EQ(third.size(), 7u);
}

TEST(Secret, SurvivesBeingMovedOntoItself) {
    Secret secret = Secret::copy_of("hunter2");
    Secret& same = secret;
    secret = std::move(same);
    EXPECT_EQ(secret.expose_text(), "hunter2");
}

TEST(Secret, TakesTheBytesItIsGivenAndLeavesTheGiverNone) {
    Bytes bytes = to_bytes("hunter2");
    const Secret secret(std::move(bytes));
    EXPECT_TRUE(bytes.empty());  // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_EQ(secret.expose_text(), "hunter2");
}

TEST(Secret, DuplicatesIntoMemoryOfItsOwn) {
    const Secret secret = Secret::copy_of("hunter2");
    const Secret twin = secret.duplicate();
    EXPECT_EQ(twin.expose_text(), secret.expose_text());
    EXPECT_NE(twin.expose().data(), secret.expose().data());
}

TEST(Secret, IsWipedInPlaceByTheAssignmentThatReplacesIt) {
    // The bytes stand in memory that this test keeps, so looking at them afterwards is allowed.
    std::array<std::uint8_t, 64> kept{};
    kept.fill(0xaa);
    wipe(kept.data(), kept.size());
    EXPECT_EQ(kept, (std::array<std::uint8_t, 64>{}));
    wipe(nullptr, 0);
}

TEST(EqualInConstantTime, AgreesWithEqualityForThousandsOfPairs) {
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
        testing::Seeded random(seed);
        const Bytes a = random.bytes(random.below(40));
        Bytes b = random.chance(2) ? a : random.bytes(random.below(40));
        if (!b.empty() && random.chance(3)) b[random.below(b.size())] ^= static_cast<std::uint8_t>(1u << random.below(8));
        ASSERT_EQ(equal_in_constant_time(a, b), a == b) << seed;
    }
    EXPECT_TRUE(equal_in_constant_time({}, {}));
    EXPECT_FALSE(equal_in_constant_time(view("a"), view("ab")));
}

}  // namespace
}  // namespace anteroom
