// Gateway: accepts connections, keeps them within limits, starts a worker for each and hands the worker's control channel
// to the broker. It reads nothing from the network. While no broker is there, nobody is let in and deadlines still hold.
// An RDP client first meets its front, a small process; the worker, a large one, is started when the front's handshake is done.
#pragma once

#include <poll.h>

#include "broker/control/link.h"
#include "proxies/gateway/listener.h"
#include "proxies/gateway/workers.h"

namespace anteroom::gateway {

class Gateway {
public:
    // `control` is the path of the broker's socket for gateways; `programs` the folder with the workers' programs.
    // Without `desktops` (its self-test failed) the RDP port stays shut, whatever the broker says; SSH does not suffer.
    Gateway(std::string control, std::string programs, bool desktops = true)
        : control_(std::move(control)), programs_(std::move(programs)), desktops_(desktops) {}
    Status run(int stop_fd);

private:
    void connect_broker(Monotonic now);
    Status greet();
    void serve_rdp(Monotonic now);
    void lose_broker(const std::string& why);
    void hand_over(const Worker& worker, bool adopted);
    Status wait_and_serve(int stop_fd, Monotonic now, bool& stopped);
    void take_packets();
    Status handle(control::Packet& packet);
    void accept_one(const Listener& listener);
    Status begin_ssh(Connection connection);
    Status begin_rdp(Connection connection);
    Status begin_behind(const Worker& worker);
    void look_at_front(const WorkerId& id, const pollfd& plain);
    bool admits(const std::string& source);
    void refuse(const std::string& source, const char* why);
    void report_refusals(Monotonic now);
    void report_ended();
    int wait_ms(Monotonic now) const;

    std::string control_, programs_;
    control::Link broker_;
    control::GatewayWelcome rules_;
    bool desktops_;
    Listener ssh_, rdp_;
    Fd identity_;  // the TLS identity of the fronts to come
    Workers workers_;
    std::vector<Ended> unreported_;
    std::map<std::string, Monotonic> penalties_;  // by source_key
    std::map<std::pair<std::string, std::string>, std::uint32_t> refusals_;
    Monotonic next_connect_{}, next_report_{}, accept_again_{}, listen_again_{};
};

}  // namespace anteroom::gateway
