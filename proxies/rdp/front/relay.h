// Relay: both directions between the client's TLS and the worker's plain stream, each with one bounded buffer. A side that does not take
// bytes stops only the direction that goes there; the sender waits in the kernel.
#pragma once

#include <optional>

#include "base/clock.h"
#include "proxies/rdp/front/opening.h"
#include "proxies/rdp/front/tls.h"

struct pollfd;

namespace anteroom::rdp {

class Relay {
public:
    // Both descriptors are non-blocking; the handshake is done.
    Relay(SSL* tls, int client, int plain);
    // Until both have ended, or the worker is gone and the client had a moment to take the rest.
    Status run();

private:
    // What a direction waits for; `turn` when it has only given way to the other.
    enum class Need : std::uint8_t { turn, client_in, client_out, plain_in, plain_out, over };

    Result<Need> up();    // client -> worker
    Result<Need> down();  // worker -> client
    Result<Need> read_client();
    Result<Need> read_worker();
    Result<Need> end_down();
    Result<Need> need_of(int returned);
    void lose_worker();
    Status wait();
    bool due(Need need, const pollfd& client, const pollfd& plain) const;

    SSL* tls_;
    int client_, plain_;
    ClientOpening client_opening_;
    WorkerOpening worker_opening_;
    std::unique_ptr<std::uint8_t[]> up_buffer_, down_buffer_;
    Bytes edited_;                  // the client's first bytes, as the worker shall read them
    View up_rest_{}, down_rest_{};  // read and not yet taken
    Need up_ = Need::turn, down_ = Need::turn;
    bool up_due_ = true, down_due_ = true, worker_ended_ = false, client_closed_ = false;
    std::optional<Monotonic> linger_;  // set when the worker is gone
};

}  // namespace anteroom::rdp
