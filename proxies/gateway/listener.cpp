// getaddrinfo(3), accept4(2).
#include "proxies/gateway/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>

namespace anteroom::gateway {

namespace {

constexpr int backlog = 256;

Peer peer_of(const sockaddr_storage& from) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (from.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        return {text.data(), ntohs(v4.sin_port)};
    }
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    std::string address = text.data();
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) address = address.substr(address.rfind(':') + 1);
    return {address, ntohs(v6.sin6_port)};
}

Result<std::pair<std::string, std::string>> split_address(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || colon + 1 == text.size()) return fail(ErrorKind::invalid, text + ": not HOST:PORT");
    std::string host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    return std::pair(host, text.substr(colon + 1));
}

Result<Fd> listen_on(const std::string& address) {
    const auto [host, port] = TRY(split_address(address));
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* raw = nullptr;
    if (const int rc = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &raw); rc != 0)
        return fail(ErrorKind::invalid, address + ": " + ::gai_strerror(rc));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> found(raw, ::freeaddrinfo);
    Fd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("socket");
    const int one = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), backlog) != 0) return fail_errno(address.c_str());
    return fd;
}

}  // namespace

Status Listener::listen(const std::string& address) {
    if (fd_ && address_ == address) return ok();
    fd_.close();  // the new address may be the old port
    if (address.empty()) return ok();
    fd_ = TRY(listen_on(address));
    address_ = address;
    return ok();
}

Result<std::optional<Connection>> Listener::accept() const {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    Fd client(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC));
    if (client) return Connection{std::move(client), peer_of(from)};
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return fail(ErrorKind::io, "out of descriptors or memory");
    return std::nullopt;
}

}  // namespace anteroom::gateway
