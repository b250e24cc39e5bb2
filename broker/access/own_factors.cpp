// The transactions.
#include "broker/access/own_factors.h"

#include <algorithm>

#include "base/base64url.h"
#include "broker/access/console_sessions.h"
#include "broker/access/people_notices.h"
#include "broker/identity/typed_code.h"

namespace anteroom::access {

namespace {

using audit::Kind;
using identity::CodeVerdict;

// With how it was proven, where somebody has factors already.
Status append(const Owner& owner, Kind kind, audit::Fields fields, const SecondFactor* proof = nullptr) {
    if (proof != nullptr) fields.insert(proof->evidence().begin(), proof->evidence().end());
    fields["by"] = store::issued_by(owner.person);
    fields["source"] = owner.source_ip;
    TRY(owner.here.log->append({kind, owner.person.str(), "", "", std::move(fields)}));
    return ok();
}

Status tell(const Owner& owner, const std::string& what) { return tell_factor_added(owner.here, owner.person, what, store::issued_by(owner.person)); }

// Asked within the transaction: an administrator may have been quicker.
Status may_act(const Owner& owner) {
    const auto person = TRY(owner.here.people.find(owner.person));
    if (!person || person->disabled || person->expired(owner.here.clock.now())) return fail(ErrorKind::refused, "You may not sign on here any more.");
    return ok();
}

Result<bool> still_there(const Owner& owner, const SecondFactor& proof) {
    const auto credential = proof.evidence().find("credential");
    if (credential == proof.evidence().end()) return TRY(owner.here.totp.find(owner.person)).has_value();
    for (const auto& passkey : TRY(owner.here.passkeys.of(owner.person)))
        if (base64url(passkey.credential_id) == credential->second) return true;
    return false;
}

Status still_fresh(const Owner& owner, const SecondFactor& proof) {
    if (proof.person() != owner.person) return fail(ErrorKind::refused, "That code was another person's.");
    if (owner.here.clock.now() - proof.at() > fresh_for) return fail(ErrorKind::refused, "That took too long: it needs a new code.");
    // A reset in between took away what it was proven with.
    if (!TRY(still_there(owner, proof))) return fail(ErrorKind::refused, "What you proved this with was taken away meanwhile.");
    return may_act(owner);
}

Status in_transaction(const Owner& owner, const SecondFactor& proof, const std::function<Status()>& change) {
    return owner.here.database.transaction([&]() -> Status {
        TRY(still_fresh(owner, proof));
        TRY(change());
        return owner.here.renew_mark(owner.person);
    });
}

Status keep_codes(const Owner& owner, const Secret& totp_secret, bool replaced, const SecondFactor* proof = nullptr) {
    auto& here = owner.here;
    const auto sealed = TRY(here.ring.seal(vault::purpose::totp, owner.person.str(), totp_secret));
    TRY(here.totp.enrol({owner.person, sealed, true, here.clock.now(), store::issued_by(owner.person)}));
    return append(owner, Kind::totp_enrolled, {{"set_up_by", "person"}, {"replaced", replaced ? "yes" : "no"}}, proof);
}

// The invitation goes with the factors it is exchanged for; whoever has some signs on with them.
Status exchange_invitation(const Owner& owner, const std::string& invitation_hash) {
    auto& here = owner.here;
    TRY(may_act(owner));
    if (!TRY(here.invitations.use_up(owner.person, invitation_hash, here.clock.now())))
        return fail(ErrorKind::conflict, "Your invitation was used, replaced or withdrawn meanwhile, or its time is over. Nothing was set up.");
    const auto before = TRY(here.people.find(owner.person));
    const bool keys = !TRY(here.person_keys.of(owner.person)).empty();
    const bool passkeys = TRY(here.passkeys.count(owner.person)) > 0;
    if (before->password_hash || keys || passkeys || TRY(here.totp.find(owner.person)))
        return fail(ErrorKind::conflict, "You have factors already; sign on with them.");
    return ok();
}

std::string in_words(const std::string& name) { return name.empty() ? "a passkey" : "the passkey \"" + printable(name, longest_passkey_name) + "\""; }

Status keep_passkey(const Owner& owner, const MadePasskey& passkey, const SecondFactor* proof = nullptr) {
    const auto& made = passkey.made;
    if (passkey.name.size() > longest_passkey_name) return fail(ErrorKind::invalid, "That name is longer than 64 bytes.");
    const auto name = printable(passkey.name, longest_passkey_name);
    const auto issued_by = store::issued_by(owner.person);
    TRY(owner.here.passkeys.insert({.id = random_id(),
                                    .person = owner.person,
                                    .credential_id = made.credential_id,
                                    .public_key = made.public_key,
                                    .algorithm = made.algorithm,
                                    .sign_count = made.sign_count,
                                    .aaguid = made.aaguid,
                                    .name = name,
                                    .transports = printable(passkey.transports, 100),
                                    .backed_up = made.backed_up,
                                    .added = owner.here.clock.now(),
                                    .used = std::nullopt,
                                    .issued_by = issued_by}));
    TRY(append(owner, Kind::passkey_added,
               {{"new_credential", base64url(made.credential_id)},
                {"new_public_key", base64url(made.public_key)},
                {"new_algorithm", std::to_string(made.algorithm)},
                {"aaguid", hex(made.aaguid)},
                {"name", name},
                {"backed_up", made.backed_up ? "yes" : "no"}},
               proof));
    return tell(owner, in_words(name));
}

// Undone with the transaction when the code is not accepted: a wrong code leaves nothing, not even a used step.
Status accept_code(const Owner& owner, const Secret& totp_secret, const Secret& code, CodeVerdict& verdict) {
    verdict = owner.here.check_new_code(owner.person, totp_secret, code);
    if (verdict.kind == CodeVerdict::Kind::accepted) return ok();
    return fail(ErrorKind::refused, "the code was not accepted");
}

Result<CodeVerdict> verdict_or(const Status& done, const CodeVerdict& verdict) {
    if (!done && verdict.kind == CodeVerdict::Kind::accepted) return fail(done.error());
    return verdict;
}

}  // namespace

RecoverySet new_recovery_codes(const PersonId& person) {
    RecoverySet set;
    while (set.codes.size() < recovery_codes_made) {
        auto code = identity::new_typed_code(identity::TypedCode::recovery);
        set.hashes.push_back(identity::hash_of_typed(identity::TypedCode::recovery, person, code.expose_text()).value());
        set.codes.push_back(std::move(code));
    }
    return set;
}

Result<CodeVerdict> enrol(const Owner& owner, const std::string& invitation_hash, const FirstFactors& factors, const Secret& code) {
    auto& here = owner.here;
    const auto& person = owner.person;
    CodeVerdict verdict{.kind = CodeVerdict::Kind::accepted};  // until the code is judged: errors before that are errors
    const auto done = here.database.transaction([&]() -> Status {
        TRY(exchange_invitation(owner, invitation_hash));
        TRY(accept_code(owner, factors.totp_secret, code, verdict));
        TRY(append(owner, Kind::person_enrolled, {{"recovery_codes", std::to_string(factors.recovery_hashes.size())}}));
        TRY(here.people.set_password(person, factors.password_hash, here.clock.now(), store::issued_by(person)));
        TRY(append(owner, Kind::password_set, {}));
        TRY(keep_codes(owner, factors.totp_secret, false));
        TRY(here.recovery_codes.replace(person, factors.recovery_hashes, here.clock.now()));
        TRY(tell(owner, "a password, one-time codes and recovery codes"));
        return here.renew_mark(person);
    });
    return verdict_or(done, verdict);
}

Status enrol_with_passkey(const Owner& owner, const std::string& invitation_hash, const MadePasskey& passkey) {
    return owner.here.database.transaction([&]() -> Status {
        TRY(exchange_invitation(owner, invitation_hash));
        TRY(append(owner, Kind::person_enrolled, {{"recovery_codes", "0"}}));
        TRY(keep_passkey(owner, passkey));
        return owner.here.renew_mark(owner.person);
    });
}

Status change_password(const Owner& owner, const SecondFactor& proof, const std::string& hash) {
    return in_transaction(owner, proof, [&]() -> Status {
        TRY(owner.here.people.set_password(owner.person, hash, owner.here.clock.now(), store::issued_by(owner.person)));
        TRY(append(owner, Kind::password_set, {}, &proof));
        TRY(end_console_sessions(owner.here, owner.person, "password changed", owner.console));
        return tell(owner, "a new password");
    });
}

Result<CodeVerdict> change_codes(const Owner& owner, const SecondFactor& proof, const Secret& totp_secret, const Secret& code) {
    CodeVerdict verdict{.kind = CodeVerdict::Kind::accepted};
    const auto done = in_transaction(owner, proof, [&]() -> Status {
        TRY(accept_code(owner, totp_secret, code, verdict));
        const bool replaced = TRY(owner.here.totp.find(owner.person)).has_value();
        TRY(keep_codes(owner, totp_secret, replaced, &proof));
        TRY(end_console_sessions(owner.here, owner.person, "codes changed", owner.console));
        return tell(owner, "new one-time codes");
    });
    return verdict_or(done, verdict);
}

Status change_recovery_codes(const Owner& owner, const SecondFactor& proof, const std::vector<std::string>& hashes) {
    return in_transaction(owner, proof, [&]() -> Status {
        TRY(owner.here.recovery_codes.replace(owner.person, hashes, owner.here.clock.now()));
        TRY(append(owner, Kind::person_changed, {{"what", "recovery codes"}, {"made", std::to_string(hashes.size())}}, &proof));
        return tell(owner, "new recovery codes");
    });
}

Status add_passkey(const Owner& owner, const SecondFactor& proof, const MadePasskey& passkey) {
    return in_transaction(owner, proof, [&]() -> Status {
        if (TRY(owner.here.passkeys.count(owner.person)) >= static_cast<std::int64_t>(most_passkeys))
            return fail(ErrorKind::conflict, "You have 20 passkeys already; remove one first.");
        return keep_passkey(owner, passkey, &proof);
    });
}

Status remove_passkey(const Owner& owner, const SecondFactor& proof, const std::string& id) {
    auto& here = owner.here;
    return in_transaction(owner, proof, [&]() -> Status {
        const auto all = TRY(here.passkeys.of(owner.person));
        const auto found = std::find_if(all.begin(), all.end(), [&](const auto& passkey) { return passkey.id == id; });
        if (found == all.end()) return fail(ErrorKind::not_found, "You have no such passkey.");
        const auto person = TRY(here.people.find(owner.person));
        const bool keys = !TRY(here.person_keys.of(owner.person)).empty();
        const bool codes = TRY(here.totp.find(owner.person)).has_value();
        if (all.size() == 1 && !(codes && (person->password_hash || keys)))
            return fail(ErrorKind::conflict, "This passkey is your only way in. Make another one first, or a password and codes.");
        TRY(here.passkeys.remove(owner.person, id));
        TRY(end_console_sessions(here, owner.person, "passkey removed", owner.console));
        return append(owner, Kind::passkey_removed, {{"removed_credential", base64url(found->credential_id)}, {"name", found->name}}, &proof);
    });
}

Status add_key(const Owner& owner, const SecondFactor& proof, const identity::PublicKey& key) {
    return in_transaction(owner, proof, [&]() -> Status {
        const auto by = store::issued_by(owner.person);
        TRY(owner.here.person_keys.insert(
            {random_id(), owner.person, std::string(key.algorithm()), key.blob(), key.fingerprint(), key.comment(), owner.here.clock.now(), by}));
        TRY(append(owner, Kind::key_added, {{"fingerprint", key.fingerprint()}, {"algorithm", std::string(key.algorithm())}, {"comment", key.comment()}},
                   &proof));
        return tell(owner, "the SSH key " + key.fingerprint());
    });
}

Status remove_key(const Owner& owner, const SecondFactor& proof, const store::PersonKey& key) {
    return in_transaction(owner, proof, [&]() -> Status {
        TRY(owner.here.person_keys.remove(owner.person, key.id));
        return append(owner, Kind::key_removed, {{"fingerprint", key.fingerprint}}, &proof);
    });
}

}  // namespace anteroom::access
