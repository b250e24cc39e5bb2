// Every message of the control protocol on arbitrary bytes, and a Link that is handed them as a packet: they are judged without
// a crash, and what is taken is written again as it is meant. The first byte is the message's number, the second the state.
// Links: base recorder control
#include <sys/socket.h>

#include <cstdlib>

#include "broker/control/link.h"

namespace {

using namespace anteroom;
using namespace anteroom::control;

constexpr std::size_t rows = boost::mp11::mp_size<Table>::value;

void must(bool holds) {
    if (!holds) std::abort();
}

template <class Message>
void decoded(View body) {
    const auto message = wire::decode<Message>(body);
    if (!message) return;
    const Bytes again = wire::encode(*message);
    // A map's keys may come in any order and are written in theirs; everything else has one form only.
    if constexpr (!std::is_same_v<Message, AdminCall>) must(again == to_bytes(body));
    must(wire::encode(wire::decode<Message>(again).value()) == again);
}

void received(View packet, State state) {
    static Fd peer;
    static Link link = [] {
        auto pair = make_pair().value();
        peer = std::move(pair.second);
        must(set_nonblocking(pair.first.get()).has_value());
        return Link(std::move(pair.first), Sender::broker, Sender::worker);
    }();
    link.enter(state);
    must(::send(peer.get(), packet.data(), packet.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(packet.size()));
    const auto taken = link.receive();
    const auto* row = permission(packet[0]);
    const bool permitted_here = row != nullptr && row->from == Sender::worker && (row->in & state) != 0 && row->fds_min == 0;
    must(taken.has_value() == permitted_here);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const View body(data + 2, size - 2);
    boost::mp11::mp_with_index<rows>(data[0] % rows, [&](auto row) { decoded<typename boost::mp11::mp_at<Table, decltype(row)>::type>(body); });
    if (size > max_message) return 0;
    Bytes packet{data[0]};
    packet.insert(packet.end(), body.begin(), body.end());
    received(packet, static_cast<State>(1u << (data[1] % 8)));
    return 0;
}
