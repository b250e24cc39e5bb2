// One poll loop over the listening socket, the broker and the workers' pidfds.
#include "proxies/gateway/gateway.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/log.h"

namespace anteroom::gateway {

namespace {

constexpr Duration reconnect_every = std::chrono::milliseconds(200), report_every = std::chrono::seconds(5), greeting_limit = std::chrono::seconds(5),
                   accept_pause = std::chrono::milliseconds(100);
constexpr std::size_t max_penalties = 10000, max_refusal_rows = 1000;
constexpr int backlog = 256;

struct Peer {
    std::string address;
    std::uint16_t port = 0;
};

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

Status Gateway::run(int stop_fd) {
    while (true) {
        const auto now = MonotonicClock::now();
        if (!broker_ && now >= next_connect_) connect_broker(now);
        workers_.enforce(now);
        for (auto& ended : workers_.reap()) unreported_.push_back(std::move(ended));
        report_ended();
        if (broker_ && now >= next_report_) report_refusals(now);

        std::vector<pollfd> fds{{stop_fd, POLLIN, 0}, {broker_ ? broker_.fd() : -1, POLLIN, 0}, {broker_ && now >= accept_again_ ? ssh_.get() : -1, POLLIN, 0}};
        for (const auto& [id, worker] : workers_.all()) fds.push_back({worker.pidfd.get(), POLLIN, 0});
        if (::poll(fds.data(), fds.size(), wait_ms(now)) < 0 && errno != EINTR) return fail_errno("poll");
        if (fds[0].revents != 0) break;
        if (fds[1].revents != 0) take_packets();
        if (fds[2].revents != 0) accept_one();
    }
    workers_.kill_all();
    return ok();
}

int Gateway::wait_ms(Monotonic now) const {
    Monotonic next = now + std::chrono::seconds(5);
    if (!broker_) next = std::min(next, next_connect_);
    if (now < accept_again_) next = std::min(next, accept_again_);
    if (broker_ && !refusals_.empty()) next = std::min(next, next_report_);
    if (const auto deadline = workers_.next_deadline()) next = std::min(next, *deadline);
    return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(next - now).count()));
}

void Gateway::connect_broker(Monotonic now) {
    next_connect_ = now + reconnect_every;
    auto fd = control::connect_to(control_);
    if (!fd) return;
    broker_ = control::Link(std::move(*fd), control::Sender::gateway, control::Sender::broker);
    if (auto greeted = greet(); !greeted) lose_broker(greeted.error().detail);
}

Status Gateway::greet() {
    TRY(broker_.send(control::GatewayHello{}));
    auto packet = TRY(broker_.receive_within(greeting_limit));
    rules_ = TRY(packet.as<control::GatewayWelcome>());
    broker_.enter(control::open);
    TRY(set_nonblocking(broker_.fd()));
    TRY(listen(rules_.ssh_listen));
    log::info("broker.connected", {{"ssh", rules_.ssh_listen}, {"workers", std::uint64_t{workers_.size()}}});
    for (const auto& [id, worker] : workers_.all()) hand_over(worker, true);
    return ok();
}

Status Gateway::listen(const std::string& address) {
    if (ssh_ && listening_ == address) return ok();
    ssh_ = TRY(listen_on(address));
    listening_ = address;
    return ok();
}

void Gateway::lose_broker(const std::string& why) {
    log::warn("broker.lost", {{"why", why}});
    broker_.close();
}

void Gateway::hand_over(const Worker& worker, bool adopted) {
    const int fds[] = {worker.control.get()};
    const control::WorkerStarted started{worker.id, worker.protocol, worker.source, worker.source_port, adopted};
    if (auto sent = broker_.send(started, fds); !sent) lose_broker(sent.error().detail);
}

void Gateway::take_packets() {
    while (broker_) {
        auto packet = broker_.receive();
        if (!packet && packet.error().kind == ErrorKind::timeout) return;
        if (!packet) return lose_broker(packet.error().detail);
        if (auto handled = handle(*packet); !handled) return lose_broker(handled.error().detail);
    }
}

Status Gateway::handle(control::Packet& packet) {
    if (packet.is<control::SetDeadline>()) {
        const auto set = TRY(packet.as<control::SetDeadline>());
        workers_.set_deadline(set.worker, Monotonic(Duration(set.deadline)), set.authenticated, set.extended);
        return ok();
    }
    if (packet.is<control::EndWorker>()) {
        workers_.kill(TRY(packet.as<control::EndWorker>()).worker);
        return ok();
    }
    if (packet.is<control::Penalty>()) {
        const auto penalty = TRY(packet.as<control::Penalty>());
        if (penalties_.size() >= max_penalties) std::erase_if(penalties_, [now = MonotonicClock::now()](const auto& one) { return one.second <= now; });
        if (penalties_.size() < max_penalties) penalties_[source_key(penalty.source)] = MonotonicClock::now() + penalty.length;
        return ok();
    }
    return fail(ErrorKind::refused, "an unexpected " + std::string(packet.name()));
}

bool Gateway::admits(const std::string& source) {
    const auto penalty = penalties_.find(source_key(source));
    if (penalty != penalties_.end() && penalty->second > MonotonicClock::now()) return refuse(source, "penalty"), false;
    if (penalty != penalties_.end()) penalties_.erase(penalty);
    if (workers_.size() >= rules_.max_connections) return refuse(source, "limit"), false;
    if (workers_.unauthenticated_from(source) >= rules_.max_unauthenticated_per_source) return refuse(source, "source-limit"), false;
    if (workers_.unauthenticated() < rules_.max_unauthenticated) return true;
    const std::string evicted = workers_.evict_for(source);
    refuse(evicted.empty() ? source : evicted, "limit");
    return !evicted.empty();
}

void Gateway::refuse(const std::string& source, const char* why) {
    const std::pair<std::string, std::string> key(refusals_.size() < max_refusal_rows ? source_key(source) : "many", why);
    ++refusals_[key];
}

void Gateway::accept_one() {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    Fd client(::accept4(ssh_.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC));
    if (!client) {
        // The connection stays in the kernel's queue, and the socket readable: looking again at once would only spin.
        if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
        const auto now = MonotonicClock::now();
        if (now - accept_again_ > std::chrono::seconds(1)) log::error("accept", {{"error", "out of descriptors or memory"}});  // once for a row of them
        accept_again_ = now + accept_pause;
        return;
    }
    const Peer peer = peer_of(from);
    if (!admits(peer.address)) return;
    auto pair = control::make_pair();
    if (!pair) return log::error("worker.channel", {{"error", pair.error().detail}});
    Worker worker{WorkerId(random_id()), "ssh", peer.address, peer.port, -1, {}, std::move(pair->first), MonotonicClock::now() + rules_.login_grace};
    auto started = workers_.start(programs_ + "/anteroom-ssh", std::move(client), std::move(pair->second), std::move(worker));
    if (!started) return log::error("worker.start", {{"error", started.error().detail}});
    hand_over(**started, false);
}

void Gateway::report_ended() {
    while (broker_ && !unreported_.empty()) {
        if (auto sent = broker_.send(control::WorkerEnded{unreported_.back().id, unreported_.back().how}); !sent) return lose_broker(sent.error().detail);
        unreported_.pop_back();
    }
}

void Gateway::report_refusals(Monotonic now) {
    next_report_ = now + report_every;
    for (const auto& [key, count] : refusals_)
        if (auto sent = broker_.send(control::ConnectionsRefused{key.first, key.second, count}); !sent) return lose_broker(sent.error().detail);
    refusals_.clear();
}

}  // namespace anteroom::gateway
