// The two openings: what is mended, what is left alone, and that it does not matter how the bytes are cut.
#include "proxies/rdp/front/opening.h"

#include <gtest/gtest.h>

#include "proxies/rdp/front/preamble.h"
#include "tests/unit/base/seeds.h"

namespace anteroom::rdp {
namespace {

using anteroom::testing::Seeded;

Bytes bytes(std::string_view text) { return from_hex(text).value(); }
Bytes tpkt(std::size_t size, std::uint8_t fill) {
    Bytes out(size, fill);
    out[0] = 3, out[1] = 0, out[2] = static_cast<std::uint8_t>(size >> 8), out[3] = static_cast<std::uint8_t>(size);
    return out;
}
Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
const Bytes sound = bytes("0300000c02f0800401000100");
const Bytes rdesktops = bytes("0300000c02f0800400010001");
const Bytes initial = tpkt(400, 0x7f);

// What comes out, cut as `sizes` says; empty where it is refused.
Bytes taken(const Bytes& in, Seeded* random = nullptr) {
    ClientOpening opening;
    Bytes out;
    for (std::size_t at = 0; at < in.size();) {
        const std::size_t size = random == nullptr ? in.size() : 1 + random->below(in.size() - at < 7 ? in.size() - at : 7);
        const auto part = View(in).subspan(at, std::min(size, in.size() - at));
        const auto before = out.size();
        if (!opening.take(part, out)) return {};
        EXPECT_LE(out.size() - before, part.size() + 64);
        at += part.size();
    }
    return out;
}

TEST(ClientOpening, MendsTheErectDomainRequestOfRdesktop) { EXPECT_EQ(taken(initial + rdesktops), initial + sound); }

TEST(ClientOpening, LeavesASoundOneAsItIs) { EXPECT_EQ(taken(initial + sound), initial + sound); }

TEST(ClientOpening, ReplacesAnyOtherFormOfIt) {
    EXPECT_EQ(taken(initial + bytes("0300000e02f080040200010200ff")), initial + sound) << "integers of two bytes";
    EXPECT_EQ(taken(initial + bytes("0300000902f0800400")), initial + sound) << "cut";
    EXPECT_EQ(taken(initial + bytes("0300000802f08004")), initial + bytes("0300000802f08004")) << "nothing behind its head: none";
}

TEST(ClientOpening, MendsOnlyThePacketAfterConnectInitial) {
    EXPECT_EQ(taken(rdesktops + rdesktops + rdesktops), rdesktops + sound + rdesktops);
    EXPECT_EQ(taken(initial + tpkt(12, 1) + rdesktops), initial + tpkt(12, 1) + rdesktops);
    EXPECT_EQ(taken(initial + tpkt(33, 1) + rdesktops), initial + tpkt(33, 1) + rdesktops);
    EXPECT_EQ(taken(initial + tpkt(60'000, 1) + rdesktops), initial + tpkt(60'000, 1) + rdesktops);
}

TEST(ClientOpening, PassesEverythingAfterwardsWhateverItIs) {
    const Bytes rest(5000, 0xa7);
    EXPECT_EQ(taken(initial + rdesktops + rest), initial + sound + rest);
}

TEST(ClientOpening, IsDoneWhenTheSecondPacketHasPassed) {
    ClientOpening opening;
    Bytes out;
    ASSERT_TRUE(opening.take(initial, out));
    EXPECT_FALSE(opening.done());
    ASSERT_TRUE(opening.take(View(rdesktops).first(11), out));
    EXPECT_FALSE(opening.done());
    EXPECT_EQ(out, initial) << "half of it is held";
    ASSERT_TRUE(opening.take(View(rdesktops).last(1), out));
    EXPECT_TRUE(opening.done());
    EXPECT_EQ(out, initial + sound);
}

TEST(ClientOpening, RefusesWhatIsNoTpkt) {
    for (const char* bad : {"4745540d0a0d0a", "0301000c02f080", "160301020001", "0300000602f0", "03000000", "0300000302f0"}) {
        EXPECT_EQ(taken(bytes(bad)), Bytes()) << bad;
        EXPECT_EQ(taken(initial + bytes(bad)), Bytes()) << bad;
    }
}

TEST(ClientOpening, GivesTheSameHoweverTheBytesAreCut) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        Seeded random(seed);
        const Bytes second = random.chance(2) ? rdesktops : tpkt(7 + random.below(60), random.byte());
        const Bytes in = tpkt(7 + random.below(300), random.byte()) + second + random.bytes(random.below(50));
        const Bytes whole = taken(in);
        ASSERT_FALSE(whole.empty());
        ASSERT_EQ(taken(in, &random), whole) << seed;
    }
}

TEST(WorkerOpening, SkipsOneConnectionConfirmHoweverItIsCut) {
    const Bytes confirm = bytes("030000130ed00000123400020008000000000003");  // and one byte more
    for (std::size_t first = 0; first <= confirm.size(); ++first) {
        WorkerOpening opening;
        const auto one = opening.skip(View(confirm).first(first));
        ASSERT_TRUE(one);
        EXPECT_EQ(*one, std::min<std::size_t>(first, 19));
        EXPECT_EQ(opening.done(), first >= 19);
        const auto two = opening.skip(View(confirm).subspan(first));
        ASSERT_TRUE(two);
        EXPECT_EQ(*one + *two, 19u) << "the byte behind it is the client's";
        EXPECT_TRUE(opening.done());
        EXPECT_EQ(opening.skip(confirm).value(), 0u) << "never another one";
    }
}

TEST(WorkerOpening, RefusesWhatIsNoConnectionConfirm) {
    for (const char* bad : {"04", "0301", "03000006", "03000041", "0300ffff", "030000130ee0", "0300001302f080"}) {
        WorkerOpening opening;
        EXPECT_FALSE(opening.skip(bytes(bad))) << bad;
    }
}

TEST(Preamble, IsReadAsItWasWrittenAndNothingElseIs) {
    const Preamble written{.requested_protocols = 0x8000000b, .selected_protocol = 1};
    const auto wire = written.encode();
    EXPECT_EQ(hex(wire), "41524450010000000b00008001000000");
    Preamble read;
    ASSERT_TRUE(Preamble::decode(wire, read));
    EXPECT_EQ(read.requested_protocols, written.requested_protocols);
    EXPECT_EQ(read.selected_protocol, written.selected_protocol);
    for (std::size_t at = 0; at < 8; ++at) {
        auto bad = wire;
        bad[at] ^= 1;
        EXPECT_FALSE(Preamble::decode(bad, read)) << at;
    }
}

}  // namespace
}  // namespace anteroom::rdp
