// Listening, adopting, ticking, stopping.
#include "broker/daemon/daemon.h"

#include <boost/asio/post.hpp>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "base/log.h"
#include "broker/access/people_notices.h"
#include "broker/daemon/admin_peer.h"
#include "broker/daemon/console_door.h"
#include "broker/daemon/sealing.h"

namespace anteroom::daemon {

namespace {

// A gateway that lives hands its workers over at once; until then their sessions are not taken for lost.
constexpr Duration adoption_limit = std::chrono::seconds(5);
constexpr Duration ending_limit = std::chrono::seconds(4);
constexpr const char* stopped = "Anteroom is being stopped; the session was ended.";

std::string user_name(unsigned uid) {
    const passwd* entry = ::getpwuid(uid);
    return entry == nullptr ? "uid " + std::to_string(uid) : entry->pw_name;
}

std::string own_folder() {
    char path[4096];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    const std::string whole(path, size > 0 ? static_cast<std::size_t>(size) : 0);
    return whole.substr(0, whole.rfind('/'));
}

}  // namespace

Daemon::Daemon(boost::asio::io_context& io, installation::Installation& here)
    : io_(io),
      here_(here),
      shared_(io, here, *this),
      indexing_(shared_, own_folder() + "/anteroom-indexer"),
      exporting_(io, here, own_folder() + "/anteroom-exporter"),
      console_(here, *this, console_door(shared_)),
      ticker_(io),
      signals_(io, SIGTERM, SIGINT) {}

Status Daemon::start() {
    TRY(here_.log->append({audit::Kind::broker_started, "", "", "", {{"policy_version", std::to_string(here_.policy.version)}}}));
    if (auto kept = here_.spool.keep_reserve(); !kept) log::warn("spool.no-reserve", {{"error", kept.error().detail}});
    TRY(listen(here_.paths.gateway_socket(), &Daemon::take_gateway));
    TRY(listen(here_.paths.admin_socket(), &Daemon::take_admin));
    TRY(listen(here_.paths.courier_socket(), &Daemon::take_courier));
    TRY(listen(here_.paths.web_socket(), &Daemon::take_web));
    policy_shown_ = here_.policy.version;
    shared_.session_changed = [this](const store::Session& session, bool emergency, std::string_view state) {
        boost::asio::post(io_, [this, seen = console::Seen{session, emergency}, state] { console_.events().session(seen, state); });
    };
    shared_.recording_sealed = [this](const SessionId& session) { indexing_.sealed(session); };
    orphans_due_ = shared_.monotonic() + adoption_limit;
    // Later on the same thread: what changed it may be in the middle of something.
    shared_.access.on_change([this](const access::Request& request) {
        boost::asio::post(io_, [this, request] {
            for (auto& [id, worker] : workers_) worker->changed(request);
            console_.events().request(request);
            outbox_changed();
        });
    });
    access::tell_of_recovery_codes(here_);
    wait_for_signal();
    tick();
    log::info("broker.ready", {{"dir", here_.paths.dir}, {"policy_version", here_.policy.version}});
    return ok();
}

Status Daemon::listen(const std::string& path, Accept accept) {
    auto fd = TRY(control::listen_at(path));
    listeners_.push_back(std::make_unique<Listener>(Listener{boost::asio::posix::stream_descriptor(io_, fd.release()), accept}));
    wait(*listeners_.back());
    return ok();
}

void Daemon::wait(Listener& listener) {
    listener.descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this, &listener](const boost::system::error_code& error) {
        if (error) return;
        Fd fd(::accept4(listener.descriptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC));
        // Only this broker's own user and root may speak to it at all.
        if (fd)
            if (const auto user = control::peer_user(fd.get()); user && (user->uid == ::geteuid() || user->uid == 0))
                (this->*listener.accept)(std::move(fd), *user);
        wait(listener);
    });
}

void Daemon::take_gateway(Fd fd, const control::PeerUser&) {
    if (gateway_) gateway_->close();
    gateway_ = std::make_shared<GatewayPeer>(
        shared_, control::Link(std::move(fd), control::Sender::broker, control::Sender::gateway),
        GatewayPeer::Events{[this](control::WorkerStarted started, Fd channel) { worker_started(std::move(started), std::move(channel)); },
                            [this](const control::WorkerEnded& ended) { worker_ended(ended); }, [this] { gateway_.reset(); }});
    gateway_->start();
}

void Daemon::take_admin(Fd fd, const control::PeerUser& user) {
    std::make_shared<AdminPeer>(io_, control::Link(std::move(fd), control::Sender::broker, control::Sender::admin), here_, *this,
                                admin::Caller{user.uid, user_name(user.uid)})
        ->start();
}

void Daemon::take_courier(Fd fd, const control::PeerUser&) {
    if (courier_) courier_->close();
    courier_ = std::make_shared<CourierPeer>(io_, control::Link(std::move(fd), control::Sender::broker, control::Sender::courier), here_,
                                             [this] { courier_.reset(); });
    courier_->start();
}

// A newer one takes the place of the one before.
void Daemon::take_web(Fd fd, const control::PeerUser&) {
    if (web_) web_->close();
    web_ = std::make_shared<WebPeer>(io_, control::Link(std::move(fd), control::Sender::broker, control::Sender::web), here_, console_, exporting_,
                                     [this] { web_.reset(); });
    web_->start();
}

void Daemon::outbox_changed() {
    if (courier_) courier_->look();
}

std::optional<std::set<std::string>> Daemon::courier_channels() { return courier_ ? std::optional(courier_->channels()) : std::nullopt; }

void Daemon::worker_started(control::WorkerStarted started, Fd channel) {
    const WorkerId id = started.worker;
    const bool adopted = started.adopted;
    auto peer = std::make_shared<WorkerPeer>(shared_, control::Link(std::move(channel), control::Sender::broker, control::Sender::worker), std::move(started));
    if (adopted) {
        if (const auto held = workers_.find(id); held != workers_.end()) {
            // The gateway came back: what it did not hear is said again.
            if (!held->second->is_open()) return end_worker(id);
            return held->second->keep_deadline();
        }
        const auto known = here_.sessions.find_live(id);
        // One that had not yet begun a session lost its conversation with the broker before this one.
        if (!known || known->empty()) return end_worker(id);
        if (auto taken = peer->adopt(known->front()); !taken) {
            log::error("session.not-adopted", {{"error", taken.error().detail}});
            return end_worker(id);
        }
    }
    workers_[id] = peer;
    peer->start();
}

void Daemon::worker_ended(const control::WorkerEnded& ended) {
    const auto found = workers_.find(ended.worker);
    if (found == workers_.end()) return;
    found->second->ended(ended.how);
    workers_.erase(found);  // it lives on while its recording is being sealed
}

void Daemon::tick() {
    if (auto ticked = here_.log->tick(); !ticked) log::error("audit.tick", {{"error", ticked.error().detail}});
    if (auto ticked = shared_.access.tick(); !ticked) log::error("access.tick", {{"error", ticked.error().detail}});
    for (auto& [id, worker] : workers_) worker->tick();
    console_.tick();
    indexing_.tick();
    if (!orphans_sealed_ && shared_.monotonic() >= orphans_due_) seal_orphans();
    ticker_.expires_after(std::chrono::seconds(1));
    ticker_.async_wait([this](const boost::system::error_code& error) {
        if (!error) tick();
    });
}

// Sessions of an earlier broker whose workers are gone.
void Daemon::seal_orphans() {
    orphans_sealed_ = true;
    const auto live = here_.sessions.list(store::Sessions::Which::live);
    if (!live) return log::error("sessions.list", {{"error", live.error().detail}});
    for (const auto& session : *live) {
        if (workers_.contains(session.worker)) continue;
        const auto outcome =
            RecordingKeeper::recover_now({here_.recording_path(session.id), here_.checkpoints_path(session.id)}, shared_.recording_seed, shared_.now());
        const auto written = note_sealed(here_, session, outcome, {"broker-restarted"}, shared_.now());
        if (!written) log::error("session.not-sealed", {{"session", session.id.str()}, {"error", written.error().detail}});
        indexing_.sealed(session.id);
    }
}

// SIGTERM leaves: sessions go on without a broker and are adopted by the next one. SIGINT ends them all first.
void Daemon::wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        if (signal == SIGINT && !stopping_) return end_everything();
        (void)here_.log->append({audit::Kind::broker_stopped, "", "", "", {}});
        (void)here_.log->flush();
        io_.stop();
    });
}

void Daemon::end_everything() {
    stopping_ = true;
    for (auto& [id, worker] : workers_) worker->terminate(stopped, "terminated");
    const auto until = shared_.monotonic() + ending_limit;
    auto timer = std::make_shared<boost::asio::steady_timer>(io_);
    auto look = std::make_shared<std::function<void()>>();
    *look = [this, timer, until, look] {
        bool busy = false;
        for (auto& [id, worker] : workers_) busy = busy || (worker->session() && !worker->session()->ended);
        if (!busy || shared_.monotonic() >= until) {
            (void)here_.log->append({audit::Kind::broker_stopped, "", "", "", {}});
            (void)here_.log->flush();
            return io_.stop();
        }
        timer->expires_after(std::chrono::milliseconds(50));
        timer->async_wait([look](const boost::system::error_code&) { (*look)(); });
    };
    (*look)();
    wait_for_signal();
}

void Daemon::stop_pools() {
    shared_.passwords.stop();
    shared_.recording_pool.join();
}

std::vector<admin::LiveSession> Daemon::sessions() {
    std::vector<admin::LiveSession> list;
    for (const auto& [id, worker] : workers_)
        if (worker->session() && !worker->session()->ended)
            list.push_back({worker->session()->id, worker->bytes_recorded(), worker->expires(), worker->last_growth(), worker->request_id(),
                            worker->emergency(), worker->refusals()});
    return list;
}

Status Daemon::terminate(const SessionId& id, const std::string& sentence) {
    for (auto& [worker_id, worker] : workers_) {
        if (!worker->session() || worker->session()->id != id || worker->session()->ended) continue;
        worker->terminate(sentence, "terminated");
        return ok();
    }
    return fail(ErrorKind::not_found, "no live session of that id");
}

void Daemon::end_person(const PersonId& person, const std::string& sentence) {
    for (auto& [id, worker] : workers_)
        if (worker->person() == person) worker->end_connection(sentence);
}

void Daemon::reconsider() {
    for (auto& [id, worker] : workers_) worker->reconsider();
    if (std::exchange(policy_shown_, here_.policy.version) != here_.policy.version) console_.events().policy();
    else console_.events().people();
}

void Daemon::set_deadline(const WorkerId& worker, Monotonic deadline, bool authenticated, bool extended) {
    if (gateway_) gateway_->set_deadline(worker, deadline, authenticated, extended);
}
void Daemon::end_worker(const WorkerId& worker) {
    if (gateway_) gateway_->end_worker(worker);
}
void Daemon::penalize(const std::string& source, Duration length) {
    if (gateway_) gateway_->penalize(source, length);
}

}  // namespace anteroom::daemon
