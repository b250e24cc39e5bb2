// Messages from and to the gateway.
#include "broker/daemon/gateway_peer.h"

#include "base/log.h"
#include "broker/daemon/sealed_memory.h"

namespace anteroom::daemon {

Status GatewayPeer::handle(control::Packet packet) {
    if (packet.is<control::GatewayHello>()) return greet(TRY(packet.as<control::GatewayHello>()));
    if (packet.is<control::WorkerStarted>()) {
        auto started = TRY(packet.as<control::WorkerStarted>());
        if (started.protocol != "ssh" && started.protocol != "rdp") return fail(ErrorKind::refused, "a worker of an unknown protocol");
        events_.worker_started(std::move(started), std::move(packet.fds.front()));
        return ok();
    }
    if (packet.is<control::WorkerEnded>()) {
        const auto ended = TRY(packet.as<control::WorkerEnded>());
        events_.worker_ended(ended);
        return ok();
    }
    const auto refused = TRY(packet.as<control::ConnectionsRefused>());
    return shared_.here.log->append_coalesced(
        refused.source + "|" + refused.why,
        {audit::Kind::connection_refused, "", "", "", {{"source", refused.source}, {"why", refused.why}, {"connections", std::to_string(refused.count)}}});
}

Status GatewayPeer::greet(const control::GatewayHello& hello) {
    if (hello.version != control::protocol_version) return fail(ErrorKind::refused, "the gateway speaks another version of the control protocol");
    const auto& limits = shared_.here.config.limits;
    const control::GatewayWelcome welcome{shared_.here.config.ssh_listen,
                                          shared_.here.config.rdp.listen,
                                          static_cast<std::uint32_t>(limits.connections),
                                          static_cast<std::uint32_t>(limits.unauthenticated),
                                          static_cast<std::uint32_t>(limits.unauthenticated_per_source),
                                          limits.login};
    Fd identity;
    std::vector<int> fds;
    if (shared_.here.rdp_identity) {
        const auto pem = shared_.here.rdp_identity->pem();
        identity = TRY(sealed_memory("anteroom-rdp-identity", pem.expose()));
        fds.push_back(identity.get());
    }
    if (say(welcome, fds)) link_.enter(control::open);
    return ok();
}

void GatewayPeer::set_deadline(const WorkerId& worker, Monotonic deadline, bool authenticated, bool extended) {
    say(control::SetDeadline{worker, deadline.time_since_epoch().count(), authenticated, extended});
}
void GatewayPeer::end_worker(const WorkerId& worker) { say(control::EndWorker{worker}); }
void GatewayPeer::penalize(const std::string& source, Duration length) { say(control::Penalty{source, length}); }

void GatewayPeer::gone(const Error& why) {
    log::warn("gateway.gone", {{"why", why.detail}});
    events_.gone();
}

}  // namespace anteroom::daemon
