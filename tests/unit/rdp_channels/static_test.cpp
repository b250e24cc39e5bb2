// Which static channels there are, and their chunks put together.
#include "tests/unit/rdp_channels/fixture.h"

namespace anteroom::rdp {
namespace {

using namespace testing;

constexpr std::uint32_t first = 1, last = 2;

TEST(OfferedChannels, AreThoseThatThePermitCouldUse) {
    Policy policy{.allow = {"rdp:clipboard:out", "rdp:audio"}};
    EXPECT_THAT(offered({"rdpdr", "rdpsnd", "cliprdr", "drdynvc"}, policy.permits()), ElementsAre("rdpsnd", "cliprdr", "drdynvc"));
    Policy drive{.allow = {"rdp:drive:write"}};
    EXPECT_THAT(offered({"rdpdr", "rdpsnd", "cliprdr"}, drive.permits()), ElementsAre("rdpdr"));
    Policy nothing;
    EXPECT_THAT(offered({"rdpdr", "rdpsnd", "cliprdr"}, nothing.permits()), IsEmpty());
}
TEST(OfferedChannels, LeaveOutUnknownNamesOtherSpellingsAndSecondOnes) {
    Policy policy{.allow = {"rdp:audio", "rdp:clipboard:in"}};
    EXPECT_THAT(offered({"rail", "remdesk", "encomsp", "RDPSND", "rdpsnd ", "", "cliprdr", "cliprdr"}, policy.permits()), ElementsAre("cliprdr"));
}
TEST(OfferedChannels, AskPolicyOnlyForWhatTheClientAskedFor) {
    Policy policy{.allow = {"rdp:audio"}};
    static_cast<void>(offered({"rdpsnd"}, policy.permits()));
    EXPECT_EQ(policy.asked.size(), 1u);
}
TEST(Filters, ThereAreNoneForUnknownChannels) {
    Policy policy;
    for (const auto* name : {"rail", "CLIPRDR", "", "rdpdr2"}) EXPECT_EQ(make_filter(name, {.permits = policy.permits()}), nullptr);
    for (const auto* name : {"cliprdr", "rdpdr", "rdpsnd", "drdynvc"}) EXPECT_NE(make_filter(name, {.permits = policy.permits()}), nullptr);
}

struct Chunks {
    Reassembly reassembly{100};
    // "" while the message is not whole, "!" for an error
    std::string add(std::uint32_t flags, std::uint32_t total, std::string_view text) {
        const auto message = reassembly.add(flags, total, view(text));
        return !message ? "!" : *message == nullptr ? "" : to_string(**message);
    }
};
TEST(Reassembly, PutsChunksTogetherAndBeginsAnew) {
    Chunks chunks;
    EXPECT_EQ(chunks.add(first | last, 3, "one"), "one");
    EXPECT_EQ(chunks.add(first, 9, "one"), "");
    EXPECT_EQ(chunks.add(0, 9, "two"), "");
    EXPECT_EQ(chunks.add(last, 9, "end"), "onetwoend");
    EXPECT_EQ(chunks.add(first | last | 0x10, 2, "ok"), "ok");  // CHANNEL_FLAG_SHOW_PROTOCOL
}
TEST(Reassembly, RefusesTotalsThatAreNotTrue) {
    EXPECT_EQ(Chunks().add(first | last, 4, "one"), "!");
    EXPECT_EQ(Chunks().add(first | last, 2, "one"), "!");
    EXPECT_EQ(Chunks().add(first, 3, "one"), "!");
    EXPECT_EQ(Chunks().add(first | last, 0, ""), "!");
    EXPECT_EQ(Chunks().add(first, 101, "one"), "!");
    EXPECT_EQ(Chunks().add(first, 0xffffffff, "one"), "!");
    Chunks grows;
    EXPECT_EQ(grows.add(first, 6, "one"), "");
    EXPECT_EQ(grows.add(last, 7, "four"), "!");
    Chunks overflows;
    EXPECT_EQ(overflows.add(first, 6, "one"), "");
    EXPECT_EQ(overflows.add(last, 6, "four"), "!");
}
TEST(Reassembly, RefusesChunksOutOfOrder) {
    EXPECT_EQ(Chunks().add(0, 3, "one"), "!");
    EXPECT_EQ(Chunks().add(last, 3, "one"), "!");
    Chunks twice;
    EXPECT_EQ(twice.add(first, 6, "one"), "");
    EXPECT_EQ(twice.add(first, 6, "one"), "!");
    Chunks endless;
    EXPECT_EQ(endless.add(first, 6, "one"), "");
    EXPECT_EQ(endless.add(0, 6, ""), "!");
    EXPECT_EQ(endless.add(last, 6, "two"), "!");  // after an error only a new first one counts
    EXPECT_EQ(endless.add(first | last, 3, "one"), "one");
}
TEST(Reassembly, RefusesCompressedChunks) { EXPECT_EQ(Chunks().add(first | last | 0x00200000, 3, "one"), "!"); }
TEST(Reassembly, NeverHoldsMoreThanItsLimitWhateverComes) {
    for (unsigned seed = 0; seed < 5000; ++seed) {
        std::mt19937 random(seed);
        Reassembly reassembly(64);
        for (unsigned i = 0; i < 20; ++i) {
            const auto message = reassembly.add(static_cast<std::uint32_t>(random() % 4), static_cast<std::uint32_t>(random() % 80), Bytes(random() % 40));
            if (message && *message != nullptr) ASSERT_LE((*message)->size(), 64u);
        }
    }
}

}  // namespace
}  // namespace anteroom::rdp
