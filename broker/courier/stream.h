// A connection that says something once and then waits until the other side has taken all of it: TCP, or TLS 1.2 and later.
//
// TCP tells nobody what was read. But a receiver that reads to the end and then closes without a reset has read everything, because
// closing with unread bytes is a reset (RFC 1122 4.2.2.13). So finish() ends our direction and takes that closing for the receipt.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/fd.h"

namespace anteroom::courier {

struct Address {
    std::string host;
    std::uint16_t port = 0;
    bool tls = true;
    std::string ca_file;  // "": the machine's authorities
};

class Stream {
public:
    static Result<Stream> connect(const Address& address, Monotonic until);
    Stream(Stream&&) noexcept;
    Stream& operator=(Stream&&) noexcept;
    ~Stream();

    Status send(View bytes, Monotonic until);
    Status finish(Monotonic until);

private:
    struct Ends;
    explicit Stream(std::unique_ptr<Ends> ends);
    std::unique_ptr<Ends> ends_;
};

}  // namespace anteroom::courier
