// SSL_read(3), SSL_write(3), SSL_shutdown(3), unix(7).
#include "proxies/rdp/front/relay.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace anteroom::rdp {

namespace {

// One TLS record, the most that SSL_read gives at once; and four, written one after the other.
constexpr std::size_t up_size = 16 * 1024, down_size = 64 * 1024;
constexpr unsigned rounds_a_turn = 16;
// How long a client may take for what the worker said last.
constexpr Duration linger = std::chrono::seconds(2);

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

Relay::Relay(SSL* tls, int client, int plain)
    : tls_(tls),
      client_(client),
      plain_(plain),
      up_buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(up_size)),
      down_buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(down_size)) {}

Status Relay::run() {
    while (true) {
        if (up_due_) up_ = TRY(up());
        if (down_due_) down_ = TRY(down());
        if (down_ == Need::over && up_ == Need::over) return ok();
        if (linger_ && MonotonicClock::now() >= *linger_) return ok();
        TRY(wait());
    }
}

Result<Relay::Need> Relay::up() {
    for (unsigned round = 0; round < rounds_a_turn; ++round) {
        if (linger_) up_rest_ = {};
        if (up_rest_.empty()) {
            const Need need = TRY(read_client());
            if (need == Need::over) ::shutdown(plain_, SHUT_WR);
            if (need != Need::turn) return need;
            continue;
        }
        const ssize_t n = ::send(plain_, up_rest_.data(), up_rest_.size(), MSG_NOSIGNAL);
        if (n < 0 && would_block()) return Need::plain_out;
        if (n < 0 && errno != EINTR) lose_worker();
        if (n > 0) up_rest_ = up_rest_.subspan(static_cast<std::size_t>(n));
    }
    return Need::turn;
}

// `turn` when there is something in up_rest_.
Result<Relay::Need> Relay::read_client() {
    const int n = SSL_read(tls_, up_buffer_.get(), up_size);
    if (n <= 0) return need_of(n);
    up_rest_ = View(up_buffer_.get(), static_cast<std::size_t>(n));
    if (client_opening_.done()) return Need::turn;
    edited_.clear();
    TRY(client_opening_.take(up_rest_, edited_));
    up_rest_ = edited_;
    return Need::turn;
}

Result<Relay::Need> Relay::down() {
    for (unsigned round = 0; round < rounds_a_turn; ++round) {
        if (!down_rest_.empty()) {
            const int n = SSL_write(tls_, down_rest_.data(), static_cast<int>(down_rest_.size()));
            if (n <= 0) return need_of(n);
            down_rest_ = {};  // whole: partial writes are not switched on
            continue;
        }
        if (worker_ended_) return end_down();
        const Need need = TRY(read_worker());
        if (need != Need::turn) return need;
    }
    return Need::turn;
}

// `turn` when there is something in down_rest_, or nothing more to come.
Result<Relay::Need> Relay::read_worker() {
    const ssize_t n = ::recv(plain_, down_buffer_.get(), down_size, 0);
    if (n < 0 && would_block()) return Need::plain_in;
    if (n < 0 && errno == EINTR) return Need::turn;
    worker_ended_ = n <= 0;
    if (n <= 0) return Need::turn;
    down_rest_ = View(down_buffer_.get(), static_cast<std::size_t>(n));
    if (!worker_opening_.done()) down_rest_ = down_rest_.subspan(TRY(worker_opening_.skip(down_rest_)));
    return Need::turn;
}

Result<Relay::Need> Relay::end_down() {
    const int rc = SSL_shutdown(tls_);
    if (rc < 0) {
        const Need need = TRY(need_of(rc));
        if (need != Need::over) return need;
    }
    ::shutdown(client_, SHUT_WR);
    return Need::over;
}

Result<Relay::Need> Relay::need_of(int returned) {
    switch (SSL_get_error(tls_, returned)) {
        case SSL_ERROR_WANT_READ: return Need::client_in;
        case SSL_ERROR_WANT_WRITE: return Need::client_out;
        case SSL_ERROR_ZERO_RETURN: return Need::over;
        case SSL_ERROR_SYSCALL: return fail_errno("client");
        default: return fail(ErrorKind::crypto, "TLS: " + openssl::last_reason());
    }
}

// What the client still sends is for nobody; what the worker said before is still delivered.
void Relay::lose_worker() {
    if (!linger_) linger_ = MonotonicClock::now() + linger;
}

bool Relay::due(Need need, const pollfd& client, const pollfd& plain) const {
    constexpr short ended = POLLHUP | POLLERR;
    switch (need) {
        case Need::turn: return true;
        case Need::client_in: return (client.revents & (POLLIN | ended)) != 0;
        case Need::client_out: return (client.revents & (POLLOUT | ended)) != 0;
        case Need::plain_in: return (plain.revents & (POLLIN | ended)) != 0;
        case Need::plain_out: return (plain.revents & (POLLOUT | ended)) != 0;
        case Need::over: return false;
    }
    return false;
}

Status Relay::wait() {
    const auto events = [this](Need in, Need out) {
        return static_cast<short>((up_ == in || down_ == in ? POLLIN : 0) | (up_ == out || down_ == out ? POLLOUT : 0));
    };
    pollfd fds[] = {{client_, events(Need::client_in, Need::client_out), 0}, {plain_, events(Need::plain_in, Need::plain_out), 0}};
    // The end of a connection is always reported: one that nobody waits for any more would only spin.
    if (client_closed_ && fds[0].events == 0) fds[0].fd = -1;
    if (linger_ && fds[1].events == 0) fds[1].fd = -1;
    int timeout = -1;
    if (linger_) timeout = static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(*linger_ - MonotonicClock::now()).count()));
    if (up_ == Need::turn || down_ == Need::turn) timeout = 0;
    if (::poll(fds, 2, timeout) < 0 && errno != EINTR) return fail_errno("poll");
    if ((fds[0].revents & POLLERR) != 0) return fail(ErrorKind::io, "the client is gone");
    client_closed_ = client_closed_ || (fds[0].revents & POLLHUP) != 0;
    if ((fds[1].revents & (POLLHUP | POLLERR)) != 0) lose_worker();
    up_due_ = due(up_, fds[0], fds[1]);
    down_due_ = due(down_, fds[0], fds[1]);
    return ok();
}

}  // namespace anteroom::rdp
