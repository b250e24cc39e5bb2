// My security: what my factors are, and my own changes to them. Each change has taken a fresh factor at the gate.
#include <boost/json.hpp>

#include "base/base64url.h"
#include "broker/access/own_factors.h"
#include "broker/admin/call.h"
#include "broker/console/enrolment.h"
#include "broker/console/factor.h"
#include "broker/console/handlers.h"
#include "broker/console/problem.h"
#include "broker/console/reading.h"
#include "broker/identity/password.h"

namespace anteroom::console {

namespace json = boost::json;
using access::Challenges;
using admin::time_or_null;

namespace {

access::Owner owner_of(Call& call) { return {call.here, call.person(), call.asked.source, call.session->id}; }

Result<access::SecondFactor> take_factor(Call& call) {
    if (!call.factor) return fail(ErrorKind::refused, "This takes a fresh code or a passkey.");
    auto taken = std::move(*call.factor);
    call.factor.reset();
    return taken;
}

Result<json::object> security_of(Call& call) {
    auto& here = call.here;
    const auto person = TRY(here.people.find(call.person()));
    if (!person) return fail(ErrorKind::not_found, "there is no person named " + call.person().str());
    json::object out{{"password", nullptr}, {"codes", nullptr}};
    if (person->password_hash) out["password"] = json::object{{"set", time_or_null(person->password_set)}};
    if (const auto codes = TRY(here.totp.find(call.person()))) out["codes"] = json::object{{"enrolled", rfc3339(codes->enrolled)}, {"by", codes->enrolled_by}};
    out["recovery_left"] = TRY(here.recovery_codes.left(call.person()));
    json::array passkeys, keys, sessions;
    for (const auto& passkey : TRY(here.passkeys.of(call.person())))
        passkeys.push_back(json::object{{"id", passkey.id},
                                        {"name", passkey.name},
                                        {"added", rfc3339(passkey.added)},
                                        {"used", time_or_null(passkey.used)},
                                        {"backed_up", passkey.backed_up}});
    for (const auto& key : TRY(here.person_keys.of(call.person())))
        keys.push_back(json::object{{"fingerprint", key.fingerprint},
                                    {"type", key.algorithm},
                                    {"comment", printable(key.comment)},
                                    {"added", rfc3339(key.added)},
                                    {"expires", nullptr}});
    for (const auto& session : TRY(call.sessions.of(call.person())))
        sessions.push_back(json::object{{"id", session.id},
                                        {"started", rfc3339(session.started)},
                                        {"seen", rfc3339(session.last_input)},
                                        {"source", session.source},
                                        {"agent", session.agent},
                                        {"factors", session.factors},
                                        {"this", session.id == call.session->id}});
    out["passkeys"] = std::move(passkeys);
    out["keys"] = std::move(keys);
    out["sessions"] = std::move(sessions);
    return out;
}

Result<Answer> shown(Call& call) {
    Answer answer;
    answer.body = TRY(security_of(call));
    return answer;
}

// After a change.
Result<Answer> changed(Call& call) {
    call.events.me(call.person());
    return shown(call);
}

json::array texts(const access::RecoverySet& set) {
    json::array out;
    for (const auto& code : set.codes) out.emplace_back(code.expose_text());
    return out;
}

}  // namespace

Result<Answer> security(Call& call) { return shown(call); }

Result<Answer> passkey_options(Call& call) {
    const auto& here = call.here;
    const auto nonce = call.challenges.make(Challenges::Purpose::registration, call.person().str());
    const auto person = TRY(call.here.people.find(call.person()));
    const auto name = person && !person->display_name.empty() ? printable(person->display_name) : call.person().str();
    json::array exclude;
    for (const auto& passkey : TRY(call.here.passkeys.of(call.person()))) exclude.push_back(json::object{{"id", base64url(passkey.credential_id)}});
    const json::object user{{"id", base64url(access::user_handle(here, call.person()))}, {"name", call.person().str()}, {"display_name", name}};
    const json::object rp{{"id", here.config.web.relying_party()}, {"name", relying_party_name}};
    Answer answer;
    answer.body = json::object{{"nonce", base64url(nonce)},
                               {"challenge", base64url(Challenges::challenge_of(Challenges::Purpose::registration, nonce))},
                               {"rp", rp},
                               {"user", user},
                               {"algorithms", json::array{-7, -8, -257}},
                               {"exclude", std::move(exclude)},
                               {"timeout_ms", browser_timeout_ms}};
    return answer;
}

Result<Answer> passkey_add(Call& call) {
    const auto proof = TRY(take_factor(call));
    const auto made = TRY(made_passkey(call));
    TRY(access::add_passkey(owner_of(call), proof, made.passkey));
    (void)call.challenges.use(made.nonce, Challenges::Purpose::registration, call.person().str());
    return changed(call);
}

Result<Answer> passkey_remove(Call& call) {
    const auto proof = TRY(take_factor(call));
    TRY(access::remove_passkey(owner_of(call), proof, call.in_path.at(0)));
    return changed(call);
}

Result<Answer> codes_begin(Call& call) {
    const auto nonce = call.challenges.make(Challenges::Purpose::codes, call.person().str());
    const auto secret = call.challenges.derived(nonce, totp_secret_size);
    Answer answer;
    answer.body = json::object{{"nonce", base64url(nonce)},
                               {"uri", identity::short_otpauth_uri(relying_party_name, call.person(), secret).expose_text()},
                               {"typable", identity::totp_typable(secret).expose_text()}};
    return answer;
}

Result<Answer> codes_confirm(Call& call) {
    const auto proof = TRY(take_factor(call));
    const auto fresh = TRY(new_codes(call));
    const auto verdict = TRY(access::change_codes(owner_of(call), proof, fresh.secret, fresh.code));
    if (auto refused = refused_code(call, verdict)) return std::move(*refused);
    (void)call.challenges.use(fresh.nonce, Challenges::Purpose::codes, call.person().str());
    // Whoever had no codes before has no recovery codes either.
    std::optional<access::RecoverySet> recovery;
    if (!TRY(call.here.recovery_codes.made(call.person()))) {
        recovery = access::new_recovery_codes(call.person());
        TRY(access::change_recovery_codes(owner_of(call), proof, recovery->hashes));
    }
    auto answer = TRY(changed(call));
    if (recovery) answer.body.as_object()["recovery"] = texts(*recovery);
    return answer;
}

void password_set(std::shared_ptr<Call> call, Given give) {
    auto password = secret_of(*call, "password");
    if (!password) return give(fail(password.error()));
    if (const auto good = identity::check_password_rules(*password, call->person().str()); !good) return give(fail(ErrorKind::invalid, good.error().detail));
    call->door.hash_password(std::move(*password), [call, give = std::move(give)](Result<std::string> hash) {
        const auto set = [&]() -> Result<Answer> {
            if (!hash) return fail(hash.error());
            if (!TRY(call->sessions.find(call->asked.session))) return signed_out(*call);
            const auto proof = TRY(take_factor(*call));
            TRY(access::change_password(owner_of(*call), proof, *hash));
            return changed(*call);
        };
        give(set());
    });
}

Result<Answer> recovery_codes(Call& call) {
    const auto proof = TRY(take_factor(call));
    const auto set = access::new_recovery_codes(call.person());
    TRY(access::change_recovery_codes(owner_of(call), proof, set.hashes));
    call.events.me(call.person());
    Answer answer;
    answer.body = json::object{{"recovery", texts(set)}};
    return answer;
}

Result<Answer> console_session_end(Call& call) {
    const auto& id = call.in_path.at(0);
    for (const auto& session : TRY(call.sessions.of(call.person()))) {
        if (session.id != id) continue;
        TRY(call.sessions.end(session, "ended by " + call.session->id));
        auto answer = TRY(changed(call));
        answer.forget_session = id == call.session->id;
        return answer;
    }
    return fail(ErrorKind::not_found, "There is no such session of yours.");
}

}  // namespace anteroom::console
