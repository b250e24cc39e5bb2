// Gateway: accepts connections, keeps them within limits, starts a worker for each and hands the worker's control channel
// to the broker. It reads nothing from the network. While no broker is there, nobody is let in and deadlines still hold.
#pragma once

#include "broker/control/link.h"
#include "proxies/gateway/workers.h"

namespace anteroom::gateway {

class Gateway {
public:
    // `control` is the path of the broker's socket for gateways; `programs` the folder with the workers' programs.
    Gateway(std::string control, std::string programs) : control_(std::move(control)), programs_(std::move(programs)) {}
    Status run(int stop_fd);

private:
    void connect_broker(Monotonic now);
    Status greet();
    void lose_broker(const std::string& why);
    void hand_over(const Worker& worker, bool adopted);
    void take_packets();
    Status handle(control::Packet& packet);
    Status listen(const std::string& address);
    void accept_one();
    bool admits(const std::string& source);
    void refuse(const std::string& source, const char* why);
    void report_refusals(Monotonic now);
    void report_ended();
    int wait_ms(Monotonic now) const;

    std::string control_, programs_;
    control::Link broker_;
    control::GatewayWelcome rules_;
    std::string listening_;
    Fd ssh_;
    Workers workers_;
    std::vector<Ended> unreported_;
    std::map<std::string, Monotonic> penalties_;  // by source_key
    std::map<std::pair<std::string, std::string>, std::uint32_t> refusals_;
    Monotonic next_connect_{}, next_report_{}, accept_again_{};
};

}  // namespace anteroom::gateway
