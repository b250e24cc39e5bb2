// The transactions.
#include "broker/talk/own_factors.h"

#include "broker/access/people_notices.h"
#include "broker/identity/typed_code.h"

namespace anteroom::talk {

namespace {

using audit::Kind;
using identity::CodeVerdict;

Status append(const Party& party, Kind kind, audit::Fields fields) {
    fields["by"] = store::issued_by(party.person);
    fields["source"] = party.source_ip;
    TRY(party.here.log->append({kind, party.person.str(), "", "", std::move(fields)}));
    return ok();
}

Status tell(const Party& party, const std::string& what) { return access::tell_factor_added(party.here, party.person, what, store::issued_by(party.person)); }

// Asked within the transaction: an administrator may have been quicker.
Status may_act(const Party& party) {
    const auto person = TRY(party.here.people.find(party.person));
    if (!person || person->disabled || person->expired(party.here.clock.now())) return fail(ErrorKind::refused, "You may not sign on here any more.");
    return ok();
}

Status still_fresh(const Party& party, const access::SecondFactor& proof) {
    if (proof.person() != party.person) return fail(ErrorKind::refused, "That code was another person's.");
    if (party.here.clock.now() - proof.at() > fresh_for) return fail(ErrorKind::refused, "That took too long: it needs a new code.");
    // A reset in between took away what the code was proven with.
    if (!TRY(party.here.totp.find(party.person))) return fail(ErrorKind::refused, "Your codes were taken away by an administrator.");
    return may_act(party);
}

Status in_transaction(const Party& party, const access::SecondFactor& proof, const std::function<Status()>& change) {
    return party.here.database.transaction([&]() -> Status {
        TRY(still_fresh(party, proof));
        TRY(change());
        return party.here.renew_mark(party.person);
    });
}

Status keep_codes(const Party& party, const Secret& totp_secret, bool replaced) {
    auto& here = party.here;
    const auto sealed = TRY(here.ring.seal(vault::purpose::totp, party.person.str(), totp_secret));
    TRY(here.totp.enrol({party.person, sealed, true, here.clock.now(), store::issued_by(party.person)}));
    return append(party, Kind::totp_enrolled, {{"set_up_by", "person"}, {"replaced", replaced ? "yes" : "no"}});
}

// Undone with the transaction when the code is not accepted: a wrong code leaves nothing, not even a used step.
Status accept_code(const Party& party, const Secret& totp_secret, const Secret& code, CodeVerdict& verdict) {
    verdict = party.here.check_new_code(party.person, totp_secret, code);
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

Result<CodeVerdict> enrol(const Party& party, const std::string& invitation_hash, const FirstFactors& factors, const Secret& code) {
    auto& here = party.here;
    const auto& person = party.person;
    CodeVerdict verdict{.kind = CodeVerdict::Kind::accepted};  // until the code is judged: errors before that are errors
    const auto done = here.database.transaction([&]() -> Status {
        TRY(may_act(party));
        if (!TRY(here.invitations.use_up(person, invitation_hash, here.clock.now())))
            return fail(ErrorKind::conflict, "Your invitation was used, replaced or withdrawn meanwhile, or its time is over. Nothing was set up.");
        const auto before = TRY(here.people.find(person));
        const auto keys = TRY(here.person_keys.of(person));
        if (before->password_hash || !keys.empty() || TRY(here.totp.find(person)))
            return fail(ErrorKind::conflict, "You have factors already; sign on with them.");
        TRY(accept_code(party, factors.totp_secret, code, verdict));
        TRY(append(party, Kind::person_enrolled, {{"recovery_codes", std::to_string(factors.recovery_hashes.size())}}));
        TRY(here.people.set_password(person, factors.password_hash, here.clock.now(), store::issued_by(person)));
        TRY(append(party, Kind::password_set, {}));
        TRY(keep_codes(party, factors.totp_secret, false));
        TRY(here.recovery_codes.replace(person, factors.recovery_hashes, here.clock.now()));
        TRY(tell(party, "a password, one-time codes and recovery codes"));
        return here.renew_mark(person);
    });
    return verdict_or(done, verdict);
}

Status change_password(const Party& party, const access::SecondFactor& proof, const std::string& hash) {
    return in_transaction(party, proof, [&]() -> Status {
        TRY(party.here.people.set_password(party.person, hash, party.here.clock.now(), store::issued_by(party.person)));
        TRY(append(party, Kind::password_set, {}));
        return tell(party, "a new password");
    });
}

Result<CodeVerdict> change_codes(const Party& party, const access::SecondFactor& proof, const Secret& totp_secret, const Secret& code) {
    CodeVerdict verdict{.kind = CodeVerdict::Kind::accepted};
    const auto done = in_transaction(party, proof, [&]() -> Status {
        TRY(accept_code(party, totp_secret, code, verdict));
        TRY(keep_codes(party, totp_secret, true));
        return tell(party, "new one-time codes");
    });
    return verdict_or(done, verdict);
}

Status change_recovery_codes(const Party& party, const access::SecondFactor& proof, const std::vector<std::string>& hashes) {
    return in_transaction(party, proof, [&]() -> Status {
        TRY(party.here.recovery_codes.replace(party.person, hashes, party.here.clock.now()));
        TRY(append(party, Kind::person_changed, {{"what", "recovery codes"}, {"made", std::to_string(hashes.size())}}));
        return tell(party, "new recovery codes");
    });
}

Status add_key(const Party& party, const access::SecondFactor& proof, const identity::PublicKey& key) {
    return in_transaction(party, proof, [&]() -> Status {
        const auto by = store::issued_by(party.person);
        TRY(party.here.person_keys.insert(
            {random_id(), party.person, std::string(key.algorithm()), key.blob(), key.fingerprint(), key.comment(), party.here.clock.now(), by}));
        TRY(append(party, Kind::key_added, {{"fingerprint", key.fingerprint()}, {"algorithm", std::string(key.algorithm())}, {"comment", key.comment()}}));
        return tell(party, "the SSH key " + key.fingerprint());
    });
}

Status remove_key(const Party& party, const access::SecondFactor& proof, const store::PersonKey& key) {
    return in_transaction(party, proof, [&]() -> Status {
        TRY(party.here.person_keys.remove(party.person, key.id));
        return append(party, Kind::key_removed, {{"fingerprint", key.fingerprint}});
    });
}

}  // namespace anteroom::talk
