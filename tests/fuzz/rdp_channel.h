// One session's channel, from bytes: the first byte says what is permitted, then messages one after another, each behind its
// direction (one bit) and length (15 bits, little-endian). Whatever comes is judged without a crash, and nothing grows on its way.
#pragma once

#include <array>
#include <cstdlib>
#include <string>

#include "proxies/rdp/channels/filter.h"

namespace anteroom::rdp {

inline int fuzz_channel(std::string_view channel, const std::vector<std::string>& capabilities, View input) {
    if (input.empty()) return 0;
    const auto permitted = input[0];
    const Permits permits = [&](const policy::Use& use) {
        for (std::size_t i = 0; i < capabilities.size(); ++i)
            if (capabilities[i] == use.kind) return ((permitted >> i) & 1) != 0;
        return false;
    };
    const auto filter = make_filter(
        channel,
        {.permits = permits, .clipboard_text = true, .byte_limit = (permitted & 0x80) != 0 ? 64u : 0u, .foresees = {}, .now = [] { return Monotonic{}; }});
    std::array<std::size_t, 2> held{};  // came, and has not gone on yet
    for (std::size_t at = 1; at + 2 <= input.size();) {
        const unsigned head = input[at] | (unsigned{input[at + 1]} << 8);
        at += 2;
        // A copy of its own, so that a step beyond its end is seen.
        const Bytes message = to_bytes(input.subspan(at, std::min<std::size_t>(head >> 1, input.size() - at)));
        at += message.size();
        const auto passed = filter->pass((head & 1) != 0 ? Way::to_client : Way::to_target, message);
        if (!passed) {
            if (passed.error().kind != ErrorKind::refused) std::abort();
            continue;
        }
        held[head & 1] += message.size();
        for (const auto& forward : passed->forward)
            if (forward.size() > held[head & 1] + 64) std::abort();
        if (!passed->forward.empty()) held[head & 1] = 0;
        if (passed->forward.size() > 17 || passed->back.size() > message.size() || passed->clipboard.size() > 1) std::abort();
    }
    static_cast<void>(filter->close());
    return 0;
}

}  // namespace anteroom::rdp
