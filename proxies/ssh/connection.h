// Connection: the life of one worker. It drives the two legs, the broker's channel and the relays from one loop, and it
// ends in one place, with one reason, whatever happened: sealed recording, a sentence for the person, exit.
#pragma once

#include <deque>
#include <memory>

#include "proxies/ssh/relay.h"
#include "proxies/ssh/target.h"
#include "proxies/worker/ending.h"

namespace anteroom::ssh {

using worker::Ending;

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
    void refused(control::SessionRefusal refusal, Monotonic now);
    Status begin(control::SessionPermit permit, std::vector<Fd> fds);
    void change_end(const control::ChangeEnd& change);
    // To everybody in the session, and into the recording.
    void announce(const std::string& text, bool ring, Monotonic now);
    void step_ending(Monotonic now);
    void heed_keys(Relay& relay, Monotonic now);
    void keep_alive(Monotonic now);

    // ---- while the broker talks with the person (connection_talk.cpp)
    void begin_talk(const control::BeginTalk& talk);
    Result<bool> step_talk();
    Status seat_audience();
    void leave_talk(Relay& relay);
    bool end_talk(Relay* heard);
    void hand_over();
    Relay* audience();

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
    std::optional<Talk> talk_;
    std::uint32_t audience_ = 0;  // the channel that it is held on
    Ending ending_;
    bool extendable_ = false;
    Monotonic deadline_{}, last_activity_{}, last_moved_{}, refused_at_{}, alive_at_{}, asked_more_{};
    Duration idle_{};
    bool asked_ = false, long_login_ = false, refused_ = false;
    std::string refusal_, help_;
    int refusal_status_ = 1;
    std::string end_reason_, goodbye_;
};

}  // namespace anteroom::ssh
