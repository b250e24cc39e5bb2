// What anteroom-rdp-front tells the worker before the client's first byte: 16 bytes on the plain stream, then the client's X.224
// Connection Request as the worker's RDP library shall see it (no security protocol asked for, as TLS has ended here), then the
// client's MCS stream. In the other direction the front swallows one TPKT, the library's Connection Confirm: the client has had its own.
#pragma once

#include <array>
#include <cstdint>

namespace anteroom::rdp {

// magic "ARDP", version 1, three bytes 0, u32 little-endian requestedProtocols as the client sent them (MS-RDPBCGR 2.2.1.1.1),
// u32 little-endian selected protocol as the client was told (PROTOCOL_SSL, 1).
struct Preamble {
    static constexpr std::size_t size = 16;
    std::uint32_t requested_protocols = 0;
    std::uint32_t selected_protocol = 1;

    std::array<std::uint8_t, size> encode() const {
        std::array<std::uint8_t, size> out{'A', 'R', 'D', 'P', 1};
        for (unsigned i = 0; i < 4; ++i) {
            out[8 + i] = static_cast<std::uint8_t>(requested_protocols >> (8 * i));
            out[12 + i] = static_cast<std::uint8_t>(selected_protocol >> (8 * i));
        }
        return out;
    }
    // False for anything else than what encode() writes.
    static bool decode(const std::array<std::uint8_t, size>& in, Preamble& out) {
        for (unsigned i = 0; i < 4; ++i) {
            out.requested_protocols = (out.requested_protocols << 8) | in[11 - i];
            out.selected_protocol = (out.selected_protocol << 8) | in[15 - i];
        }
        return out.encode() == in;
    }
};

}  // namespace anteroom::rdp
