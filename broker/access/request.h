// A request for access as a pure state machine: (request, command, now) -> the request as it is afterwards, or why not. It knows no
// database, no policy document and no clock; what policy says about the request comes in as Terms, made anew for each command.
//
//   requested --approve (n distinct people)--> approved --connect--> active --time--> ended
//       |--deny--> denied   |--withdraw--> withdrawn   |--nobody in time--> expired      approved|active --revoke--> revoked
//
// There is exactly one outcome, and never more power than policy gives: what was granted is kept in `starts`, `length`, `ends`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "policy/evaluate.h"

namespace anteroom::access {

enum class RequestState { requested, approved, active, ended, denied, withdrawn, expired, revoked };
std::string_view name(RequestState state);
constexpr bool is_open(RequestState s) { return s == RequestState::requested || s == RequestState::approved || s == RequestState::active; }

// One target of a request and the rule under which it is asked for (break-glass: the entry).
struct Wanted {
    policy::Ask ask;
    std::string rule;
    bool operator==(const Wanted&) const = default;
};

// One person's yes. `human` is one for all accounts of a person and for those who stand in for them: yeses count by it.
struct Yes {
    PersonId by;
    std::optional<PersonId> standing_in_for;
    std::string human;  // whose yes it is
    std::string giver;  // the human behind `by`: another than `human` where they stand in
    Time at;
    std::optional<Duration> length;   // shortened to
    std::vector<std::size_t> covers;  // indexes into `wanted` that this yes counts for
    bool operator==(const Yes&) const = default;
};

// More time asked for from inside a grant; decided like a request, by the same people.
struct Extension {
    Duration by{};
    Time asked;
    std::vector<Yes> yeses;
    bool escalated = false;
    bool operator==(const Extension&) const = default;
};

struct Request {
    std::int64_t id = 0;
    PersonId person;
    std::vector<Wanted> wanted;
    std::string reason, ticket;  // one line each, printable
    std::string source;          // the address it was made from; "" for the command line
    Duration asked{};
    std::optional<Time> not_before;  // for later; none: now
    Time created;
    std::vector<std::string> unusual;  // sentences: the exception first, then first time on this target, new source, outside hours
    RequestState state = RequestState::requested;
    std::vector<Yes> yeses;
    Time waits_until;  // nobody has decided, or used what waits for its first connection, by then: expired
    bool escalated = false;
    policy::GrantClock clock = policy::GrantClock::approval;
    Duration length{};                 // granted
    std::optional<Time> starts, ends;  // of the grant; `ends` with clock first_connection only from then on
    std::optional<Extension> extension;
    PersonId decided_by;          // who denied or revoked, or whose yes was the last
    std::optional<Time> decided;  // when it was approved, denied, withdrawn, revoked, or expired
    std::string decision;         // the reason of a denial or revocation, for the person
    // Break-glass only.
    bool emergency = false, drill = false;
    std::optional<Time> review_due;
    std::string outcome, review_note;  // justified, partly, unjustified
    std::string follow_up;             // what is to be done about it; "" for nothing
    PersonId reviewed_by;
    std::optional<Time> reviewed;
    std::int64_t reminders = 0;

    bool operator==(const Request&) const = default;
    bool grants(Time now) const {
        return (state == RequestState::approved || state == RequestState::active) && (!starts || *starts <= now) && now < ends.value_or(waits_until);
    }
};

// What policy, as it is now, says about a request: made by Access from the document and the people, for one command.
struct Terms {
    struct Of {                 // for each of `wanted`
        bool possible = false;  // an on-request rule of that id still covers it
        int count = 1;          // yeses needed
        Duration max{};         // longest grant
    };
    std::vector<Of> of;
    Duration max{};                                           // the smallest of them
    policy::GrantClock clock = policy::GrantClock::approval;  // first_connection if all say so
    std::vector<std::string> confirm;                         // what the approver has to confirm
};

// Who decides, as Access found it: kept apart from Terms because it is about one person.
struct Decider {
    PersonId person;
    std::string human;            // of the decider
    std::string requester_human;  // of who asked
    std::optional<PersonId> standing_in_for;
    std::string stands_for_human;     // the human whose yes this is
    std::vector<std::size_t> covers;  // which of `wanted` policy lets them decide
};

namespace command {
struct Approve {
    Decider by;
    std::optional<Duration> length;  // shorter than asked
    bool confirmed = false;
};
struct Deny {
    Decider by;
    std::string reason;
};
struct Withdraw {};
struct Connect {};  // the first or a further connection
struct Revoke {
    PersonId by;
    std::string reason;
};
struct AskExtension {
    Duration by{};
};
struct ApproveExtension {
    Decider by;
    bool confirmed = false;
};
struct DenyExtension {
    Decider by;
};
struct Pass {};  // time passes: expires, ends
}  // namespace command
using Command = std::variant<command::Approve, command::Deny, command::Withdraw, command::Connect, command::Revoke, command::AskExtension,
                             command::ApproveExtension, command::DenyExtension, command::Pass>;

// An error (kind `refused` or `conflict`) is a sentence for whoever gave the command; nothing has changed then.
Result<Request> apply(Request request, const Command& command, const Terms& terms, Time now);

// Whether somebody's say counts at all: an error is the sentence why not.
Status check_decider(const Request& request, const Decider& by);
// For which of `wanted` a further yes of this decider counts: for each target a human says yes once.
std::vector<std::size_t> still_counts(const std::vector<Yes>& yeses, const Decider& by, std::size_t wanted);

// How many more yeses each of `wanted` needs: for the request while it waits, afterwards for its extension.
std::vector<int> missing(const Request& request, const Terms& terms);

// Yeses again, from deciders as they are now: those who no longer decide are dropped, and nobody counts twice for the same target.
std::vector<Yes> counted_again(const std::vector<Yes>& yeses, const std::function<std::optional<Decider>(const Yes&)>& decider);

// Why nothing can be decided any more, naming who was first: "dana approved it at ...". "" while it waits.
std::string settled(const Request& request, const std::function<std::string(Time)>& time_text);

// Longest a first-connection grant waits for its connection.
inline constexpr Duration unused_after = std::chrono::hours(24 * 7);

}  // namespace anteroom::access
