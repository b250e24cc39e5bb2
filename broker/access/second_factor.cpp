// The one place where a decision's code is judged.
#include "broker/access/second_factor.h"

namespace anteroom::access {

namespace {

constexpr std::string_view attempts_kind = "admin-code";

struct Refusal {
    std::string why;  // for the audit log
    std::string sentence;
};
using Judgement = Result<std::optional<Refusal>>;

std::optional<Refusal> may_not_act(const store::Person& person, Time now) {
    const std::string& name = person.name.str();
    if (person.disabled) return Refusal{"disabled", name + " is disabled"};
    if (person.expired(now)) return Refusal{"expired", "the time of " + name + " is over"};
    return std::nullopt;
}

std::optional<Refusal> refusal_of(const identity::CodeVerdict& verdict) {
    using Kind = identity::CodeVerdict::Kind;
    if (verdict.kind == Kind::accepted) return std::nullopt;
    if (verdict.kind == Kind::wrong) return Refusal{"wrong code", "the code is not right"};
    const auto wait = verdict.until_next.count();
    return Refusal{"used code",
                   wait > 0 ? "this code was used already; the next one in " + std::to_string(wait) + " s" : "this code was used already; take the next one"};
}

// Also counts the attempt, and forgets all of them after a good code.
Judgement judge_code(installation::Installation& here, const PersonId& person, const Secret& code, bool enrolled) {
    const auto now = here.clock.now();
    using Maybe = std::optional<Refusal>;
    if (code.empty()) return Maybe(Refusal{"no code", "this takes a fresh code of " + person.str()});
    if (!enrolled) return Maybe(Refusal{"no codes enrolled", person.str() + " has no codes enrolled: anteroom person totp " + person.str()});
    if (TRY(here.attempts.failures_since(person, attempts_kind, now - code_attempts_window)) >= max_code_attempts)
        return Maybe(Refusal{"too many codes", "too many codes of " + person.str() + " were not right; wait 15 minutes"});
    TRY(here.attempts.note_attempt(person, attempts_kind, now));
    auto refusal = refusal_of(here.check_code(person, code));
    if (!refusal) TRY(here.attempts.clear(person, attempts_kind));
    return refusal;
}

}  // namespace

Result<SecondFactor> prove_second_factor(installation::Installation& here, const PersonId& person, const Secret& code, std::string* why) {
    const auto found = TRY(here.people.find(person));
    if (!found) return fail(ErrorKind::refused, "there is no person named " + person.str());
    const auto enrolment = TRY(here.totp.find(person));
    auto refusal = may_not_act(*found, here.clock.now());
    if (!refusal) refusal = TRY(judge_code(here, person, code, enrolment.has_value()));
    if (refusal) {
        const audit::Record record{audit::Kind::factor_used, person.str(), "", "", {{"outcome", "refused"}, {"why", refusal->why}}};
        if (why == nullptr) TRY(here.log->append_coalesced(person.str() + "|" + refusal->why, record));
        if (why != nullptr) *why = refusal->why;
        return fail(ErrorKind::refused, refusal->sentence);
    }
    SecondFactor proven;
    proven.person_ = person;
    proven.self_enrolled_ = enrolment->enrolled_by == "person:" + person.str();
    proven.at_ = here.clock.now();
    proven.evidence_ = {{"factor", "code"}};
    return proven;
}

}  // namespace anteroom::access
