// Dynamic channels: opened by name, known by number, closed by either side; and the monitors of display control.
#include "tests/unit/rdp_channels/fixture.h"

namespace anteroom::rdp {
namespace {

using namespace testing;

const std::string display = "Microsoft::Windows::RDS::DisplayControl";

Bytes caps(std::uint16_t version, bool charges = true) {
    Out out;
    out.u8(0x50).u8(0).u16(version);
    if (charges) out.zeros(8);
    return out.take();
}
Bytes create(std::uint8_t id, std::string_view name) { return Out().u8(0x10).u8(id).bytes(view(name)).u8(0).take(); }
Bytes created(std::uint8_t id, std::uint32_t status = 0) { return Out().u8(0x10).u8(id).u32(status).take(); }
Bytes data(std::uint8_t id, View payload) { return Out().u8(0x30).u8(id).bytes(payload).take(); }
Bytes data(std::uint8_t id, std::string_view payload) { return data(id, view(payload)); }
Bytes first(std::uint8_t id, std::uint16_t total, std::string_view payload) { return Out().u8(0x24).u8(id).u16(total).bytes(view(payload)).take(); }
Bytes closed(std::uint8_t id) { return {0x40, id}; }

struct Dynamic : Rig {
    explicit Dynamic(std::set<std::string> allow, std::uint64_t limit = 0) : Rig("drdynvc", std::move(allow), false, limit) {}
    Dynamic& open(std::uint8_t id, std::string_view name) {
        EXPECT_TRUE(unchanged(out, create(id, name)));
        EXPECT_TRUE(unchanged(in, created(id)));
        return *this;
    }
    // Answered with a failure in the client's place.
    bool fails(const Bytes& message) {
        const auto passed = pass(out, message);
        return passed.forward.empty() && passed.back == std::vector<Bytes>{Out().u8(message[0]).u8(message[1]).u32(0xC0000001).take()};
    }
};

TEST(DynamicChannels, OpenByNameAndCarryData) {
    Dynamic rig({"rdp:dynamic:ECHO"});
    rig.open(3, "ECHO");
    EXPECT_TRUE(rig.unchanged(in, data(3, "hello")));
    EXPECT_TRUE(rig.unchanged(out, data(3, "hello")));
    EXPECT_TRUE(rig.unchanged(in, closed(3)));
    EXPECT_TRUE(rig.silent(in, data(3, "late")));
    EXPECT_TRUE(rig.silent(out, data(3, "late")));
    EXPECT_TRUE(rig.silent(in, closed(3)));
    EXPECT_TRUE(rig.unchanged(out, closed(3)));
    EXPECT_TRUE(rig.silent(out, closed(3)));
    rig.open(3, "ECHO");
}
TEST(DynamicChannels, WithoutTheirNameInThePermitAreAnsweredAndNotForwarded) {
    Dynamic rig({"rdp:dynamic:ECHO", "rdp:display"});
    EXPECT_TRUE(rig.fails(create(1, "URBDRC")));
    EXPECT_TRUE(rig.fails(create(2, "echo")));
    EXPECT_TRUE(rig.silent(in, data(1, "hello")));
    EXPECT_TRUE(rig.refuses(in, created(1)));
}
TEST(DynamicChannels, GraphicsNeverPassWhateverIsPermitted) {
    Dynamic rig({"rdp:dynamic", "rdp:display", "rdp:audio"});
    EXPECT_TRUE(rig.fails(create(1, "Microsoft::Windows::RDS::Graphics")));
    EXPECT_EQ(rig.policy.times("rdp:dynamic"), 0u);
}
TEST(DynamicChannels, DisplayAndSoundHaveCapabilitiesOfTheirOwn) {
    Dynamic rig({"rdp:display", "rdp:audio"});
    rig.open(1, display).open(2, "AUDIO_PLAYBACK_DVC").open(3, "AUDIO_PLAYBACK_LOSSY_DVC");
    Dynamic neither({"rdp:dynamic"});
    EXPECT_TRUE(neither.fails(create(1, display)));
    EXPECT_TRUE(neither.fails(create(2, "AUDIO_PLAYBACK_DVC")));
}
TEST(DynamicChannels, TellThePersonOfWhatTheyWouldKnow) {
    Dynamic rig({});
    EXPECT_THAT(rig.pass(out, create(1, "AUDIO_INPUT")).refusals, ElementsAre(HasSubstr("microphone")));
    EXPECT_THAT(rig.pass(out, create(1, "RDCamera_Device_Enumerator")).refusals, ElementsAre(HasSubstr("camera")));
    EXPECT_THAT(rig.pass(out, create(1, "Microsoft::Windows::RDS::Telemetry")).refusals, IsEmpty());
}
TEST(DynamicChannels, AskPolicyOnceForEachName) {
    Dynamic rig({});
    for (unsigned i = 0; i < 50; ++i) EXPECT_TRUE(rig.fails(create(1, "ECHO")));
    EXPECT_EQ(rig.policy.asked.size(), 1u);
    for (unsigned i = 0; i < 5000; ++i) EXPECT_TRUE(rig.fails(create(1, "ECHO" + std::to_string(i))));
    EXPECT_LE(rig.policy.asked.size(), 512u);
}
TEST(DynamicChannels, OddNamesAreRefused) {
    Dynamic rig({"rdp:dynamic"});
    EXPECT_TRUE(rig.fails(create(1, "")));
    EXPECT_TRUE(rig.fails(create(1, "EC HO")));
    EXPECT_TRUE(rig.fails(create(1, "EC\nHO")));
    EXPECT_TRUE(rig.fails(create(1, "EC\xc3\xa4HO")));
    EXPECT_TRUE(rig.fails(create(1, std::string(256, 'E'))));
    EXPECT_TRUE(rig.fails(create(1, std::string("ECHO\0behind", 11))));
    EXPECT_TRUE(rig.fails(Out().u8(0x10).u8(1).bytes(view("ECHO")).take()));  // no NUL
    EXPECT_THAT(rig.policy.asked, IsEmpty());
    rig.open(1, std::string(255, 'E'));
}
TEST(DynamicChannels, OneNameIsOpenOnceAndOneNumberIsOneChannel) {
    Dynamic rig({"rdp:dynamic"});
    rig.open(1, "ECHO");
    EXPECT_TRUE(rig.fails(create(2, "ECHO")));
    EXPECT_TRUE(rig.refuses(out, create(1, "OTHER")));
}
TEST(DynamicChannels, ThereAreOnlySoMany) {
    Dynamic rig({"rdp:dynamic"});
    const auto wide = [](unsigned id, const std::string& name) { return Out().u8(0x11).u16(static_cast<std::uint16_t>(id)).bytes(view(name)).u8(0).take(); };
    for (unsigned i = 0; i < 256; ++i) EXPECT_THAT(rig.pass(out, wide(i, "C" + std::to_string(i))).forward, SizeIs(1));
    EXPECT_THAT(rig.pass(out, wide(256, "C256")).back, SizeIs(1));
}
TEST(DynamicChannels, NumbersOfEverySizeAreTheSameNumber) {
    Dynamic rig({"rdp:dynamic:ECHO"});
    EXPECT_TRUE(rig.unchanged(out, Out().u8(0x12).u32(7).bytes(view("ECHO")).u8(0).take()));
    EXPECT_TRUE(rig.unchanged(in, Out().u8(0x11).u16(7).u32(0).take()));
    EXPECT_TRUE(rig.unchanged(in, data(7, "hello")));
    EXPECT_TRUE(rig.unchanged(in, Out().u8(0x32).u32(7).bytes(view("hello")).take()));
    EXPECT_TRUE(rig.refuses(in, Out().u8(0x33).u32(7).u32(0).take()));  // no such size
}
TEST(DynamicChannels, DataWaitsForTheClientsAnswer) {
    Dynamic rig({"rdp:dynamic:ECHO"});
    EXPECT_TRUE(rig.unchanged(out, create(1, "ECHO")));
    EXPECT_TRUE(rig.silent(out, data(1, "early")));
    EXPECT_TRUE(rig.silent(in, data(1, "early")));
    EXPECT_TRUE(rig.unchanged(in, created(1, 0xC0000001)));
    EXPECT_TRUE(rig.silent(out, data(1, "refused")));
    EXPECT_TRUE(rig.refuses(in, created(1)));
    rig.open(1, "ECHO");
    EXPECT_TRUE(rig.refuses(in, created(1)));
}
TEST(DynamicChannels, MessagesInPartsMustKeepToTheirTotal) {
    const auto rig = [] { return Dynamic({"rdp:dynamic:ECHO"}); };
    auto good = rig();
    good.open(1, "ECHO");
    EXPECT_TRUE(good.unchanged(in, first(1, 10, "hello")));
    EXPECT_TRUE(good.unchanged(out, first(1, 7, "hello")));  // each direction by itself
    EXPECT_TRUE(good.unchanged(in, data(1, "world")));
    EXPECT_TRUE(good.unchanged(in, data(1, "a whole one again")));
    auto longer = rig();
    longer.open(1, "ECHO");
    EXPECT_TRUE(longer.unchanged(in, first(1, 8, "hello")));
    EXPECT_TRUE(longer.refuses(in, data(1, "world")));
    auto again = rig();
    again.open(1, "ECHO");
    EXPECT_TRUE(again.unchanged(in, first(1, 8, "hello")));
    EXPECT_TRUE(again.refuses(in, first(1, 8, "hello")));
    auto lies = rig();
    lies.open(1, "ECHO");
    EXPECT_TRUE(lies.refuses(in, first(1, 4, "hello")));
    EXPECT_TRUE(lies.refuses(in, first(1, 0, "")));
    EXPECT_TRUE(lies.refuses(in, Out().u8(0x28).u8(1).u32(0xffffffff).bytes(view("hello")).take()));
    EXPECT_TRUE(lies.refuses(in, Out().u8(0x2c).u8(1).u32(5).bytes(view("hello")).take()));  // no such length field
}
TEST(DynamicChannels, NeverAgreeOnCompressionNorOnAnotherTransport) {
    Dynamic rig({"rdp:dynamic:ECHO"});
    EXPECT_THAT(rig.pass(out, caps(3)).forward, ElementsAre(caps(2)));
    EXPECT_THAT(rig.pass(in, Out().u8(0x5c).u8(0).u16(3).take()).forward, ElementsAre(Out().u8(0x5c).u8(0).u16(2).take()));
    rig.open(1, "ECHO");
    EXPECT_TRUE(rig.refuses(in, Out().u8(0x70).u8(1).u32(0).take()));
    EXPECT_TRUE(rig.refuses(out, Out().u8(0x60).u8(1).u8(9).u32(0).take()));
    EXPECT_TRUE(rig.silent(out, Out().u8(0x80).zeros(12).take()));  // Soft-Sync
    EXPECT_TRUE(rig.silent(in, Out().u8(0x90).zeros(12).take()));
}
TEST(DynamicChannels, VersionOneHasNoCharges) {
    Dynamic rig({});
    EXPECT_TRUE(rig.unchanged(out, caps(1, false)));
    EXPECT_THAT(rig.pass(in, caps(2, false)).forward, ElementsAre(caps(1, false)));
    EXPECT_TRUE(rig.refuses(out, caps(2, false)));
    EXPECT_TRUE(rig.refuses(out, caps(0)));
    EXPECT_TRUE(Dynamic({}).refuses(in, caps(2, false)));
}
TEST(DynamicChannels, OverTheLimitAreClosedOnBothSides) {
    Dynamic rig({"rdp:dynamic:ECHO"}, 10);
    rig.open(1, "ECHO");
    EXPECT_TRUE(rig.unchanged(in, data(1, "0123456789")));
    EXPECT_TRUE(rig.unchanged(out, data(1, "0123456789")));
    const auto passed = rig.pass(in, data(1, "x"));
    EXPECT_THAT(passed.forward, ElementsAre(closed(1)));
    EXPECT_THAT(passed.back, ElementsAre(closed(1)));
    EXPECT_THAT(passed.refusals, ElementsAre(HasSubstr("limit")));
    EXPECT_TRUE(rig.silent(in, data(1, "x")));
    EXPECT_EQ(rig.policy.times("rdp:channel"), 1u);  // in the audit log
}

struct Monitor {
    std::uint32_t flags = 0, left = 0, width = 1280, height = 800;
};
Bytes layout(const std::vector<Monitor>& monitors) {
    Out out;
    out.u32(2).u32(static_cast<std::uint32_t>(16 + 40 * monitors.size())).u32(40).u32(static_cast<std::uint32_t>(monitors.size()));
    for (const auto& m : monitors) out.u32(m.flags).u32(m.left).u32(0).u32(m.width).u32(m.height).u32(300).u32(200).u32(0).u32(100).u32(100);
    return out.take();
}
struct Display : Dynamic {
    Display() : Dynamic({"rdp:display"}) { open(1, display); }
};
TEST(DisplayControl, OneMonitorPassesAsItIs) {
    Display rig;
    EXPECT_TRUE(rig.unchanged(out, data(1, Out().u32(5).u32(20).u32(16).u32(4096).u32(4096).take())));
    EXPECT_TRUE(rig.unchanged(in, data(1, layout({{.flags = 1}}))));
}
TEST(DisplayControl, SeveralMonitorsBecomeThePrimaryOneAndThePersonIsTold) {
    Display rig;
    const auto passed = rig.pass(in, data(1, layout({{.left = 1920, .width = 1920}, {.flags = 1, .width = 1600, .height = 1200}})));
    EXPECT_THAT(passed.forward, ElementsAre(data(1, layout({{.flags = 1, .width = 1600, .height = 1200}}))));
    EXPECT_THAT(passed.refusals, ElementsAre("Several monitors were asked for; this session shows one."));
}
TEST(DisplayControl, PutsThePrimaryWhereItBelongs) {
    Display rig;
    EXPECT_THAT(rig.pass(in, data(1, layout({{.flags = 0, .left = 77, .width = 1281}}))).forward, ElementsAre(data(1, layout({{.flags = 1}}))));
}
TEST(DisplayControl, ImpossibleSizesDoNotPass) {
    for (const std::uint32_t size : {0u, 199u, 8193u, 0xffffffffu}) {
        Display rig;
        EXPECT_TRUE(rig.silent(in, data(1, layout({{.flags = 1, .width = size}}))));
        EXPECT_TRUE(rig.silent(in, data(1, layout({{.flags = 1, .height = size}}))));
    }
}
TEST(DisplayControl, CountsThatLieAreRefused) {
    const auto patched = [](std::size_t at, std::uint8_t value) {
        Bytes message = layout({{.flags = 1}});
        message[at] = value;
        return data(1, message);
    };
    for (const auto& message : {patched(4, 57), patched(8, 39), patched(12, 0), patched(12, 2), patched(15, 0xff), data(1, layout({})), data(1, "short")}) {
        Display rig;
        EXPECT_TRUE(rig.refuses(in, message));
    }
    Display target;
    EXPECT_TRUE(target.refuses(out, data(1, Out().u32(5).u32(16).u32(16).u32(4096).take())));
    EXPECT_TRUE(target.silent(out, data(1, layout({{.flags = 1}}))));
    EXPECT_TRUE(target.silent(in, data(1, Out().u32(5).u32(20).zeros(12).take())));
}
TEST(DisplayControl, InPartsIsJudgedWhole) {
    Display rig;
    const auto whole = to_string(layout({{.flags = 1}, {.left = 1280}}));
    EXPECT_TRUE(rig.silent(in, first(1, static_cast<std::uint16_t>(whole.size()), whole.substr(0, 20))));
    EXPECT_THAT(rig.pass(in, data(1, whole.substr(20))).forward, ElementsAre(data(1, layout({{.flags = 1}}))));
    EXPECT_TRUE(rig.refuses(in, first(1, 5000, "")));
}

TEST(DynamicChannels, SurviveAnything) {
    const Story story{{out, caps(2)},
                      {in, caps(2, false)},
                      {out, create(1, display)},
                      {in, created(1)},
                      {out, create(2, "ECHO")},
                      {in, created(2)},
                      {out, data(1, Out().u32(5).u32(20).zeros(12).take())},
                      {in, data(1, layout({{.flags = 1}, {.left = 1280}}))},
                      {in, first(2, 10, "hello")},
                      {in, data(2, "world")},
                      {out, closed(2)},
                      {in, closed(2)}};
    survives_anything("drdynvc", {"rdp:display", "rdp:dynamic"}, story, 6000);
}

}  // namespace
}  // namespace anteroom::rdp
