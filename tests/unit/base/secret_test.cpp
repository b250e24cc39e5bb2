// Secret: what it refuses at compile time, and that it leaves nothing behind where that can be seen.
#include "base/secret.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <sstream>

#include "base/crypto.h"
#include "base/log.h"
#include "base/wire.h"
#include "tests/unit/base/seeds.h"

namespace {

// Every block that this program gives back is looked at while a Watch lives.
constexpr std::string_view mark = "correct horse battery staple";
bool watching = false, found_mark = false;

void look_and_release(void* block) noexcept {
    if (block != nullptr && watching && ::memmem(block, ::malloc_usable_size(block), mark.data(), mark.size()) != nullptr) found_mark = true;
    std::free(block);  // lint: allow banned: this is what operator delete is
}

}  // namespace

void* operator new(std::size_t size) {
    if (void* block = std::malloc(size)) return block;  // lint: allow banned: this is what operator new is
    throw std::bad_alloc();
}
void operator delete(void* block) noexcept { look_and_release(block); }
void operator delete(void* block, std::size_t) noexcept { look_and_release(block); }

namespace anteroom {
namespace {

struct Watch {
    Watch() { found_mark = false, watching = true; }
    ~Watch() { watching = false; }
    bool found() const { return found_mark; }
};

Bytes marked() {
    Bytes bytes(48, 7);
    std::copy(mark.begin(), mark.end(), bytes.begin());
    return bytes;
}

struct Carrier {
    Secret first;
    std::vector<Secret> more;
    std::string tail;
};
BOOST_DESCRIBE_STRUCT(Carrier, (), (first, more, tail))

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

TEST(Wipe, LeavesZeroesAndTakesNothing) {
    std::array<std::uint8_t, 64> kept{};
    kept.fill(0xaa);
    wipe(kept.data(), 63);
    EXPECT_EQ(std::count(kept.begin(), kept.end(), 0), 63);
    EXPECT_EQ(kept[63], 0xaa);
    wipe(nullptr, 0);
}

TEST(FreedMemory, IsSeenByThisTestWhenItStillHoldsASecret) {
    const Watch watch;
    { const Bytes careless = marked(); }
    EXPECT_TRUE(watch.found());
}

TEST(FreedMemory, HoldsNoSecretAfterItsDestructor) {
    const Watch watch;
    { const Secret secret(marked()); }
    EXPECT_FALSE(watch.found());
}

TEST(FreedMemory, HoldsNoSecretThatWasReplacedMovedOrDuplicated) {
    const Watch watch;
    {
        Secret secret(marked());
        Secret other = secret.duplicate();
        other = std::move(secret);
        secret = Secret(marked());
        secret = Secret();
        std::vector<Secret> list;
        for (int i = 0; i < 10; ++i) list.push_back(other.duplicate());
    }
    EXPECT_FALSE(watch.found());
}

TEST(FreedMemory, HoldsNoSecretThatTravelledTheWire) {
    const Watch watch;
    {
        Carrier out;
        out.first = Secret(marked());
        for (int i = 0; i < 5; ++i) out.more.push_back(Secret(marked()));
        out.tail = std::string(5000, 'x');
        Bytes message = wire::encode(out);
        { const auto in = wire::decode<Carrier>(message).value(); }
        { const auto cut = wire::decode<Carrier>(View(message).first(message.size() - 1)); }
        wipe(message.data(), message.size());
    }
    EXPECT_FALSE(watch.found());
}

TEST(FreedMemory, HoldsNoKeyThatWasDerivedOrOpened) {
    const Watch watch;
    {
        const Secret key(marked());
        const auto derived = crypto::hkdf_sha256(key.expose(), view("salt"), view("info"), 64);
        const auto public_key = crypto::ed25519_public_of(key.expose().first(32));
        crypto::AesGcm cipher(key.expose().first(32));
        Bytes sealed(16 + 48), nonce(12);
        ASSERT_TRUE(cipher.seal(nonce, {}, key.expose(), sealed));
        Bytes opened(48);
        ASSERT_TRUE(cipher.open(nonce, {}, sealed, opened));
        wipe(opened.data(), opened.size());
    }
    EXPECT_FALSE(watch.found());
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
