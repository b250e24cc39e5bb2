// X.224 (ITU-T) 13.3 and 13.4 as RDP uses them: class 0, behind a TPKT header (RFC 1006 section 6).
#include "proxies/rdp/front/x224.h"

#include <algorithm>

namespace anteroom::rdp {

namespace {

constexpr std::uint8_t connection_request = 0xe0, connection_confirm = 0xd0;
constexpr std::uint8_t neg_request = 1, neg_response = 2, neg_failure = 3, neg_correlation = 6;
constexpr std::uint8_t correlation_present = 0x08, extended_client_data = 0x01;
constexpr std::uint32_t ssl_required_by_server = 1;
constexpr std::size_t fixed_size = 11, negotiation_size = 8, correlation_size = 36;

tl::unexpected<Error> bad(const char* what) { return fail(ErrorKind::invalid, what); }

std::uint32_t little_endian(View bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = (value << 8) | bytes[i];
    return value;
}

// A routing token or cookie ends with CR LF and is text before. How many bytes it takes, its end included.
Result<std::size_t> token_size(View rest) {
    const auto end = std::find_if(rest.begin(), rest.end(), [](std::uint8_t c) { return c < 0x20 || c == 0x7f; });
    if (rest.end() - end < 2 || end[0] != '\r' || end[1] != '\n') return bad("a cookie without end, or with control characters");
    return static_cast<std::size_t>(end - rest.begin()) + 2;
}

Status check_correlation(View rest) {
    if (rest.size() != correlation_size || rest[0] != neg_correlation || rest[1] != 0 || little_endian(rest.subspan(2, 2)) != correlation_size)
        return bad("RDP_NEG_CORRELATION_INFO that is none");
    return ok();
}

Confirm packet(std::uint8_t code, std::uint16_t destination, std::uint8_t type, std::uint8_t flags, std::uint32_t value) {
    Confirm out{3, 0, 0, sizeof(Confirm), sizeof(Confirm) - 5, code};
    out[6] = static_cast<std::uint8_t>(destination >> 8);
    out[7] = static_cast<std::uint8_t>(destination);
    out[11] = type;
    out[12] = flags;
    out[13] = negotiation_size;
    for (unsigned i = 0; i < 4; ++i) out[15 + i] = static_cast<std::uint8_t>(value >> (8 * i));
    return out;
}

}  // namespace

Result<std::size_t> connection_request_size(std::span<const std::uint8_t, tpkt_header_size> header) {
    if (header[0] != 3 || header[1] != 0) return bad("no TPKT");
    const std::size_t size = static_cast<std::size_t>(header[2]) << 8 | header[3];
    if (size < fixed_size || size > max_connection_request) return bad("a connection request of an impossible size");
    return size;
}

Result<ConnectionRequest> parse_connection_request(View packet) {
    if (packet.size() < fixed_size) return bad("too short");
    if (TRY(connection_request_size(packet.first<tpkt_header_size>())) != packet.size()) return bad("not one whole packet");
    if (packet[4] != packet.size() - 5) return bad("two lengths that differ");
    // The low half of the code is a credit, which class 0 has none of; the last byte is class and options.
    if (packet[5] != connection_request || packet[10] != 0) return bad("no X.224 connection request of class 0");
    ConnectionRequest request;
    request.source_reference = static_cast<std::uint16_t>(packet[8] << 8 | packet[9]);
    View rest = packet.subspan(fixed_size);
    if (!rest.empty() && rest[0] != neg_request) rest = rest.subspan(TRY(token_size(rest)));
    if (rest.empty()) return request;
    if (rest.size() < negotiation_size || rest[0] != neg_request || little_endian(rest.subspan(2, 2)) != negotiation_size)
        return bad("RDP_NEG_REQ that is none");
    const std::uint8_t flags = rest[1];
    request.requested_protocols = little_endian(rest.subspan(4, 4));
    rest = rest.subspan(negotiation_size);
    if ((flags & correlation_present) != 0) {
        TRY(check_correlation(rest));
        return request;
    }
    if (!rest.empty()) return bad("more than a connection request holds");
    return request;
}

Confirm confirm_tls(const ConnectionRequest& request) {
    // The flag lets the client describe its monitors, which FreeRDP's peer reads.
    return packet(connection_confirm, request.source_reference, neg_response, extended_client_data, protocol_ssl);
}

Confirm refuse_without_tls(const ConnectionRequest& request) {
    return packet(connection_confirm, request.source_reference, neg_failure, 0, ssl_required_by_server);
}

Confirm plain_request() { return packet(connection_request, 0, neg_request, 0, 0); }

}  // namespace anteroom::rdp
