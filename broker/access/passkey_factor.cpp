// Challenge, verification and evidence.
#include "broker/access/passkey_factor.h"

#include "base/base64url.h"

namespace anteroom::access {

namespace {

constexpr std::string_view attempts_kind = "passkey";
constexpr std::size_t piece = 4000, most_pieces = 24;  // of a body in the record: audit::value_limit, audit::field_limit

void add_field(Bytes& out, View field) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(field.size() >> shift));
    out.insert(out.end(), field.begin(), field.end());
}

audit::Fields decision_evidence(const PasskeyProof& proof, const store::Passkey& passkey) {
    const auto& decision = proof.decision;
    auto fields = evidence_of(passkey, proof.assertion);
    fields["signed_person"] = decision.person.str();
    fields["signed_method"] = decision.method;
    fields["signed_path"] = decision.path;
    fields["signed_if_match"] = decision.if_match;
    fields["signed_nonce"] = base64url(decision.nonce);
    const auto body = base64url(to_bytes(decision.body));
    for (std::size_t i = 0; i * piece < body.size(); ++i) fields["signed_body" + (i == 0 ? "" : "_" + std::to_string(i + 1))] = body.substr(i * piece, piece);
    return fields;
}

struct Refusal {
    std::string why;  // for the audit log
    std::string sentence;
};

Result<std::optional<Refusal>> may_try(installation::Installation& here, const store::Person& person, const PasskeyProof& proof) {
    using Maybe = std::optional<Refusal>;
    const auto now = here.clock.now();
    const auto& name = person.name.str();
    if (person.disabled) return Maybe(Refusal{"disabled", name + " is disabled"});
    if (person.expired(now)) return Maybe(Refusal{"expired", "the time of " + name + " is over"});
    if (proof.decision.person != person.name) return Maybe(Refusal{"another person's decision", "this was asked for by somebody else"});
    if (proof.decision.body.size() > piece / 4 * 3 * most_pieces) return Maybe(Refusal{"too long", "this is too long to be decided with a passkey"});
    if (TRY(here.attempts.failures_since(person.name, attempts_kind, now - code_attempts_window)) >= max_code_attempts)
        return Maybe(Refusal{"too many passkeys", "too many passkeys of " + name + " were not right; wait 15 minutes"});
    return Maybe();
}

// Counted before it is judged; forgotten when it was good.
Result<store::Passkey> judge(installation::Installation& here, const PersonId& person, const PasskeyProof& proof) {
    TRY(here.attempts.note_attempt(person, attempts_kind, here.clock.now()));
    const auto& id = proof.assertion.credential_id;
    const auto known = TRY(here.passkeys.find_credential(id));
    if (!known || known->person != person) return fail(ErrorKind::refused, "not a passkey of theirs");
    identity::Expected expected{challenge_of(proof.decision), proof.origin, proof.relying_party};
    auto passkey = TRY(recognise_passkey(here, proof.assertion, expected));
    TRY(here.attempts.clear(person, attempts_kind));
    return passkey;
}

}  // namespace

audit::Fields evidence_of(const store::Passkey& passkey, const identity::Assertion& assertion) {
    return {{"factor", "passkey"},
            {"credential", base64url(passkey.credential_id)},
            {"public_key", base64url(passkey.public_key)},
            {"algorithm", std::to_string(passkey.algorithm)},
            {"client_data", base64url(assertion.client_data)},
            {"authenticator_data", base64url(assertion.authenticator_data)},
            {"signature", base64url(assertion.signature)}};
}

Bytes challenge_of(const Decision& decision) {
    Bytes text = to_bytes("anteroom decision v1");
    add_field(text, view(decision.person.str()));
    add_field(text, view(decision.method));
    add_field(text, view(decision.path));
    add_field(text, view(decision.if_match));
    add_field(text, view(decision.body));
    add_field(text, decision.nonce);
    const auto digest = crypto::sha256(text);
    return {digest.begin(), digest.end()};
}

Bytes user_handle(const installation::Installation& here, const PersonId& person) {
    const auto digest = crypto::sha256(view("anteroom passkey user v1\n" + here.log->chain() + "\n" + person.str()));
    return {digest.begin(), digest.end()};
}

identity::Expected expected_of(const installation::Installation& here, Bytes challenge) {
    return {std::move(challenge), here.config.web.reached_at(), here.config.web.relying_party()};
}

Result<store::Passkey> recognise_passkey(installation::Installation& here, const identity::Assertion& assertion, const identity::Expected& expected) {
    auto passkey = TRY(here.passkeys.find_credential(assertion.credential_id));
    if (!passkey) return fail(ErrorKind::refused, "a passkey that nobody has");
    if (!assertion.user_handle.empty() && assertion.user_handle != user_handle(here, passkey->person))
        return fail(ErrorKind::refused, "the passkey of " + passkey->person.str() + " in another's name");
    const auto count =
        TRY(identity::verify_assertion(assertion, expected, passkey->public_key, passkey->algorithm, static_cast<std::uint32_t>(passkey->sign_count)));
    const bool backed_up = identity::backed_up(assertion.authenticator_data);
    if (auto noted = here.passkeys.note_use(*passkey, count, backed_up, here.clock.now()); !noted) {
        if (noted.error().kind == ErrorKind::conflict) return fail(ErrorKind::refused, noted.error().detail);
        return fail(noted.error());
    }
    return std::move(*passkey);
}

Result<SecondFactor> prove_passkey(installation::Installation& here, const PersonId& person, const PasskeyProof& proof) {
    const auto found = TRY(here.people.find(person));
    if (!found) return fail(ErrorKind::refused, "there is no person named " + person.str());
    auto refusal = TRY(may_try(here, *found, proof));
    std::optional<store::Passkey> passkey;
    if (!refusal) {
        auto judged = judge(here, person, proof);
        if (judged) passkey = std::move(*judged);
        else if (judged.error().kind != ErrorKind::refused) return fail(judged.error());
        else refusal = Refusal{judged.error().detail, "the passkey was not right"};
    }
    if (refusal) {
        TRY(here.log->append_coalesced(
            person.str() + "|" + refusal->why,
            {audit::Kind::factor_used, person.str(), "", "", {{"outcome", "refused"}, {"factor", "passkey"}, {"why", refusal->why}}}));
        return fail(ErrorKind::refused, refusal->sentence);
    }
    SecondFactor proven;
    proven.person_ = person;
    proven.self_enrolled_ = passkey->issued_by == store::issued_by(person);
    proven.at_ = here.clock.now();
    proven.evidence_ = decision_evidence(proof, *passkey);
    return proven;
}

}  // namespace anteroom::access
