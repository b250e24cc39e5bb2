// Accepting.
#include "web/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/log.h"

namespace anteroom::web {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr Duration look_every = std::chrono::milliseconds(250), breath = std::chrono::milliseconds(100), tell_every = std::chrono::seconds(10);
constexpr int backlog = 512;

std::string address_of(const tcp::socket& socket) {
    boost::system::error_code error;
    const auto end = socket.remote_endpoint(error);
    if (error) return "";
    const auto address = end.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

// The connection lives as long as what it does.
asio::awaitable<void> keep(std::shared_ptr<Connection> connection) { co_await connection->run(); }

}  // namespace

Result<Fd> listen_on(const std::string& address) {
    const auto colon = address.rfind(':');
    if (colon == std::string::npos) return fail(ErrorKind::invalid, address + " is no HOST:PORT");
    auto host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    addrinfo hints{}, *raw = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    if (::getaddrinfo(host == "*" ? nullptr : host.c_str(), address.c_str() + colon + 1, &hints, &raw) != 0 || raw == nullptr)
        return fail(ErrorKind::invalid, "listen.web: " + address + " is no address of this machine");
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> found(raw, ::freeaddrinfo);
    Fd fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int one = 1;
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0) return fail_errno("socket");
    if (::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), backlog) != 0) return fail_errno(("listen.web: " + address).c_str());
    return fd;
}

Server::Server(asio::io_context& io, House house, asio::ssl::context context, Fd listener)
    : io_(io), house_(std::move(house)), context_(std::move(context)), acceptor_(io), ticker_(io), pause_(io) {
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&own), &size);
    acceptor_.assign(own.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), listener.release());
}

void Server::start() {
    accept();
    tick();
}

void Server::accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
        if (error == asio::error::operation_aborted) return;
        if (!error) begin(std::move(socket));
        if (!error || error == asio::error::connection_aborted) return accept();
        // No descriptors left: those that are there end in time.
        pause_.expires_after(breath);
        pause_.async_wait([this](const boost::system::error_code&) { accept(); });
    });
}

void Server::begin(tcp::socket socket) {
    const auto source = address_of(socket);
    if (source.empty()) return;
    const auto admission = house_.guests.admit(source, MonotonicClock::now());
    if (admission.goes)
        if (const auto found = connections_.find(*admission.goes); found != connections_.end())
            if (const auto connection = found->second.lock()) connection->cut();
    if (!admission.id || admission.goes) ++turned_away_;
    if (!admission.id) return;
    boost::system::error_code ignored;
    (void)socket.set_option(tcp::no_delay(true), ignored);
    (void)socket.set_option(asio::socket_base::keep_alive(true), ignored);
    auto connection = std::make_shared<Connection>(house_, std::move(socket), context_, *admission.id, source);
    connections_[*admission.id] = connection;
    // A broken connection is nobody's fault; anything else would be ours, and ends this one only.
    asio::co_spawn(io_, keep(connection), [this, id = *admission.id](const std::exception_ptr& thrown) {
        connections_.erase(id);
        if (!thrown) return;
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& what) { log::error("connection.failed", {{"what", what.what()}}); }
    });
}

void Server::tick() {
    const auto now = MonotonicClock::now();
    for (const auto id : house_.guests.overdue(now)) {
        house_.guests.leave(id);
        const auto found = connections_.find(id);
        if (found == connections_.end()) continue;
        if (const auto connection = found->second.lock()) connection->cut();
    }
    if (turned_away_ != 0 && now - told_ > tell_every) {
        log::warn("connections.turned-away", {{"count", std::exchange(turned_away_, 0)}, {"connections", static_cast<std::uint64_t>(house_.guests.count())}});
        told_ = now;
    }
    ticker_.expires_after(look_every);
    ticker_.async_wait([this](const boost::system::error_code& error) {
        if (!error) tick();
    });
}

}  // namespace anteroom::web
