// What an RDP client says first, on arbitrary bytes: the request is refused or fits to its last byte; and the openings of both plain streams
// come out the same however they are cut. The first byte says where; the rest is the client's.
// Links: base rdp_front
#include <algorithm>
#include <cstdlib>

#include "proxies/rdp/front/opening.h"
#include "proxies/rdp/front/x224.h"

namespace {

using namespace anteroom;
using namespace anteroom::rdp;

void must(bool holds) {
    if (!holds) std::abort();
}

void requested(View packet) {
    const auto parsed = parse_connection_request(packet);
    if (!parsed) return;
    must(connection_request_size(packet.first<tpkt_header_size>()).value() == packet.size());
    must(parse_connection_request(plain_request()).has_value());
    if (packet.size() > 11) must(!parse_connection_request(packet.first(packet.size() - 1)));
    const auto answer = parsed->offers_tls() ? confirm_tls(*parsed) : refuse_without_tls(*parsed);
    WorkerOpening like_a_client;
    must(like_a_client.skip(answer).value() == answer.size() && like_a_client.done());
}

// What came out until the end or the refusal, and whether it was refused.
std::pair<Bytes, bool> relayed(View in, std::size_t piece) {
    ClientOpening opening;
    Bytes out;
    while (!in.empty()) {
        const View part = in.first(std::min(piece, in.size()));
        const auto before = out.size();
        if (!opening.take(part, out)) return {out, true};
        must(out.size() - before <= part.size() + 64);
        in = in.subspan(part.size());
    }
    return {out, false};
}

void skipped(View in, std::size_t piece) {
    WorkerOpening whole, cut;
    const auto at_once = whole.skip(in);
    std::size_t total = 0;
    while (!in.empty()) {
        const View part = in.first(std::min(piece, in.size()));
        const auto taken = cut.skip(part);
        must(!taken || *taken <= part.size());
        if (!taken) return must(!at_once);
        total += *taken;
        in = in.subspan(part.size());
    }
    must(at_once && *at_once == total && whole.done() == cut.done());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::size_t piece = 1 + data[0] % 32;
    const View in(data + 1, size - 1);
    requested(in);
    const auto at_once = relayed(in, in.size() + 1), in_pieces = relayed(in, piece);
    must(at_once.second == in_pieces.second);
    // A refusal comes with nothing of its piece, so what was out before may be less in one go.
    if (!at_once.second) must(at_once.first == in_pieces.first);
    skipped(in, piece);
    return 0;
}
