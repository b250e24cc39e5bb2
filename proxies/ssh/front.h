// Front: the leg towards the client. It speaks SSH, carries evidence to the broker and answers as the broker says; it
// decides nothing about people. After login it hands out messages (channel opens, requests) one by one.
#pragma once

#include <deque>

#include "broker/control/link.h"
#include "proxies/ssh/custody.h"
#include "proxies/ssh/libssh_handles.h"

namespace anteroom::ssh {

// A message of the client with what libssh hides of it: the request's name and raw payload.
struct ClientMessage {
    Message message;
    std::string name;
    Bytes payload;
    bool answered = false;  // in a conversation: it is carried out later, without a second answer
};

class Front {
public:
    enum class State { exchanging, login, accepted, closed };

    // Takes the client's connection. `link` must outlive this.
    static Result<std::unique_ptr<Front>> make(Fd client, const control::WorkerWelcome& welcome, control::Link& link, Custody::Sign sign);
    ~Front();

    // One step of handshake or login. True when something happened. An error ends the connection.
    Result<bool> step(ssh_event event);
    // The broker's answer to the LoginStep that is under way.
    Status answer(const control::LoginAnswer& answer);
    // The next message after login, if there is one.
    std::optional<ClientMessage> next_message();
    // Requests that libssh answered by itself with a failure, to be recorded as refused.
    std::vector<std::string> take_silent_refusals();

    State state() const { return state_; }
    bool connected() const;
    ssh_session session() const { return session_.get(); }
    std::string client_version() const;
    // Says why and hangs up. Nothing is sent afterwards.
    void disconnect(const std::string& sentence);
    // Something for the client every now and then, so that both ends and everything between them see that the line lives.
    void keep_alive();
    // Bytes wait in libssh because the client does not read.
    bool congested() const { return (ssh_get_status(session_.get()) & SSH_WRITE_PENDING) != 0; }

private:
    Front(Session session, Bind bind, control::Link& link) : bind_(std::move(bind)), session_(std::move(session)), link_(link) {}
    Result<bool> step_login();
    Status forward(Message message);
    Status reply_prompt(const control::LoginAnswer& answer);
    void collect_seen();

    Bind bind_;
    Session session_;
    control::Link& link_;
    State state_ = State::exchanging;
    bool in_event_ = false;
    Message pending_;  // the authentication request that waits for the broker
    std::deque<SeenRequest> seen_;
    std::vector<std::string> silent_;
};

}  // namespace anteroom::ssh
