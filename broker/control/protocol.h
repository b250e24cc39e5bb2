// The one table of the control protocol: which program may send which message, in which state of the conversation.
// What is not in the table ends the peer. A message's number is its row, so rows are only ever added at the end.
#pragma once

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <string_view>

#include "broker/control/messages.h"

namespace anteroom::control {

enum class Sender : std::uint8_t { broker, gateway, worker, admin, courier, web };

// The states of a conversation, as bits. A gateway's and the command line's conversations know only fresh and open.
enum State : std::uint16_t {
    fresh = 1,       // nothing said yet
    open = 2,        // greeted
    exchanged = 4,   // worker: a key exchange was signed
    accepted = 8,    // worker: the person is known and has passed every factor
    opening = 16,    // worker: a decision is being made, the target dialled
    permitted = 32,  // worker: holds the kit; the target leg is being set up
    live = 64,       // worker: bytes flow
    ended = 128,     // worker: the recording is sealed
    talking = 256,   // worker: the broker speaks with the person, before there is a target or instead of one
};

template <class Message, Sender sender, std::uint16_t states, int descriptors_min = 0, int descriptors_max = descriptors_min>
struct Row {
    using type = Message;
    static constexpr Sender from = sender;
    static constexpr std::uint16_t in = states;
    static constexpr int fds_min = descriptors_min, fds_max = descriptors_max;
};

using Table = boost::mp11::mp_list<
    Row<GatewayHello, Sender::gateway, fresh>, Row<GatewayWelcome, Sender::broker, fresh, 0, 1>, Row<WorkerStarted, Sender::gateway, open, 1>,
    Row<WorkerEnded, Sender::gateway, open>, Row<ConnectionsRefused, Sender::gateway, open>, Row<SetDeadline, Sender::broker, open>,
    Row<EndWorker, Sender::broker, open>, Row<Penalty, Sender::broker, open>,

    Row<WorkerHello, Sender::worker, fresh>, Row<WorkerWelcome, Sender::broker, fresh>,
    Row<SignExchange, Sender::worker, open | accepted | opening | talking | permitted | live>,
    Row<ExchangeSignature, Sender::broker, open | accepted | opening | talking | permitted | live>, Row<LoginStep, Sender::worker, exchanged>,
    Row<LoginAnswer, Sender::broker, exchanged>, Row<OpenSession, Sender::worker, accepted>, Row<SessionPermit, Sender::broker, opening | talking, 2, 3>,
    Row<SessionRefusal, Sender::broker, opening | talking>, Row<TargetIdentity, Sender::worker, permitted>, Row<TargetVerdict, Sender::broker, permitted>,
    Row<TargetReady, Sender::worker, permitted>, Row<CapabilityNote, Sender::worker, accepted | opening | talking | permitted | live>,
    Row<CommitRecording, Sender::worker, permitted | live>, Row<Committed, Sender::broker, permitted | live | ended>,
    Row<EndSession, Sender::worker, permitted | live>, Row<SessionSealed, Sender::broker, ended>,
    Row<Terminate, Sender::broker, open | exchanged | accepted | opening | talking | permitted | live>,

    Row<AdminCall, Sender::admin, fresh>, Row<AdminRow, Sender::broker, open>, Row<AdminRecording, Sender::broker, open, 1>,
    Row<AdminDone, Sender::broker, open>,

    Row<BeginTalk, Sender::broker, opening>, Row<Audience, Sender::worker, talking | accepted | permitted | live>, Row<Say, Sender::broker, talking>,
    Row<AskLine, Sender::broker, talking>, Row<TypedLine, Sender::worker, talking | accepted | permitted | live>, Row<AskExtension, Sender::worker, live>,
    Row<GraceBegun, Sender::worker, live>, Row<Tell, Sender::broker, permitted | live>, Row<ChangeEnd, Sender::broker, permitted | live>,

    Row<CourierHello, Sender::courier, fresh>, Row<CourierWelcome, Sender::broker, fresh>, Row<Deliver, Sender::broker, open>,
    Row<Delivered, Sender::courier, open>,

    Row<WebHello, Sender::web, fresh>, Row<WebWelcome, Sender::broker, fresh, 1>, Row<WebCall, Sender::web, open>, Row<WebAnswer, Sender::broker, open>,
    Row<WebListen, Sender::web, open>, Row<WebEvent, Sender::broker, open>, Row<WebWatch, Sender::web, open>, Row<WebRecording, Sender::broker, open, 1, 2>,
    Row<WebOver, Sender::web, open>, Row<WebEnd, Sender::broker, open>,

    Row<AdminIndex, Sender::broker, open, 1>, Row<WebFetch, Sender::web, open>, Row<WebExport, Sender::broker, open, 1>>;

template <class Message>
struct IsRowOf {
    template <class R>
    using fn = std::is_same<typename R::type, Message>;
};
template <class Message>
inline constexpr std::uint8_t number_of = static_cast<std::uint8_t>(boost::mp11::mp_find_if_q<Table, IsRowOf<Message>>::value);
template <class Message>
using RowOf = boost::mp11::mp_at_c<Table, number_of<Message>>;

struct Permission {
    std::string_view name;  // of the message
    Sender from;
    std::uint16_t in;
    int fds_min, fds_max;
};
// The row of a message number, or nullptr.
const Permission* permission(std::uint8_t number);
std::string_view state_name(State state);

}  // namespace anteroom::control
