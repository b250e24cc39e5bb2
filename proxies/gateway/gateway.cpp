// One poll loop over the listening sockets, the broker, the workers' pidfds and the plain streams of fronts without a worker.
#include "proxies/gateway/gateway.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"

namespace anteroom::gateway {

namespace {

constexpr Duration reconnect_every = std::chrono::milliseconds(200), report_every = std::chrono::seconds(5), greeting_limit = std::chrono::seconds(5),
                   accept_pause = std::chrono::milliseconds(100), listen_every = std::chrono::seconds(5);
constexpr std::size_t max_penalties = 10000, max_refusal_rows = 1000;

Worker new_worker(const char* protocol, const Peer& peer, Duration grace) {
    Worker worker;
    worker.id = WorkerId(random_id());
    worker.protocol = protocol;
    worker.source = peer.address;
    worker.source_port = peer.port;
    worker.deadline = MonotonicClock::now() + grace;
    return worker;
}

}  // namespace

Status Gateway::run(int stop_fd) {
    for (bool stopped = false; !stopped;) {
        const auto now = MonotonicClock::now();
        if (!broker_ && now >= next_connect_) connect_broker(now);
        serve_rdp(now);
        workers_.enforce(now);
        for (auto& ended : workers_.reap(now)) unreported_.push_back(std::move(ended));
        report_ended();
        if (broker_ && now >= next_report_) report_refusals(now);
        TRY(wait_and_serve(stop_fd, now, stopped));
    }
    workers_.kill_all();
    return ok();
}

Status Gateway::wait_and_serve(int stop_fd, Monotonic now, bool& stopped) {
    // Nobody is let in while no broker is there, neither at the door nor from a front to a worker.
    const auto door = [&](const Listener& listener) { return broker_ && now >= accept_again_ ? listener.fd() : -1; };
    std::vector<pollfd> fds{{stop_fd, POLLIN, 0}, {broker_ ? broker_.fd() : -1, POLLIN, 0}, {door(ssh_), POLLIN, 0}, {door(rdp_), POLLIN, 0}};
    const auto waiting = broker_ ? workers_.waiting() : std::vector<WorkerId>();
    const auto first_plain = fds.size();
    for (const auto& id : waiting) fds.push_back({workers_.find(id)->plain.get(), POLLIN, 0});
    for (const auto& [id, worker] : workers_.all()) {
        if (worker.pidfd) fds.push_back({worker.pidfd.get(), POLLIN, 0});
        if (worker.front) fds.push_back({worker.front.get(), POLLIN, 0});
    }
    if (::poll(fds.data(), fds.size(), wait_ms(now)) < 0) return errno == EINTR ? ok() : Status(fail_errno("poll"));
    stopped = fds[0].revents != 0;
    if (stopped) return ok();
    if (fds[1].revents != 0) take_packets();
    for (std::size_t i = 0; i < waiting.size(); ++i) look_at_front(waiting[i], fds[first_plain + i]);
    if (broker_ && fds[2].revents != 0) accept_one(ssh_);
    if (broker_ && fds[3].revents != 0) accept_one(rdp_);
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
    if (packet.fds.size() != (rules_.rdp_listen.empty() ? 0 : 1)) return fail(ErrorKind::refused, "RDP and its TLS identity come together");
    broker_.enter(control::open);
    TRY(set_nonblocking(broker_.fd()));
    TRY(ssh_.listen(rules_.ssh_listen));
    identity_ = rules_.rdp_listen.empty() ? Fd() : std::move(packet.fds[0]);
    listen_again_ = {};
    log::info("broker.connected", {{"ssh", rules_.ssh_listen}, {"rdp", rules_.rdp_listen}, {"workers", std::uint64_t{workers_.size()}}});
    for (const auto& [id, worker] : workers_.all())
        if (worker.control) hand_over(worker, true);
    return ok();
}

// An RDP port that cannot be had is no reason to keep anybody from SSH: it is tried again.
void Gateway::serve_rdp(Monotonic now) {
    if (!broker_ || !desktops_ || now < listen_again_) return;
    listen_again_ = now + listen_every;
    if (auto listening = rdp_.listen(rules_.rdp_listen); !listening) log::error("listen", {{"rdp", rules_.rdp_listen}, {"error", listening.error().detail}});
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

void Gateway::accept_one(const Listener& listener) {
    auto accepted = listener.accept();
    if (!accepted) {
        // The socket stays readable: looking again at once would only spin.
        const auto now = MonotonicClock::now();
        if (now - accept_again_ > std::chrono::seconds(1)) log::error("accept", {{"error", accepted.error().detail}});  // once for a row of them
        accept_again_ = now + accept_pause;
        return;
    }
    if (!*accepted || !admits((*accepted)->peer.address)) return;
    auto begun = &listener == &rdp_ ? begin_rdp(std::move(**accepted)) : begin_ssh(std::move(**accepted));
    if (!begun) log::error("worker.start", {{"error", begun.error().detail}});
}

Status Gateway::begin_ssh(Connection connection) {
    auto pair = TRY(control::make_pair());
    Worker worker = new_worker("ssh", connection.peer, rules_.login_grace);
    worker.control = std::move(pair.first);
    const auto* started = TRY(workers_.start(programs_ + "/anteroom-ssh", std::move(connection.socket), std::move(pair.second), std::move(worker)));
    hand_over(*started, false);
    return ok();
}

Status Gateway::begin_rdp(Connection connection) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return fail_errno("socketpair");
    Worker worker = new_worker("rdp", connection.peer, rules_.login_grace);
    worker.plain = Fd(pair[0]);
    Fd theirs(pair[1]);
    TRY(workers_.start_front(programs_ + "/anteroom-rdp-front", std::move(connection.socket), std::move(theirs), identity_, std::move(worker)));
    return ok();
}

// The front speaks when its handshake is done. What it says is the worker's to read: here it is only counted.
void Gateway::look_at_front(const WorkerId& id, const pollfd& plain) {
    auto* worker = workers_.find(id);
    if (plain.revents == 0 || !broker_ || worker == nullptr || !worker->plain) return;
    int size = 0;
    const bool spoke = (plain.revents & (POLLHUP | POLLERR)) == 0 && ::ioctl(worker->plain.get(), FIONREAD, &size) == 0 && size > 0;
    if (!spoke) return workers_.kill(id);
    auto begun = begin_behind(*worker);
    if (begun) return;
    log::error("worker.start", {{"error", begun.error().detail}});
    workers_.kill(id);
}

Status Gateway::begin_behind(const Worker& worker) {
    auto pair = TRY(control::make_pair());
    TRY(workers_.start_behind(worker.id, programs_ + "/anteroom-rdp", std::move(pair.second), std::move(pair.first)));
    hand_over(worker, false);
    return ok();
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
