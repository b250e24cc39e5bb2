// The code of the person behind a command.
#include "broker/admin/actor.h"

namespace anteroom::admin {

namespace {

constexpr std::string_view attempts_kind = "admin-code";

struct Refusal {
    std::string why;  // for the audit log
    std::string sentence;
};

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
Result<std::optional<Refusal>> judge_code(Call& call, const PersonId& person) {
    using Maybe = std::optional<Refusal>;
    auto& here = call.here;
    if (call.asked.code.empty()) return Maybe(Refusal{"no code", "this takes a fresh code of " + person.str()});
    if (!TRY(here.totp.find(person))) return Maybe(Refusal{"no codes enrolled", person.str() + " has no codes enrolled: anteroom person totp " + person.str()});
    if (TRY(here.attempts.failures_since(person, attempts_kind, call.now() - code_attempts_window)) >= max_code_attempts)
        return Maybe(Refusal{"too many codes", "too many codes of " + person.str() + " were not right; wait 15 minutes"});
    TRY(here.attempts.note_attempt(person, attempts_kind, call.now()));
    auto refusal = refusal_of(here.check_code(person, call.asked.code));
    if (!refusal) TRY(here.attempts.clear(person, attempts_kind));
    return refusal;
}

}  // namespace

Status prove_actor(Call& call) {
    if (call.asked.actor.empty()) return fail(ErrorKind::refused, "this command names its person: --as PERSON");
    const auto person = TRY(known_person(call, call.asked.actor));
    auto refusal = may_not_act(person, call.now());
    if (!refusal) refusal = TRY(judge_code(call, person.name));
    if (!refusal) {
        call.actor = person.name;
        return ok();
    }
    auto record = call.record(audit::Kind::admin_command, {{"outcome", "refused"}, {"why", refusal->why}});
    record.person = person.name.str();
    TRY(call.append(record));
    return fail(ErrorKind::refused, refusal->sentence);
}

}  // namespace anteroom::admin
