// WorkerPeer: the broker's side of one SSH worker, from its greeting to the sealed recording. It signs key exchanges, judges
// logins, decides, dials, opens the recording, releases the target's credential once the host key is known, and seals.
// The order in which a session comes into being is fixed here: decision, dial, recording, durable session.start, permit.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include "broker/daemon/agent_server.h"
#include "broker/daemon/login_driver.h"
#include "broker/daemon/peer.h"
#include "broker/daemon/target_dialler.h"
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
    // Ends the session, with a sentence for the person.
    void terminate(const std::string& sentence, const std::string& reason);
    // Ends it if the policy, as it now is, would not permit it.
    void reconsider();
    // Tells the gateway the deadline again, should it not have heard.
    void keep_deadline();
    // The process has ended, as the gateway says.
    void ended(const std::string& how);

protected:
    Status handle(control::Packet packet) override;
    void gone(const Error& why) override;

private:
    Status greet(const control::WorkerHello& hello);
    Status sign(const control::SignExchange& request);
    Status log_in(control::LoginStep step);
    void give(const control::LoginAnswer& answer);

    Status open_session(const control::OpenSession& request);
    Result<policy::Decision> decide(const policy::Facts& facts, const policy::Ask& ask);
    Result<std::optional<policy::Ask>> wanted(const policy::Facts& facts);
    void refuse(const std::string& sentence, bool menu = false);
    void dial(policy::AuthorizedTarget target);
    void connected(Result<Fd> socket);
    bool still_permitted();
    Status permit(Fd socket);
    Status credential(control::SessionPermit& permit);
    Status begin_record(const control::SessionPermit& permit, std::int64_t deadline);

    Status identify(const control::TargetIdentity& identity);
    Status target_ready(const control::TargetReady& ready);
    Status note(const control::CapabilityNote& note);
    Status commit(const control::CommitRecording& request);
    void committed(const Result<recorder::Checkpoint>& checkpoint);
    Status end_session(const control::EndSession& request);
    bool within_budget();
    void expire_soon();
    void blame_source();
    void seal(std::optional<recorder::Commit> last, const std::string& reason);
    void sealed(const RecordingKeeper::Outcome& outcome);
    void name_whom(audit::Record& record) const;
    Result<std::int64_t> record(audit::Kind kind, audit::Fields fields);

    Shared& shared_;
    control::WorkerStarted started_;
    Bytes session_id_;  // the first exchange hash
    unsigned exchanges_ = 0, asked_ = 0;
    Monotonic began_;
    std::shared_ptr<LoginDriver> login_;
    std::shared_ptr<TargetDialler> dialler_;
    std::shared_ptr<AgentServer> agent_;
    std::optional<policy::AuthorizedTarget> target_;
    std::optional<store::Session> session_;
    std::shared_ptr<RecordingKeeper> keeper_;
    Secret target_password_;
    std::string client_version_, end_reason_, account_secret_kind_;
    std::optional<identity::PrivateKey> target_key_;
    recorder::Commit committed_;
    Monotonic last_root_{};
    Monotonic deadline_{}, budget_at_{};
    double budget_ = 0;  // messages that the worker may still send now
    bool sealing_ = false, terminating_ = false, committing_ = false, identified_ = false, readied_ = false;
};

// The recording's reason, in its own words, for a session's.
recorder::Reason recording_reason(const std::string& end_reason);

}  // namespace anteroom::daemon
