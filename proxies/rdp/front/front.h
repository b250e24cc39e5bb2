// Front: one client from its first byte to the relay. Reads its connection request, answers, does the handshake, each within its time, and
// only then says a word to the worker's side: a client that stalls costs nobody a worker.
#pragma once

#include "base/clock.h"
#include "base/fd.h"
#include "proxies/rdp/front/tls.h"
#include "proxies/rdp/front/x224.h"

namespace anteroom::rdp {

// Counted from the start of the process.
struct FrontLimits {
    Duration request = std::chrono::seconds(5);
    Duration handshake = std::chrono::seconds(10);
};

class Front {
public:
    // Descriptors are non-blocking and stay the caller's.
    Front(int client, int plain, Tls tls, const FrontLimits& limits = {}) : client_(client), plain_(plain), tls_(std::move(tls)), limits_(limits) {}
    Status serve();

private:
    Status wait(short events, Monotonic until) const;
    Status read_exactly(std::span<std::uint8_t> out, Monotonic until) const;
    Result<ConnectionRequest> read_request(Monotonic until) const;
    Status handshake(Monotonic until);
    Status announce(const ConnectionRequest& request) const;

    int client_, plain_;
    Tls tls_;
    FrontLimits limits_;
};

}  // namespace anteroom::rdp
