// MS-RDPBCGR 1.3.1.1, connection sequence; 5.4.2.1, TLS begins after the Connection Confirm.
#include "proxies/rdp/front/front.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/log.h"
#include "proxies/rdp/front/preamble.h"
#include "proxies/rdp/front/relay.h"

namespace anteroom::rdp {

Status Front::serve() {
    const auto began = MonotonicClock::now();
    const auto request = TRY(read_request(began + limits_.request));
    const auto answer = request.offers_tls() ? confirm_tls(request) : refuse_without_tls(request);
    TRY(write_all(client_, answer));  // nothing was sent before: it has room
    if (!request.offers_tls()) {
        ::shutdown(client_, SHUT_WR);
        return fail(ErrorKind::refused, "the client offers no TLS");
    }
    TRY(handshake(began + limits_.handshake));
    TRY(announce(request));
    log::info("handshake.done", {{"tls", SSL_get_version(tls_.get())}, {"cipher", SSL_get_cipher_name(tls_.get())}});
    return Relay(tls_.get(), client_, plain_).run();
}

Status Front::wait(short events, Monotonic until) const {
    // Who is behind the other end of the plain stream is watched, too: nobody to serve for, nothing to do.
    pollfd fds[] = {{client_, events, 0}, {plain_, 0, 0}};
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - MonotonicClock::now()).count();
        if (left <= 0) return fail(ErrorKind::timeout, "too slow");
        const int ready = ::poll(fds, 2, static_cast<int>(left));
        if (ready < 0 && errno != EINTR) return fail_errno("poll");
        if (ready > 0 && fds[1].revents != 0) return fail(ErrorKind::io, "the gateway is gone");
        if (ready > 0) return ok();
    }
}

// Not a byte more is taken from the socket: the next ones are for TLS.
Status Front::read_exactly(std::span<std::uint8_t> out, Monotonic until) const {
    while (!out.empty()) {
        TRY(wait(POLLIN, until));
        const ssize_t n = ::recv(client_, out.data(), out.size(), 0);
        if (n == 0) return fail(ErrorKind::invalid, "closed before its request was whole");
        if (n < 0 && errno != EAGAIN && errno != EINTR) return fail_errno("client");
        if (n > 0) out = out.subspan(static_cast<std::size_t>(n));
    }
    return ok();
}

Result<ConnectionRequest> Front::read_request(Monotonic until) const {
    std::array<std::uint8_t, max_connection_request> packet;
    const std::span<std::uint8_t> whole(packet);
    TRY(read_exactly(whole.first<tpkt_header_size>(), until));
    const std::size_t size = TRY(connection_request_size(whole.first<tpkt_header_size>()));
    TRY(read_exactly(whole.subspan(tpkt_header_size, size - tpkt_header_size), until));
    return parse_connection_request(whole.first(size));
}

Status Front::handshake(Monotonic until) {
    while (true) {
        ERR_clear_error();
        const int rc = SSL_accept(tls_.get());
        if (rc == 1) break;
        switch (SSL_get_error(tls_.get(), rc)) {
            case SSL_ERROR_WANT_READ: TRY(wait(POLLIN, until)); break;
            case SSL_ERROR_WANT_WRITE: TRY(wait(POLLOUT, until)); break;
            case SSL_ERROR_SYSCALL: return fail_errno("handshake");
            default: return fail(ErrorKind::crypto, "handshake: " + openssl::last_reason());
        }
    }
    // The key has signed the only handshake there will be.
    SSL_certs_clear(tls_.get());
    return ok();
}

Status Front::announce(const ConnectionRequest& request) const {
    TRY(write_all(plain_, Preamble{request.requested_protocols, protocol_ssl}.encode()));
    return write_all(plain_, plain_request());
}

}  // namespace anteroom::rdp
