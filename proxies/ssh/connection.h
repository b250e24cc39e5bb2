// Connection: the life of one worker. It drives the two legs, the broker's channel and the relays from one loop, and it
// ends in one place, with one reason, whatever happened: sealed recording, a sentence for the person, exit.
#pragma once

#include <deque>
#include <memory>

#include "proxies/ssh/relay.h"
#include "proxies/ssh/target.h"

namespace anteroom::ssh {

class Connection {
public:
    explicit Connection(control::Link link) : link_(std::move(link)), gate_(link_) {}

    // Greets the broker, closes the sandbox, serves the client until the end. An error is for the log.
    Status run(Fd client);

private:
    Result<control::WorkerWelcome> greet();
    Bytes sign_exchange(const std::string& algorithm, View hash);
    Status loop();
    Result<bool> step(Monotonic now);

    Result<bool> take_packets();
    Status handle(control::Packet packet);
    Status begin(control::SessionPermit permit, std::vector<Fd> fds);
    Result<bool> step_front();
    void take_message(ClientMessage message);
    void refuse_open(ssh_message message);
    Result<bool> step_target(Monotonic now);
    Result<bool> step_relays(Monotonic now);
    bool step_ends(Monotonic now);
    void end(std::string reason, const std::string& sentence);
    void say_goodbye();
    int wait_ms(Monotonic now) const;
    void wait(int timeout_ms);

    control::Link link_;
    Gate gate_;
    // One for each leg: libssh polls inside its calls, and takes the end of any session in the same event for its own.
    Event front_event_, target_event_;
    std::unique_ptr<Front> front_;
    std::unique_ptr<TargetLeg> target_;
    std::optional<worker::Recording> recording_;
    std::optional<Surroundings> around_;
    std::deque<std::unique_ptr<Relay>> relays_;
    std::deque<control::Packet> early_;  // came while an exchange was being signed
    std::uint32_t next_channel_ = 0, max_channels_ = 0;
    Monotonic deadline_{}, last_activity_{}, refused_at_{};
    Duration idle_{};
    bool asked_ = false;
    std::string refusal_, help_;
    int refusal_status_ = 1;
    std::string end_reason_, goodbye_;
};

}  // namespace anteroom::ssh
