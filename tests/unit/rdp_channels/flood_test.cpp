// A client that asks for what is refused, without end, and reads nothing of what it is answered: what is kept for it has a bound.
#include "tests/unit/rdp_channels/fixture.h"

namespace anteroom::rdp {
namespace {

using namespace testing;

Bytes clip(std::uint16_t type, const Bytes& body = {}) { return Out().u16(type).u16(0).u32(static_cast<std::uint32_t>(body.size())).bytes(body).take(); }
Bytes devices(std::uint32_t count) {
    Out out;
    out.u16(0x4472).u16(0x4441).u32(count);
    for (std::uint32_t i = 0; i < count; ++i) out.u32(8).u32(i).bytes(view("share")).zeros(3).u32(0);
    return out.take();
}
struct Flood {
    const char* channel;
    std::string what;
    Bytes message;
};
const std::vector<Flood> floods{{"cliprdr", "requests for text", clip(4, Out().u32(13).take())},
                                {"cliprdr", "lists of formats", clip(2, Out().u32(8).u16(0).take())},
                                {"cliprdr", "requests for files", clip(8, Bytes(24))},
                                {"rdpdr", "one device", devices(1)},
                                {"rdpdr", "many devices", devices(1000)}};

TEST(AClientThatReadsNothing, IsAnsweredOnlySoOftenAndThenItsChannelEnds) {
    for (const auto& flood : floods) {
        Rig rig(flood.channel, {"rdp:printer"});
        // Its beginning: the first list of formats goes on whatever it holds.
        if (rig.filter->pass(in, flood.message)) static_cast<void>(rig.filter->pass(out, clip(3)));
        std::size_t kept = 0, asked = 0;
        bool ended = false;
        for (; asked < 500000 && !ended; ++asked) {
            const auto passed = rig.filter->pass(in, flood.message);
            ended = !passed;
            if (passed)
                for (const auto& answer : passed->back) kept += answer.size() + 64;
        }
        EXPECT_TRUE(ended) << flood.what;
        EXPECT_LE(kept, 5u << 20) << flood.what;
        EXPECT_TRUE(rig.refuses(in, flood.message)) << flood.what;
    }
}
TEST(AClientThatReadsNothing, IsWhoTheTargetIsNotHeardFor) {
    // The relay hears a target only while the client reads: a client that does may ask as often as it likes.
    Rig rig("cliprdr", {"rdp:printer"});
    const Bytes ask = clip(4, Out().u32(13).take());
    for (unsigned i = 0; i < 300000; ++i) {
        ASSERT_THAT(rig.pass(in, ask).back, SizeIs(1));
        if (i % 20000 == 0) rig.pass(out, clip(3));
    }
}
TEST(AClientThatReadsNothing, IsNotAPersonWhoTriesAgainAndAgain) {
    Rig rig("cliprdr", {"rdp:printer"});
    for (unsigned i = 0; i < 20000; ++i) ASSERT_THAT(rig.pass(in, clip(4, Out().u32(13).take())).back, SizeIs(1));
}
TEST(AClientThatReadsNothing, MixesItsFloodAsItLikes) {
    for (unsigned seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(seed);
        Rig rig("cliprdr", {"rdp:printer"});
        std::size_t kept = 0;
        // A short flood each, so that thousands of minds fit: nothing answered is longer than what was asked, nor more often.
        for (unsigned i = 0; i < 40; ++i) {
            const auto& message = floods[random() % 3].message;
            const auto passed = rig.filter->pass(in, random() % 3 == 0 ? mutated(message, random) : message);
            if (!passed) continue;
            ASSERT_LE(passed->back.size(), 1u);
            for (const auto& answer : passed->back) kept += answer.size();
        }
        ASSERT_LE(kept, 40u * 12);
    }
}
TEST(AClientThatReadsNothing, CannotAnnounceMoreDevicesThanAMachineHas) {
    Rig rig("rdpdr", {"rdp:printer"});
    EXPECT_TRUE(rig.refuses(in, devices(1025)));
    EXPECT_THAT(rig.pass(in, devices(1024)).back, SizeIs(1024));
}

}  // namespace
}  // namespace anteroom::rdp
