// Where the gateway listens, and who connects there.
#pragma once

#include <optional>

#include "base/fd.h"

namespace anteroom::gateway {

struct Peer {
    std::string address;  // numeric, IPv4 as such also where it came in over IPv6
    std::uint16_t port = 0;
};

struct Connection {
    Fd socket;
    Peer peer;
};

class Listener {
public:
    // Listens at HOST:PORT (`invalid` for anything else) in place of where it did; where it does already, nothing is done. Empty: nowhere.
    Status listen(const std::string& address);
    bool open() const { return static_cast<bool>(fd_); }
    int fd() const { return fd_.get(); }
    // The next one; nothing when none is there any more. `io` when this process or the machine is out of descriptors or memory: the
    // connection stays in the kernel's queue and the socket readable.
    Result<std::optional<Connection>> accept() const;

private:
    std::string address_;
    Fd fd_;
};

}  // namespace anteroom::gateway
