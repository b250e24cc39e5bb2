// GatewayPeer: the broker's side of the gateway. Workers come in through it, deadlines and penalties go out.
#pragma once

#include <functional>

#include "broker/daemon/peer.h"
#include "broker/daemon/shared.h"

namespace anteroom::daemon {

class GatewayPeer final : public Peer {
public:
    struct Events {
        std::function<void(control::WorkerStarted, Fd channel)> worker_started;
        std::function<void(const control::WorkerEnded&)> worker_ended;
        std::function<void()> gone;
    };
    GatewayPeer(Shared& shared, control::Link link, Events events) : Peer(shared.io, std::move(link)), shared_(shared), events_(std::move(events)) {}

    void set_deadline(const WorkerId& worker, Monotonic deadline, bool authenticated, bool extended);
    void end_worker(const WorkerId& worker);
    void penalize(const std::string& source, Duration length);

protected:
    Status handle(control::Packet packet) override;
    void gone(const Error& why) override;

private:
    Status greet(const control::GatewayHello& hello);
    Shared& shared_;
    Events events_;
};

}  // namespace anteroom::daemon
