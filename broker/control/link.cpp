// Seqpacket sockets, SCM_RIGHTS, and the check against the table.
#include "broker/control/link.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptors.h"

namespace anteroom::control {

namespace {

constexpr int send_patience_ms = 10000;

template <class T>
std::string_view type_name() {
    constexpr std::string_view prefix = "T = anteroom::control::";
    const std::string_view whole = __PRETTY_FUNCTION__;
    const auto at = whole.find(prefix);
    if (at == std::string_view::npos) return whole;
    const auto begin = at + prefix.size();
    return whole.substr(begin, whole.find_first_of("];", begin) - begin);
}

template <class... R>
std::array<Permission, sizeof...(R)> all_permissions(boost::mp11::mp_list<R...>) {
    return {Permission{type_name<typename R::type>(), R::from, R::in, R::fds_min, R::fds_max}...};
}

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(ErrorKind::invalid, path + ": longer than a Unix socket's path may be (107 bytes); choose a shorter --dir");
    std::memcpy(address.sun_path, path.c_str(), path.size());
    return address;
}

void widen(int fd) {
    const int size = 2 * static_cast<int>(max_message);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

}  // namespace

const Permission* permission(std::uint8_t number) {
    static const auto rows = all_permissions(Table{});
    return number < rows.size() ? &rows[number] : nullptr;
}

std::string_view state_name(State state) {
    switch (state) {
        case fresh: return "fresh";
        case open: return "open";
        case exchanged: return "exchanged";
        case accepted: return "accepted";
        case opening: return "opening";
        case permitted: return "permitted";
        case live: return "live";
        case ended: return "ended";
        case talking: return "talking";
    }
    return "?";
}

std::string_view Packet::name() const {
    const auto* row = permission(number);
    return row ? row->name : "unknown";
}

Status Link::send_raw(std::uint8_t number, Bytes&& body, std::span<const int> fds) {
    const auto& row = *permission(number);
    const auto count = static_cast<int>(fds.size());
    const auto wiped = [&](Status status) {
        wipe(body.data(), body.size());
        return status;
    };
    if (row.from != self_ || (row.in & state_) == 0 || count < row.fds_min || count > row.fds_max)
        return wiped(fail(ErrorKind::internal, std::string("sending ") + std::string(row.name) + " in state " + std::string(state_name(state_))));
    if (body.size() + 1 > max_message) return wiped(fail(ErrorKind::invalid, "a control message is too large"));
    iovec parts[2] = {{&number, 1}, {body.data(), body.size()}};
    while (send_with_descriptors(fd_.get(), parts, fds) < 0) {
        if (errno == EINTR) continue;
        // A worker waits for a busy broker; the broker waits for nobody.
        pollfd writable{fd_.get(), POLLOUT, 0};
        if (errno == EAGAIN && self_ != Sender::broker && ::poll(&writable, 1, send_patience_ms) > 0) continue;
        return wiped(fail_errno("sending on a control channel"));
    }
    return wiped(ok());
}

Result<Packet> Link::receive() {
    static thread_local std::vector<std::uint8_t> buffer(max_message + 1);
    auto received = receive_with_descriptors(fd_.get(), buffer);
    const ssize_t n = received.bytes;
    if (n < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) return fail(ErrorKind::timeout, "nothing there");
        if (errno == ECONNRESET) return fail(ErrorKind::not_found, "the peer is gone");
        return fail_errno("receiving on a control channel");
    }
    Packet packet;
    packet.fds = std::move(received.descriptors);
    if (n == 0) return fail(ErrorKind::not_found, "the peer is gone");
    const auto size = static_cast<std::size_t>(n);
    packet.number = buffer[0];
    packet.body.assign(buffer.begin() + 1, buffer.begin() + static_cast<std::ptrdiff_t>(std::min(size, buffer.size())));
    wipe(buffer.data(), std::min(size, buffer.size()));
    if (size > max_message || received.cut) return fail(ErrorKind::refused, "a control message is larger than allowed");
    const auto* row = permission(packet.number);
    if (row == nullptr) return fail(ErrorKind::refused, "an unknown control message, number " + std::to_string(packet.number));
    const auto count = static_cast<int>(packet.fds.size());
    if (row->from != peer_ || (row->in & state_) == 0 || count < row->fds_min || count > row->fds_max)
        return fail(ErrorKind::refused, std::string(row->name) + " may not come in state " + std::string(state_name(state_)));
    return packet;
}

Result<Packet> Link::receive_within(Duration limit) {
    const auto end = MonotonicClock::now() + limit;
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - MonotonicClock::now()).count();
        pollfd p{fd_.get(), POLLIN, 0};
        const int ready = ::poll(&p, 1, left > 0 ? static_cast<int>(left) : 0);
        if (ready < 0 && errno != EINTR) return fail_errno("poll");
        if (ready > 0) {
            auto packet = receive();
            if (packet || packet.error().kind != ErrorKind::timeout) return packet;
        }
        if (left <= 0) return fail(ErrorKind::timeout, "no answer in time");
    }
}

Result<std::pair<Fd, Fd>> make_pair() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) return fail_errno("socketpair");
    widen(fds[0]);
    widen(fds[1]);
    return std::pair<Fd, Fd>(Fd(fds[0]), Fd(fds[1]));
}

Result<Fd> listen_at(const std::string& path, unsigned mode) {
    const auto address = TRY(address_of(path));
    Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("socket");
    ::unlink(path.c_str());
    const mode_t before = ::umask(0777 & ~mode);
    const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int code = errno;
    ::umask(before);
    errno = code;
    if (bound != 0) return fail_errno(path.c_str());
    if (::listen(fd.get(), 64) != 0) return fail_errno("listen");
    return fd;
}

Result<Fd> connect_to(const std::string& path) {
    const auto address = TRY(address_of(path));
    Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!fd) return fail_errno("socket");
    widen(fd.get());
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return fail_errno(path.c_str());
    return fd;
}

Result<PeerUser> peer_user(int fd) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return fail_errno("SO_PEERCRED");
    return PeerUser{credentials.uid, credentials.gid, credentials.pid};
}

}  // namespace anteroom::control
