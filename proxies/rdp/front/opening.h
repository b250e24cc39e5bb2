// What has to be mended at the beginning of the two plain streams; afterwards the bytes pass as they are. Pure.
#pragma once

#include "base/bytes.h"

namespace anteroom::rdp {

// Client -> worker: the packet after MCS Connect Initial is the Erect Domain Request. rdesktop's is malformed (two integers without
// their lengths), which FreeRDP's peer refuses. Its numbers mean nothing here, so every client's is replaced by a sound one.
class ClientOpening {
public:
    // Appends to `out` what the worker shall read: at most 64 bytes more than `in`. `invalid` where no TPKT stands.
    Status take(View in, Bytes& out);
    // From then on take() would only copy.
    bool done() const { return packet_ == 2; }

private:
    bool hold(View& in, std::size_t size);
    Status take_header(View& in, Bytes& out);

    unsigned packet_ = 0;   // 0 Connect Initial, 1 Erect Domain Request, 2 the rest
    std::size_t rest_ = 0;  // bytes of the packet that pass as they are
    Bytes held_;            // a header, or a short second packet, that is not whole
};

// Worker -> client: the first packet is the Connection Confirm of the worker's library; the client has had ours.
class WorkerOpening {
public:
    // How many of the first bytes of `in` are not for the client. `invalid` where no Connection Confirm stands.
    Result<std::size_t> skip(View in);
    bool done() const { return seen_ >= tpkt_header && seen_ == size_; }

private:
    static constexpr std::size_t tpkt_header = 4;
    std::size_t seen_ = 0, size_ = 0;
};

}  // namespace anteroom::rdp
