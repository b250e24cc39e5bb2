// TargetLeg: the leg towards the hospital's system, on a socket that the broker dialled. No credential is used before the
// broker has recognised the target's host key. Nothing here blocks; the caller steps it until it is ready or has failed.
#pragma once

#include "broker/control/link.h"
#include "proxies/ssh/libssh_handles.h"

namespace anteroom::ssh {

class TargetLeg {
public:
    enum class State { connecting, verifying, choosing, logging_in, ready, failed };

    // `socket` is connected, non-blocking and without Nagle's delay. `agent` is the broker's stream that answers for the account's private key; only for
    // TargetLogin::agent.
    static Result<std::unique_ptr<TargetLeg>> make(Fd socket, Fd agent, const control::SessionPermit& permit, control::Link& link, Monotonic deadline);

    // True when something happened.
    bool step(ssh_event event, Monotonic now);
    void verdict(control::TargetVerdict verdict);

    State state() const { return state_; }
    // One word for the record ("timeout", "host-key", "login", "protocol") and a sentence for the person.
    const std::string& why() const { return why_; }
    const std::string& sentence() const { return sentence_; }
    bool connected() const { return (ssh_get_status(session_.get()) & (SSH_CLOSED | SSH_CLOSED_ERROR)) == 0; }
    bool congested() const { return (ssh_get_status(session_.get()) & SSH_WRITE_PENDING) != 0; }
    ssh_session session() const { return session_.get(); }

private:
    TargetLeg(Session session, Fd agent, control::TargetLogin login, control::Link& link, Monotonic deadline)
        : session_(std::move(session)), agent_(std::move(agent)), login_(login), link_(link), deadline_(deadline) {}
    bool connect(ssh_event event);
    bool present_host_key();
    bool choose_method();
    bool log_in();
    bool answer_prompts();
    bool fail_with(std::string why, std::string sentence);

    Session session_;
    Fd agent_;
    control::TargetLogin login_;
    control::Link& link_;
    Monotonic deadline_;
    State state_ = State::connecting;
    bool in_event_ = false;
    bool agent_given_ = false;
    bool interactive_ = false;
    Secret password_;
    std::string why_, sentence_;
};

}  // namespace anteroom::ssh
