// The one table: every row in every state, from every sender, with every number of descriptors. Only what it names passes.
#include "tests/unit/control/packets.h"

namespace anteroom::control {
namespace {

using namespace testing;

template <class Message>
void receive_in_every_way() {
    using R = RowOf<Message>;
    Seeded random(number_of<Message>);
    for (const Sender from : senders) {
        Ends ends(from == Sender::broker ? Sender::worker : Sender::broker, from);
        for (const State state : states) {
            ends.link.enter(state);
            for (int count = 0; count <= 6; ++count) {
                const auto before = open_descriptors();
                {
                    const auto value = random_value<Message>(random);
                    ASSERT_TRUE(send_packet(ends.peer.get(), packet_of(number_of<Message>, wire::encode(value)), static_cast<std::size_t>(count)));
                    auto packet = ends.link.receive();
                    const bool permitted_here = from == R::from && (R::in & state) != 0 && count >= R::fds_min && count <= R::fds_max;
                    ASSERT_EQ(packet.has_value(), permitted_here) << state_name(state) << " from " << static_cast<int>(from) << " with " << count;
                    if (permitted_here) {
                        ASSERT_EQ(packet->fds.size(), static_cast<std::size_t>(count));
                        ASSERT_TRUE(packet->template is<Message>());
                        ASSERT_TRUE(same(packet->template as<Message>().value(), value));
                    } else {
                        ASSERT_EQ(packet.error().kind, ErrorKind::refused);
                        ASSERT_EQ(open_descriptors(), before) << "what came beside a refused message is closed";
                    }
                }
                ASSERT_EQ(open_descriptors(), before);
            }
        }
    }
}

template <class Message>
void send_in_every_way() {
    using R = RowOf<Message>;
    Seeded random(number_of<Message>);
    for (const Sender self : senders) {
        Ends ends(self, Sender::broker);
        for (const State state : states) {
            ends.link.enter(state);
            const std::vector<int> fds(R::fds_min, STDERR_FILENO);
            const auto sent = ends.link.send(random_value<Message>(random), fds);
            ASSERT_EQ(sent.has_value(), self == R::from && (R::in & state) != 0) << state_name(state) << " by " << static_cast<int>(self);
            if (sent) {
                Link other(Fd(::fcntl(ends.peer.get(), F_DUPFD_CLOEXEC, 0)), Sender::broker, self);
                other.enter(state);
                ASSERT_TRUE(other.receive());
            } else {
                ASSERT_EQ(sent.error().kind, ErrorKind::internal) << "our own mistake, not the peer's";
                ASSERT_TRUE(ends.nothing_came());
            }
        }
    }
}

template <class Message>
void send_with_every_number_of_descriptors() {
    using R = RowOf<Message>;
    Seeded random(number_of<Message>);
    for (const State state : states) {
        if ((R::in & state) == 0) continue;
        for (int count = 0; count <= 5; ++count) {
            Ends ends(R::from, Sender::broker, state);
            const std::vector<int> fds(static_cast<std::size_t>(count), STDERR_FILENO);
            const bool permitted_here = count >= R::fds_min && count <= R::fds_max;
            ASSERT_EQ(ends.link.send(random_value<Message>(random), fds).has_value(), permitted_here)
                << permission(number_of<Message>)->name << " with " << count;
            ASSERT_EQ(ends.nothing_came(), !permitted_here);
        }
    }
}

TEST(ControlTable, LetsALinkReceiveOnlyWhatItNames) {
    boost::mp11::mp_for_each<boost::mp11::mp_iota_c<rows>>([](auto row) {
        SCOPED_TRACE(permission(row)->name);
        receive_in_every_way<typename boost::mp11::mp_at_c<Table, row>::type>();
    });
}

TEST(ControlTable, LetsALinkSendOnlyWhatItNames) {
    boost::mp11::mp_for_each<boost::mp11::mp_iota_c<rows>>([](auto row) {
        SCOPED_TRACE(permission(row)->name);
        send_in_every_way<typename boost::mp11::mp_at_c<Table, row>::type>();
    });
}

TEST(ControlTable, LetsALinkSendNoMessageWithTheWrongNumberOfDescriptors) {
    boost::mp11::mp_for_each<boost::mp11::mp_iota_c<rows>>(
        [](auto row) { send_with_every_number_of_descriptors<typename boost::mp11::mp_at_c<Table, row>::type>(); });
}

TEST(ControlTable, RefusesEveryNumberThatHasNoRow) {
    for (std::size_t number = rows; number < 256; ++number) {
        EXPECT_EQ(permission(static_cast<std::uint8_t>(number)), nullptr);
        for (const State state : states) {
            Ends ends(Sender::broker, Sender::worker, state);
            const auto before = open_descriptors();
            ASSERT_TRUE(send_packet(ends.peer.get(), packet_of(static_cast<std::uint8_t>(number), view("body")), number % 5));
            const auto packet = ends.link.receive();
            ASSERT_FALSE(packet);
            ASSERT_EQ(packet.error().kind, ErrorKind::refused);
            ASSERT_EQ(open_descriptors(), before);
        }
    }
}

// Two versions of the programs may meet during an update: a number never changes its meaning. New rows go behind these.
TEST(ControlTable, KeepsTheNumberOfEveryMessage) {
    constexpr std::string_view names[] = {"GatewayHello",
                                          "GatewayWelcome",
                                          "WorkerStarted",
                                          "WorkerEnded",
                                          "ConnectionsRefused",
                                          "SetDeadline",
                                          "EndWorker",
                                          "Penalty",
                                          "WorkerHello",
                                          "WorkerWelcome",
                                          "SignExchange",
                                          "ExchangeSignature",
                                          "LoginStep",
                                          "LoginAnswer",
                                          "OpenSession",
                                          "SessionPermit",
                                          "SessionRefusal",
                                          "TargetIdentity",
                                          "TargetVerdict",
                                          "TargetReady",
                                          "CapabilityNote",
                                          "CommitRecording",
                                          "Committed",
                                          "EndSession",
                                          "SessionSealed",
                                          "Terminate",
                                          "AdminCall",
                                          "AdminRow",
                                          "AdminRecording",
                                          "AdminDone",
                                          "BeginTalk",
                                          "Audience",
                                          "Say",
                                          "AskLine",
                                          "TypedLine",
                                          "AskExtension",
                                          "GraceBegun",
                                          "Tell",
                                          "ChangeEnd",
                                          "CourierHello",
                                          "CourierWelcome",
                                          "Deliver",
                                          "Delivered"};
    ASSERT_GE(rows, std::size(names));
    for (std::size_t number = 0; number < std::size(names); ++number) EXPECT_EQ(permission(static_cast<std::uint8_t>(number))->name, names[number]);
}

TEST(ControlTable, HoldsWhatMustAlwaysBeTrueOfIt) {
    for (std::size_t number = 0; number < rows; ++number) {
        const auto& row = *permission(static_cast<std::uint8_t>(number));
        EXPECT_NE(row.in, 0) << row.name;
        EXPECT_LE(row.fds_min, row.fds_max) << row.name;
        EXPECT_LE(row.fds_max, 4) << row.name;
        if (row.from == Sender::worker || row.from == Sender::admin) {
            EXPECT_EQ(row.fds_max, 0) << row.name << ": the broker takes no descriptor from whom it does not trust";
        }
        if (row.from == Sender::worker && row.name != "WorkerHello") { EXPECT_EQ(row.in & fresh, 0) << row.name << " before the greeting"; }
        if (row.from == Sender::gateway && row.name != "GatewayHello") { EXPECT_EQ(row.in & fresh, 0) << row.name << " before the greeting"; }
        if (row.from == Sender::worker) { EXPECT_EQ(row.in & ended, 0) << row.name << ": a worker whose recording is sealed has nothing more to say"; }
    }
    const auto only_in = [](std::uint8_t number, std::uint16_t in) { EXPECT_EQ(permission(number)->in, in) << permission(number)->name; };
    only_in(number_of<LoginStep>, exchanged);
    only_in(number_of<OpenSession>, accepted);
    only_in(number_of<SessionPermit>, opening | talking);
    only_in(number_of<TargetVerdict>, permitted);
}

}  // namespace
}  // namespace anteroom::control
