// Sound: the same rule on its static channel and on both dynamic ones, against a client and a target that work together.
#include "tests/unit/rdp_channels/fixture.h"

namespace anteroom::rdp {
namespace {

using namespace testing;
using namespace std::chrono_literals;

Bytes message(std::uint8_t type, const Bytes& body) { return Out().u8(type).u8(0).u16(static_cast<std::uint16_t>(body.size())).bytes(body).take(); }
Bytes wave2(std::uint8_t block, std::size_t size) { return message(13, Out().u16(7).u16(0).u8(block).zeros(3).u32(0).zeros(size).take()); }
Bytes confirm(std::uint8_t block, std::uint16_t time = 7) { return message(5, Out().u16(time).u8(block).u8(0).take()); }
Bytes training(std::uint32_t what = 0) { return message(6, Out().u32(what).take()); }
Bytes quality(std::uint16_t mode = 2) { return message(12, Out().u16(mode).u16(0).take()); }
Bytes formats(unsigned count = 2, std::size_t more = 0, std::uint16_t port = 0) {
    Out body;
    body.u32(3).u32(0xffffffff).u32(0).u16(port).u16(static_cast<std::uint16_t>(count)).u8(0).u16(6).u8(0);
    for (unsigned i = 0; i < count; ++i) body.u16(1).u16(2).u32(44100).u32(176400).u16(4).u16(16).u16(static_cast<std::uint16_t>(more)).zeros(more);
    return message(7, body.take());
}

// One of the channels of sound. On a dynamic one each message is one piece unless a test cuts it.
struct Carrier : Rig {
    bool dynamic = false;
    explicit Carrier(const std::string& name, std::set<std::string> allow = {"rdp:audio"}, std::uint64_t limit = 0)
        : Rig(name == "rdpsnd" ? "rdpsnd" : "drdynvc", std::move(allow), false, limit), dynamic(name != "rdpsnd") {
        if (!dynamic) return;
        pass(out, Out().u8(0x10).u8(1).bytes(view(name)).u8(0).take());
        pass(in, Out().u8(0x10).u8(1).u32(0).take());
    }
    Bytes wrapped(const Bytes& message) const { return dynamic ? Out().u8(0x30).u8(1).bytes(message).take() : message; }
    Passed send(Way way, const Bytes& message) { return pass(way, wrapped(message)); }
    bool passes(Way way, const Bytes& message) { return unchanged(way, wrapped(message)); }
    bool becomes(Way way, const Bytes& message, const Bytes& other) { return send(way, message).forward == std::vector<Bytes>{wrapped(other)}; }
    bool goes_nowhere(Way way, const Bytes& message) { return silent(way, wrapped(message)); }
    bool lies(Way way, const Bytes& message) { return refuses(way, wrapped(message)); }
    std::size_t audited() const { return policy.times("rdp:channel"); }
};
const std::vector<std::string> channels{"rdpsnd", "AUDIO_PLAYBACK_DVC", "AUDIO_PLAYBACK_LOSSY_DVC"};

class Sound : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(OnEachChannel, Sound, ::testing::ValuesIn(channels));

TEST(SoundOnItsStaticChannel, PassesOnlyWithItsCapability) {
    Rig refused("rdpsnd", {"rdp:clipboard:in"});
    const auto passed = refused.pass(out, training());
    EXPECT_THAT(passed.forward, IsEmpty());
    EXPECT_THAT(passed.refusals, ElementsAre(HasSubstr("Sound")));
    EXPECT_TRUE(refused.silent(in, formats()));
    Carrier permitted("rdpsnd");
    EXPECT_TRUE(permitted.passes(out, training()));
    EXPECT_EQ(permitted.policy.asked.size(), 1u);
}
TEST(SoundOnItsStaticChannel, LetsTheWaveBehindItsInfoPassAsItIs) {
    Rig rig("rdpsnd", {"rdp:audio"});
    EXPECT_TRUE(rig.unchanged(out, Out().u8(2).u8(0).u16(100).zeros(12).take()));
    EXPECT_TRUE(rig.unchanged(out, Bytes(92, 0x29)));
    EXPECT_TRUE(rig.silent(out, Bytes(92, 0x29)));  // a head again, of no known type
}

TEST_P(Sound, IsNegotiatedTrainedPlayedAndConfirmed) {
    Carrier rig(GetParam());
    EXPECT_TRUE(rig.passes(out, formats(20, 32)));
    EXPECT_TRUE(rig.passes(in, formats(20, 32)));
    EXPECT_TRUE(rig.passes(in, quality()));
    EXPECT_TRUE(rig.passes(out, training(0x04000123)));
    EXPECT_TRUE(rig.passes(in, training(0x04000123)));
    for (unsigned i = 0; i < 600; ++i) {
        EXPECT_TRUE(rig.passes(out, wave2(static_cast<std::uint8_t>(i), 1400)));
        EXPECT_TRUE(rig.passes(in, confirm(static_cast<std::uint8_t>(i), 99)));
    }
    EXPECT_TRUE(rig.passes(out, message(3, Bytes(4))));
    EXPECT_TRUE(rig.passes(out, message(1, {})));
    EXPECT_EQ(rig.audited(), 0u);
}
TEST_P(Sound, CarriesNothingInThatWasNotAskedFor) {
    Carrier rig(GetParam());
    for (const auto& unasked : {formats(), quality(), training(), confirm(3)}) EXPECT_TRUE(rig.goes_nowhere(in, unasked));
    EXPECT_TRUE(rig.passes(out, wave2(3, 100)));
    EXPECT_TRUE(rig.goes_nowhere(in, confirm(4)));
    EXPECT_TRUE(rig.passes(in, confirm(3)));
    EXPECT_TRUE(rig.goes_nowhere(in, confirm(3)));
    EXPECT_TRUE(rig.passes(out, formats()));
    EXPECT_TRUE(rig.passes(in, formats()));
    EXPECT_TRUE(rig.goes_nowhere(in, formats()));
    EXPECT_TRUE(rig.goes_nowhere(in, quality(3)));
    EXPECT_TRUE(rig.passes(in, quality(0)));
    EXPECT_TRUE(rig.passes(in, quality(1)));
    EXPECT_TRUE(rig.goes_nowhere(in, quality(1)));
}
TEST_P(Sound, CarriesNoRecordingIn) {
    Carrier rig(GetParam());
    EXPECT_TRUE(rig.goes_nowhere(in, message(41, Bytes(4))));  // xrdp's SNDC_REC_DATA
    EXPECT_TRUE(rig.goes_nowhere(in, message(2, Bytes(1000))));
    EXPECT_TRUE(rig.goes_nowhere(in, wave2(1, 1000)));
}
TEST_P(Sound, AnAnswerIsAsLongAsItSaysAndNoLongerThanItsTypeNeeds) {
    const auto sized = [](std::uint8_t type, std::uint16_t says, std::size_t is) { return Out().u8(type).u8(0).u16(says).zeros(is).take(); };
    for (const std::uint8_t type : {5, 6, 7, 12})
        for (const auto& lie :
             {sized(type, 0, 1500), sized(type, 4, 13), sized(type, 5, 4), sized(type, 1500, 1500), sized(type, 3, 3), sized(type, 0xffff, 4)}) {
            Carrier rig(GetParam());
            for (const auto& asks : {formats(), training(), wave2(0, 8)}) rig.send(out, asks);
            EXPECT_TRUE(rig.lies(in, lie)) << int{type};
        }
    for (const Bytes& lie : {cut(formats(), 41), formats(200, 20), joined(formats(0), Bytes(1)), Bytes{7, 0}}) {
        Carrier rig(GetParam());
        rig.send(out, formats());
        const auto sent = rig.filter->pass(in, rig.wrapped(lie));
        EXPECT_TRUE(!sent || sent->forward.empty() || sent->forward.front().size() < rig.wrapped(lie).size());
    }
}
TEST_P(Sound, PaddingAndWhatNobodyReadsAreNotCarried) {
    Carrier rig(GetParam());
    for (const auto& asks : {formats(), training(0x11112222), wave2(9, 8)}) rig.send(out, asks);
    EXPECT_TRUE(rig.becomes(in, joined(formats(2, 0, 4711), Bytes(8, 0x55)), formats()));
    EXPECT_TRUE(rig.becomes(in, training(0x33334444), training(0x11112222)));
    Bytes odd = confirm(9);
    odd[1] = odd[7] = 0x55;
    EXPECT_TRUE(rig.becomes(in, odd, confirm(9)));
}
TEST_P(Sound, FormatsAreSaidOnlySoOften) {
    Carrier rig(GetParam());
    std::size_t said = 0, told = 0;
    for (unsigned i = 0; i < 5000; ++i) {
        rig.now += 1s;
        rig.send(out, formats(0));
        const auto passed = rig.send(in, formats(50, 10));
        for (const auto& one : passed.forward)
            if (one.size() > 100) said += one.size();
        told += passed.refusals.size();
    }
    EXPECT_GT(said, 10u << 10);
    EXPECT_LE(said, 40u << 10);
    EXPECT_GE(told, 1u);
    EXPECT_EQ(rig.audited(), 1u);
}
TEST_P(Sound, ThatIsPlayedForHoursIsNeverTooMuch) {
    Carrier rig(GetParam());
    // 48 kHz stereo of 16 bits in pieces of 20 ms; now and then a client stalls for ten seconds and gets it all at once.
    for (unsigned i = 0, behind = 0; i < 50 * 3600 / 10; ++i) {
        rig.now += 20ms;
        ++behind;
        if (i % 1000 > 500) continue;
        for (; behind > 0; --behind) ASSERT_TRUE(rig.passes(out, wave2(static_cast<std::uint8_t>(i), 3840)));
    }
    EXPECT_EQ(rig.audited(), 0u);
}
TEST_P(Sound, ThatCannotBePlayedIsStoppedAuditedAndThePersonTold) {
    Carrier rig(GetParam());
    std::size_t carried = 0;
    std::vector<std::string> told;
    for (unsigned i = 0; i < 3000; ++i) {
        rig.now += 10ms;  // 6 MB a second
        const auto passed = rig.send(out, wave2(static_cast<std::uint8_t>(i), 60000));
        for (const auto& one : passed.forward) carried += one.size();
        told.insert(told.end(), passed.refusals.begin(), passed.refusals.end());
    }
    EXPECT_GT(carried, 1u << 20);
    EXPECT_LE(carried, 10u << 20);
    ASSERT_THAT(told, Not(IsEmpty()));
    EXPECT_THAT(told.front(), HasSubstr("sound of this session was stopped"));
    EXPECT_EQ(rig.audited(), 1u);
    rig.now += 24h;
    EXPECT_TRUE(rig.goes_nowhere(out, wave2(1, 100)));
}
// The smallest questions, as fast as may be: what answers bring in stays below what is typed.
TEST_P(Sound, AnswersAreEarnedAtTheRateOfSound) {
    Carrier rig(GetParam());
    std::size_t answers = 0;
    for (unsigned i = 0; i < 200000; ++i) {
        if (i % 1000 == 0) rig.now += 100ms;  // 10,000 a second
        rig.send(out, message(13, Out().zeros(9).take()));
        answers += rig.send(in, confirm(0)).forward.size() == 1 ? 1 : 0;
    }
    EXPECT_GT(answers, 1000u);
    EXPECT_LE(answers, 20000u);
    EXPECT_EQ(rig.audited(), 1u);
}
TEST_P(Sound, AByteLimitOfTheSessionDoesNotSilenceIt) {
    Carrier rig(GetParam(), {"rdp:audio"}, 1000);
    for (unsigned i = 0; i < 20; ++i) EXPECT_TRUE(rig.passes(out, wave2(static_cast<std::uint8_t>(i), 1500)));
}
TEST_P(Sound, OfNoKnownTypeOrOfAnImpossibleLengthDoesNotPass) {
    Carrier rig(GetParam());
    for (const std::uint8_t type : {0, 5, 10, 11, 12, 14, 41, 255}) EXPECT_TRUE(rig.goes_nowhere(out, message(type, Bytes(1500)))) << int{type};
    EXPECT_TRUE(rig.lies(out, Bytes{2, 0}));
    EXPECT_TRUE(rig.lies(out, message(13, Bytes(4))));
    EXPECT_TRUE(rig.lies(out, Bytes(70000, 13)));
}
// Whatever a client of any mind says: towards the target goes only what was earned, exactly as long as its head says.
TEST_P(Sound, HoldsAgainstAClientThatSaysAnything) {
    for (unsigned seed = 0; seed < 3000; ++seed) {
        std::mt19937 random(seed);
        Carrier rig(GetParam());
        std::size_t earned = 0, answered = 0;
        for (unsigned i = 0; i < 60; ++i) {
            const std::array asks{formats(random() % 3), training(static_cast<std::uint32_t>(random())),
                                  wave2(static_cast<std::uint8_t>(random()), random() % 50)};
            const std::array answers{formats(random() % 4, random() % 9, 5), training(1), quality(static_cast<std::uint16_t>(random() % 4)),
                                     confirm(static_cast<std::uint8_t>(random() % 256)), wave2(1, 40)};
            if (random() % 3 == 0) {
                const auto& ask = asks[random() % asks.size()];
                rig.send(out, ask);
                earned += ask[0] == 7 ? 3 : 1;
                continue;
            }
            const auto& answer = answers[random() % answers.size()];
            const auto passed = rig.filter->pass(in, rig.wrapped(random() % 2 == 0 ? mutated(answer, random) : answer));
            if (!passed) continue;
            for (const auto& one : passed->forward) {
                ++answered;
                const auto head = rig.dynamic ? 2u : 0u;
                ASSERT_GE(one.size(), head + 8);
                const auto type = one[head];
                ASSERT_TRUE(type == 5 || type == 6 || type == 7 || type == 12);
                ASSERT_EQ(one.size(), head + 4 + (one[head + 2] | (unsigned{one[head + 3]} << 8)));
            }
        }
        ASSERT_LE(answered, earned);
    }
}

// ---- in parts, as dynamic channels carry what is long

Bytes first(std::uint16_t total, View part) { return Out().u8(0x24).u8(1).u16(total).bytes(part).take(); }
Bytes next(View part) { return Out().u8(0x30).u8(1).bytes(part).take(); }

TEST(DynamicSound, InPartsIsJudgedByItsBeginning) {
    Carrier rig("AUDIO_PLAYBACK_DVC");
    const Bytes wave = wave2(5, 4000), other = message(41, Bytes(4000));
    for (const auto& [whole, passes] : {std::pair{wave, true}, std::pair{other, false}}) {
        const auto size = static_cast<std::uint16_t>(whole.size());
        for (const auto& part : {first(size, View(whole).first(1500)), next(View(whole).subspan(1500, 1500)), next(View(whole).subspan(3000))})
            EXPECT_EQ(rig.unchanged(out, part), passes);
    }
    EXPECT_TRUE(rig.passes(in, confirm(5)));
    EXPECT_TRUE(rig.refuses(out, first(500, View(wave).first(3))));
}
TEST(DynamicSound, AnswersInPartsAreJudgedWhole) {
    Carrier rig("AUDIO_PLAYBACK_DVC");
    rig.send(out, formats(3));
    const Bytes list = formats(80, 20);
    const auto size = static_cast<std::uint16_t>(list.size());
    EXPECT_TRUE(rig.silent(in, first(size, View(list).first(1000))));
    EXPECT_TRUE(rig.silent(in, next(View(list).subspan(1000, 1000))));
    const auto passed = rig.pass(in, next(View(list).subspan(2000)));
    EXPECT_THAT(passed.forward, ElementsAre(first(size, View(list).first(1590)), next(View(list).subspan(1590))));
    EXPECT_TRUE(rig.refuses(in, first(5000, View(list).first(1000))));
    EXPECT_TRUE(rig.refuses(in, next(Bytes(70000, 7))));
}
TEST(DynamicSound, StoppedOnOneChannelIsStoppedOnTheOther) {
    Carrier rig("AUDIO_PLAYBACK_DVC");
    const auto closed = [](std::uint8_t id) { return Bytes{0x40, id}; };
    const Bytes wave = Out().u8(0x30).u8(1).bytes(wave2(1, 60000)).take();
    Passed passed;
    for (unsigned i = 0; i < 1000 && passed.back.empty(); ++i) passed = rig.pass(out, wave);
    EXPECT_THAT(passed.forward, ElementsAre(closed(1)));
    EXPECT_THAT(passed.back, ElementsAre(closed(1)));
    rig.pass(out, Out().u8(0x10).u8(2).bytes(view("AUDIO_PLAYBACK_LOSSY_DVC")).u8(0).take());
    rig.pass(in, Out().u8(0x10).u8(2).u32(0).take());
    EXPECT_THAT(rig.pass(out, Out().u8(0x30).u8(2).bytes(wave2(1, 10)).take()).forward, ElementsAre(closed(2)));
    EXPECT_EQ(rig.audited(), 1u);
}

TEST(SoundOnItsStaticChannel, SurvivesAnything) {
    const Story story{{out, formats(3, 4)},       {in, formats(2, 4)}, {in, quality()},      {out, training(0x00040001)},
                      {in, training(0x00040001)}, {out, wave2(1, 40)}, {in, confirm(1)},     {out, Out().u8(2).u8(0).u16(40).zeros(12).take()},
                      {out, Bytes(32, 0x29)},     {in, confirm(0)},    {out, message(1, {})}};
    survives_anything("rdpsnd", {"rdp:audio"}, story, 6000);
}
TEST(DynamicSound, SurvivesAnything) {
    const auto data = [](const Bytes& payload) { return Out().u8(0x30).u8(1).bytes(payload).take(); };
    const Bytes list = formats(3, 4);
    const Story story{{out, Out().u8(0x50).u8(0).u16(2).zeros(8).take()},
                      {in, Out().u8(0x50).u8(0).u16(2).take()},
                      {out, Out().u8(0x10).u8(1).bytes(view("AUDIO_PLAYBACK_DVC")).u8(0).take()},
                      {in, Out().u8(0x10).u8(1).u32(0).take()},
                      {out, data(list)},
                      {in, first(static_cast<std::uint16_t>(list.size()), View(list).first(30))},
                      {in, next(View(list).subspan(30))},
                      {out, data(wave2(1, 40))},
                      {in, data(confirm(1))},
                      {in, Bytes{0x40, 1}},
                      {out, Bytes{0x40, 1}}};
    survives_anything("drdynvc", {"rdp:audio"}, story, 6000);
}

}  // namespace
}  // namespace anteroom::rdp
