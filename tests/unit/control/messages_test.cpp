// Every message of the protocol with random content, there and back; and what a cut or changed one says.
#include "tests/unit/control/packets.h"

namespace anteroom::control {
namespace {

using namespace testing;

template <class Message>
void there_and_back() {
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Seeded random(seed * 1000 + number_of<Message>);
        const auto message = random_value<Message>(random);
        const Bytes bytes = wire::encode(message);
        const auto back = wire::decode<Message>(bytes);
        ASSERT_TRUE(back) << seed << " " << back.error().detail;
        ASSERT_TRUE(same(*back, message)) << seed;
        ASSERT_EQ(wire::encode(*back), bytes) << seed;
    }
}

template <class Message>
void cut_at_every_byte() {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Seeded random(seed);
        Bytes bytes = wire::encode(random_value<Message>(random));
        for (std::size_t size = 0; size < bytes.size(); size += bytes.size() > 2000 ? 1 + random.below(50) : 1) {
            const auto cut = wire::decode<Message>(View(bytes).first(size));
            ASSERT_FALSE(cut);
            ASSERT_EQ(cut.error().kind, ErrorKind::invalid);
            ASSERT_NE(cut.error().detail.find(": "), std::string::npos) << "names the field: " << cut.error().detail;
        }
        bytes.push_back(0);
        ASSERT_FALSE(wire::decode<Message>(bytes));
    }
}

template <class Message>
void noise() {
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Seeded random(seed);
        Bytes bytes = random.chance(2) ? random.bytes(random.below(120)) : wire::encode(random_value<Message>(random));
        for (std::uint64_t i = random.below(3); i > 0 && !bytes.empty(); --i) bytes[random.below(bytes.size())] = random.byte();
        if (const auto message = wire::decode<Message>(bytes)) { ASSERT_TRUE(same(wire::decode<Message>(wire::encode(*message)).value(), *message)) << seed; }
    }
}

TEST(ControlMessages, ComeBackAsTheyWere) {
    boost::mp11::mp_for_each<boost::mp11::mp_iota_c<rows>>([](auto row) {
        SCOPED_TRACE(permission(row)->name);
        there_and_back<typename boost::mp11::mp_at_c<Table, row>::type>();
    });
}

TEST(ControlMessages, AreRefusedWhenCutAtAnyByteOrFollowedByOne) {
    boost::mp11::mp_for_each<boost::mp11::mp_iota_c<rows>>([](auto row) {
        SCOPED_TRACE(permission(row)->name);
        cut_at_every_byte<typename boost::mp11::mp_at_c<Table, row>::type>();
    });
}

TEST(ControlMessages, OfNoiseAreRefusedOrWhole) {
    boost::mp11::mp_for_each<boost::mp11::mp_iota_c<rows>>([](auto row) {
        SCOPED_TRACE(permission(row)->name);
        noise<typename boost::mp11::mp_at_c<Table, row>::type>();
    });
}

TEST(ControlMessages, NameTheFieldThatIsWrong) {
    LoginStep step;
    Bytes bytes = wire::encode(step);
    bytes[0] = 200;
    EXPECT_EQ(wire::decode<LoginStep>(bytes).error().detail, "method: an enum has no such value");
    SessionPermit permit;
    bytes = wire::encode(permit);
    EXPECT_EQ(wire::decode<SessionPermit>(View(bytes).first(bytes.size() - 1)).error().detail, "keystrokes_to: the message ends early");
    CommitRecording commit;
    bytes = wire::encode(commit);
    EXPECT_EQ(wire::decode<CommitRecording>(View(bytes).first(12)).error().detail, "upto: bytes: the message ends early");
}

// The worker's word about a name is judged where it is decoded.
TEST(ControlMessages, HoldNoIdThatIsNone) {
    Bytes bytes = wire::encode(std::string("../../../etc/abc"));
    EXPECT_EQ(wire::decode<EndWorker>(bytes).error().detail, "worker: not a valid worker id");
}

}  // namespace
}  // namespace anteroom::control
