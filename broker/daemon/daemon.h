// Daemon: the broker as a process. It listens on its Unix sockets, keeps the workers' conversations, adopts sessions that
// outlived an earlier broker and seals those that did not.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>

#include "broker/admin/admin.h"
#include "broker/daemon/courier_peer.h"
#include "broker/daemon/exporting.h"
#include "broker/daemon/gateway_peer.h"
#include "broker/daemon/indexing.h"
#include "broker/daemon/web_peer.h"
#include "broker/daemon/worker_peer.h"

namespace anteroom::daemon {

class Daemon final : public admin::Live, public GatewayDoor {
public:
    Daemon(boost::asio::io_context& io, installation::Installation& here);
    Status start();
    void stop_pools();
    // Something may wait for the courier: it is handed out at once. (It looks by itself, too, five times a second.)
    void outbox_changed();

    // admin::Live
    std::vector<admin::LiveSession> sessions() override;
    Status terminate(const SessionId& id, const std::string& sentence) override;
    void reconsider() override;
    std::optional<std::set<std::string>> courier_channels() override;
    access::Access& access() override { return shared_.access; }
    void index(const SessionId& session, bool damaged) override { indexing_.want(session, damaged); }
    void people_changed() override { console_.events().people(); }
    void end_person(const PersonId& person, const std::string& sentence) override;
    // GatewayDoor
    void set_deadline(const WorkerId& worker, Monotonic deadline, bool authenticated, bool extended) override;
    void end_worker(const WorkerId& worker) override;
    void penalize(const std::string& source, Duration length) override;

private:
    using Accept = void (Daemon::*)(Fd, const control::PeerUser&);
    struct Listener {
        boost::asio::posix::stream_descriptor descriptor;
        Accept accept;
    };
    Status listen(const std::string& path, Accept accept);
    void wait(Listener& listener);
    void take_gateway(Fd fd, const control::PeerUser& user);
    void take_admin(Fd fd, const control::PeerUser& user);
    void take_courier(Fd fd, const control::PeerUser& user);
    void take_web(Fd fd, const control::PeerUser& user);
    void worker_started(control::WorkerStarted started, Fd channel);
    void worker_ended(const control::WorkerEnded& ended);
    void tick();
    void wait_for_signal();
    void seal_orphans();
    void end_everything();

    boost::asio::io_context& io_;
    installation::Installation& here_;
    Shared shared_;
    Indexing indexing_;
    Exporting exporting_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::shared_ptr<GatewayPeer> gateway_;
    std::shared_ptr<CourierPeer> courier_;
    console::Gate console_;
    std::shared_ptr<WebPeer> web_;
    std::int64_t policy_shown_ = 0;  // the version that consoles have heard of
    std::map<WorkerId, std::shared_ptr<WorkerPeer>> workers_;
    boost::asio::steady_timer ticker_;
    boost::asio::signal_set signals_;
    Monotonic orphans_due_{};
    bool orphans_sealed_ = false, stopping_ = false;
};

}  // namespace anteroom::daemon
