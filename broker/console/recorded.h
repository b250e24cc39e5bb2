// Recordings as a reviewer finds them: which ones are theirs to review under the policy in force, what is known of each, and who has opened
// it. Nothing of what a recording shows passes through here.
#pragma once

#include <boost/json/object.hpp>

#include "broker/admin/looking.h"
#include "broker/console/moments.h"
#include "broker/console/names.h"
#include "broker/console/routes.h"
#include "broker/store/recordings.h"

namespace anteroom::console {

// One person who looks, for one call: what is asked again and again is kept.
class Looker {
public:
    static Result<Looker> of(Call& call);
    // How many further people have to consent; none: not theirs to review.
    std::optional<int> consent(const TargetId& target, std::int64_t policy_version);
    std::optional<int> consent(const store::Session& session) { return consent(session.target, session.policy_version); }
    // People are looked up as they are named: a page names few of many.
    std::string display(const PersonId& person);
    std::string vendor(const PersonId& person);  // "Acme Imaging"; "" for people of the house

private:
    Looker(Call& call, policy::Facts facts) : call_(&call), facts_(std::move(facts)), labels_(call.here) {}
    const Names& names_of(const PersonId& person);
    Call* call_;
    policy::Facts facts_;
    std::map<PersonId, Names> names_;
    admin::PastLabels labels_;
    std::map<std::pair<TargetId, std::int64_t>, std::optional<int>> known_;
};

// How long others are asked for a consent; afterwards it may be asked for again.
inline constexpr Duration consent_waits = std::chrono::hours(24);

// The recording of {id}, of a session that the caller reviews; else `not_found`, the same for all.
Result<store::Recorded> recording_in_path(Call& call, Looker& looker);

// "live", "complete", "recovered", "torn", or "gone" where its file is not there.
std::string_view state_of(const installation::Installation& here, const store::Session& session);
std::int64_t length_ms(const store::Session& session, Time now);
// How far the recording itself goes, of a live one the session: not beyond the session's length. An error where the file does not say: it
// is damaged.
Result<std::int64_t> recorded_ms(installation::Installation& here, const store::Session& session, Time now);

// RecordingRow of types.ts. `last`: its last sign-off.
Result<boost::json::object> recording_row(Call& call, Looker& looker, const store::Recorded& recorded, const std::optional<store::SignOff>& last);

// Everybody who has opened it, with what they have watched: who was first comes first. An opening is what the audit log says.
Result<std::vector<store::Watched>> watchers_of(Call& call, const SessionId& session);
Result<std::optional<store::Watched>> opened_by(Call& call, const SessionId& session, const PersonId& person);
boost::json::array ranges_json(const Ranges& ranges);

// What has to be watched of a break-glass session.
struct ToWatch {
    struct Moment {
        Required required;
        bool watched = false;
    };
    std::vector<Moment> moments;
    // Where it cannot be watched: a sentence. Then nobody is held up, and the review's note has to say something.
    std::string excused;
    std::int64_t missing() const;
    const Moment* first_missing() const;
};
Result<ToWatch> to_watch(Call& call, Looker& looker, const store::Session& session, const std::vector<audit::Entry>& told);
// The records that tell of a session, in order; where there are more than so many, some of each kind from its whole length.
Result<std::vector<audit::Entry>> told_of(Call& call, const SessionId& session, std::size_t most);

// What can be made of it for the caller, now: "cast", "mp4", "bundle". `may_open`: as its row says.
std::vector<std::string_view> exports_of(installation::Installation& here, const store::Session& session, bool may_open);

// RecordingDetail of types.ts.
Result<Answer> recording_answer(Call& call, Looker& looker, store::Recorded recorded);
// Of something that the caller does at a session's recording.
audit::Record record_about(const Call& call, audit::Kind kind, const store::Session& session, audit::Fields fields);

// The caller's proof, once it is known that they may look into this session now; a refusal is recorded as `kind`.
Result<access::SecondFactor> factor_to_look(Call& call, const store::Session& session, audit::Kind kind);

// Emergency of types.ts, and the page's list of them.
Result<boost::json::object> emergency_row(Call& call, Looker& looker, const access::Request& request, const access::Access::Reviewing& reviewing);

}  // namespace anteroom::console
