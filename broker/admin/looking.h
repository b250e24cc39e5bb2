// Looking into a session, live or recorded, for the command line and for the console alike: who may, and the order in which it happens.
// The data key is unwrapped only after the record that says who looks is durable.
#pragma once

#include "base/fd.h"
#include "broker/access/second_factor.h"
#include "broker/store/reviews.h"
#include "policy/document.h"
#include "recorder/writer.h"

namespace anteroom::admin {

// A target's labels, as they were when a session was recorded (under the policy version that permitted it): reviewers are chosen by them.
// Keeps the versions that it has read, for a list of sessions.
class PastLabels {
public:
    explicit PastLabels(installation::Installation& here) : here_(here) {}
    policy::Labels of(const store::Session& session);

private:
    const policy::Document* version(std::int64_t number);
    installation::Installation& here_;
    std::map<std::int64_t, std::optional<policy::Document>> read_;
};

// Whether the policy in force names this person as a reviewer of that session, and whoever has to consent has done so within the last hour.
// An error (`refused`) is the sentence why not. `self_enrolled`: the factor they have shown was enrolled by themselves.
Status may_look(installation::Installation& here, const PersonId& person, const store::Session& session, bool self_enrolled);

// What policy asks for, and what was given.
struct Consent {
    int needed = 0;                          // further people
    std::vector<store::ConsentGiven> given;  // that count now, the first of each human
    bool enough() const { return static_cast<int>(given.size()) >= needed; }
};
// For a reviewer to look at that session; `needed` as policy says for them. Who gives consent reviews the same recordings, and is neither the
// one who looks nor the one who is seen, by another account either.
Result<Consent> consent_of(installation::Installation& here, const PersonId& person, const store::Session& session, int needed);
// Whether somebody may give it: an error (`refused`) is the sentence why not.
Status may_consent(installation::Installation& here, const PersonId& giver, const PersonId& asker, const store::Session& session);

struct Look {
    Fd file;
    Secret data_key;
    Bytes signer;  // Ed25519 public key of the final frame
};
// `record` makes the audit record durable; where that fails, nothing is opened.
Result<Look> open_for_look(installation::Installation& here, const store::Session& session, const std::function<Status()>& record);
// `not_found` names the session and the file.
Result<Fd> open_recording(installation::Installation& here, const store::Session& session);
// What the audit log says of this recording: its roots, in time's order. `damaged` names the record that says none.
Result<std::vector<recorder::Commit>> audited_roots(installation::Installation& here, const SessionId& session);

}  // namespace anteroom::admin
