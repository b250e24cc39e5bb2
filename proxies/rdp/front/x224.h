// The first packet of an RDP client, the X.224 Connection Request, and what it is answered (MS-RDPBCGR 2.2.1.1, 2.2.1.2). Pure.
// The client's cookie or routing token is checked for its form and goes no further: it names nobody before TLS.
#pragma once

#include <array>

#include "base/bytes.h"

namespace anteroom::rdp {

// requestedProtocols and selectedProtocol, 2.2.1.1.1.
inline constexpr std::uint32_t protocol_ssl = 1, protocol_hybrid = 2;
inline constexpr std::size_t tpkt_header_size = 4;
// X.224's length is one byte, of which 255 is reserved, behind four bytes of TPKT and itself.
inline constexpr std::size_t max_connection_request = 4 + 1 + 254;

struct ConnectionRequest {
    std::uint16_t source_reference = 0;     // carried back by the answer
    std::uint32_t requested_protocols = 0;  // 0 where the client does not negotiate
    bool offers_tls() const { return (requested_protocols & (protocol_ssl | protocol_hybrid)) != 0; }
};

// How many bytes the whole request takes, by the TPKT header that begins it. `invalid` for anything else.
Result<std::size_t> connection_request_size(std::span<const std::uint8_t, tpkt_header_size> header);
// `packet` is the whole of it, no byte more. `invalid` for anything that does not fit to the last byte.
Result<ConnectionRequest> parse_connection_request(View packet);

using Confirm = std::array<std::uint8_t, 19>;
// Connection Confirm with RDP_NEG_RSP: TLS it is.
Confirm confirm_tls(const ConnectionRequest& request);
// Connection Confirm with RDP_NEG_FAILURE, SSL_REQUIRED_BY_SERVER.
Confirm refuse_without_tls(const ConnectionRequest& request);
// A Connection Request that asks for no security protocol and names nobody: what stands first in the worker's stream.
Confirm plain_request();

}  // namespace anteroom::rdp
