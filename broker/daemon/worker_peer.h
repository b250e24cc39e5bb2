// WorkerPeer: the broker's side of one worker, for SSH or RDP, from its greeting to the sealed recording. It signs key exchanges, judges
// logins, holds conversations, decides, dials, opens the recording, releases the target's credential once the host key is known,
// moves the session's end as approvals come and go, and seals.
// The order in which a session comes into being is fixed here: decision, dial, recording, durable session.start, permit.
//
// worker_peer.cpp: the protocol and the end; worker_talk.cpp: conversations; worker_session.cpp: how a session begins;
// worker_time.cpp: how long it may last.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <set>

#include "broker/daemon/agent_server.h"
#include "broker/daemon/login_driver.h"
#include "broker/daemon/peer.h"
#include "broker/daemon/talk_host.h"
#include "broker/daemon/target_dialler.h"
#include "broker/talk/asking.h"
#include "policy/evaluate.h"

namespace anteroom::daemon {

class WorkerPeer final : public Peer {
public:
    WorkerPeer(Shared& shared, control::Link link, control::WorkerStarted started);

    // A session that a broker before this one began.
    Status adopt(const store::Session& session);
    const WorkerId& id() const { return started_.worker; }
    const std::optional<store::Session>& session() const { return session_; }
    std::uint64_t bytes_recorded() const { return committed_.bytes; }
    Time expires() const { return shared_.now() + (expires_ - shared_.monotonic()); }
    std::optional<Time> last_growth() const { return last_growth_; }
    std::int64_t request_id() const { return request_ ? request_->id : 0; }
    bool emergency() const { return request_ && request_->emergency; }
    std::uint64_t refusals() const { return refusals_; }
    std::optional<PersonId> person() const;
    // Ends the session, or the connection where there is none yet.
    void end_connection(const std::string& sentence);
    // Ends the session, with a sentence for the person.
    void terminate(const std::string& sentence, const std::string& reason);
    // Ends it if policy and grants, as they now are, would not permit it; moves its end where they say another.
    void reconsider();
    // A request changed: of somebody who waits here, or whose session it carries.
    void changed(const access::Request& request);
    // About once a second.
    void tick();
    // Tells the gateway the deadline again, should it not have heard.
    void keep_deadline();
    // The process has ended, as the gateway says.
    void ended(const std::string& how);

protected:
    Status handle(control::Packet packet) override;
    void gone(const Error& why) override;

private:
    bool rdp() const { return started_.protocol == "rdp"; }
    policy::Protocol protocol() const { return rdp() ? policy::Protocol::rdp : policy::Protocol::ssh; }
    Status greet(const control::WorkerHello& hello);
    Status sign(const control::SignExchange& request);
    Status log_in(control::LoginStep step);
    void give(const control::LoginAnswer& answer);

    // Conversations.
    bool ask_at_login();
    void answer_at_login(const talk::Asking::Next& next);
    talk::Party party();
    talk::Stage* talk_host();
    void talk(std::unique_ptr<talk::Conversation> conversation);
    Status audience(control::Audience audience);
    void connect(const policy::Ask& ask);

    // The way to a session.
    Status open_session(const control::OpenSession& request);
    Status go_for(const policy::Ask& ask);
    Result<policy::Decision> judge(const policy::Facts& facts, const policy::Ask& ask);
    Result<policy::Decision> decide(const policy::Facts& facts, const policy::Ask& ask);
    std::optional<policy::Ask> wanted(const policy::Facts& facts);
    void refuse(const std::string& sentence, bool menu = false);
    void dial(policy::AuthorizedTarget target);
    void connected(Result<Fd> socket);
    Result<bool> still_permitted();
    Status permit(Fd socket);
    Result<RecordingKeeper::New> open_recording(const control::SessionPermit& permit);
    Status credential(control::SessionPermit& permit);

    // How long it lasts.
    struct Ends {
        Monotonic expires, deadline;
    };
    Status begin_record(const control::SessionPermit& permit, const Ends& ends);
    Ends ends_of(const policy::Decision& decision, Time started) const;
    void move_end(const Ends& ends, const std::string& text);
    void withdraw(const policy::Decision& decision);
    Status extension_asked();
    Status grace_begun();

    Status identify(const control::TargetIdentity& identity);
    Status trusted();
    Status untrusted(const std::string& sentence);
    Status unproven(const std::string& why);
    Status target_ready(const control::TargetReady& ready);
    Status note(const control::CapabilityNote& note);
    std::string note_slot(const std::string& detail);
    void show(std::string_view state);
    Status commit(const control::CommitRecording& request);
    void committed(const Result<recorder::Checkpoint>& checkpoint);
    Status end_session(const control::EndSession& request);
    bool within_budget();
    void expire_soon();
    void cut_target();
    void blame_source();
    void seal(std::optional<recorder::Commit> last, const std::string& reason);
    void sealed(const RecordingKeeper::Outcome& outcome);
    void name_whom(audit::Record& record) const;
    Result<std::int64_t> record(audit::Kind kind, audit::Fields fields);

    Shared& shared_;
    control::WorkerStarted started_;
    Bytes session_id_;  // the first exchange hash
    unsigned exchanges_ = 0;
    Monotonic began_;
    std::shared_ptr<LoginDriver> login_;
    std::unique_ptr<talk::Asking> asking_;  // at the login, after the code
    control::LoginAnswer accepted_;         // what the worker hears when that is over
    std::unique_ptr<TalkHost> talk_;
    Time factor_at_;
    std::optional<access::Request> request_;  // that carries the session
    std::shared_ptr<TargetDialler> dialler_;
    std::shared_ptr<AgentServer> agent_;
    std::optional<policy::AuthorizedTarget> target_;
    policy::Decision decision_;  // under which the session began
    std::optional<store::Session> session_;
    std::shared_ptr<RecordingKeeper> keeper_;
    Secret target_password_;
    std::string client_version_, end_reason_, account_secret_kind_;
    std::optional<identity::PrivateKey> target_key_;
    recorder::Commit committed_;
    Fd target_socket_;  // a second hand on the target's connection, to end it
    std::optional<Time> last_growth_;
    std::set<std::string> noted_;  // details of this minute's notes
    Monotonic notes_since_{};
    std::uint64_t refusals_ = 0, refusals_shown_ = 0;
    Monotonic last_root_{};
    Monotonic expires_{}, deadline_{}, budget_at_{};
    double budget_ = 0;  // messages that the worker may still send now
    bool opened_ = false, connecting_ = false, graced_ = false;
    bool winding_down_ = false;  // under a grace, after access was withdrawn
    bool sealing_ = false, terminating_ = false, committing_ = false, identified_ = false, readied_ = false;
};

// The recording's reason, in its own words, for a session's.
recorder::Reason recording_reason(const std::string& end_reason);

}  // namespace anteroom::daemon
