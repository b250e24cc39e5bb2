// What an administrator sets up for a person: codes and SSH keys. Whoever sets factors up has known them, and the person is
// marked so. A new code secret leaves once, in the answer, and stands nowhere in the clear.
#include <boost/json.hpp>

#include "broker/access/people_notices.h"
#include "broker/admin/commands.h"
#include "broker/admin/people.h"
#include "broker/identity/ssh_key.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr std::string_view issuer = "Anteroom";

json::object row_of(const store::PersonKey& key) {
    return {{"id", key.id},           {"fingerprint", key.fingerprint}, {"algorithm", key.algorithm},
            {"comment", key.comment}, {"added", rfc3339(key.added)},    {"added_by", key.added_by}};
}

// One line, as in a .pub file.
Result<identity::PublicKey> offered_key(const std::string& text) {
    std::string_view line = text;
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) return fail(ErrorKind::invalid, "no public key was given: one line, as in a .pub file");
    if (line.find('\n') != std::string_view::npos) return fail(ErrorKind::invalid, "this is more than one line; give one public key at a time");
    return identity::PublicKey::parse_openssh_line(line);
}

Result<store::PersonKey> key_named(Call& call, const PersonId& person, const std::string& text) {
    const auto keys = TRY(call.here.person_keys.of(person));
    for (const auto& key : keys)
        if (key.id == text || key.fingerprint == text) return key;
    return fail(ErrorKind::not_found, person.str() + " has no key " + quoted(text) + "; anteroom person key list " + person.str() + " shows them");
}

}  // namespace

Outcome person_totp(Call& call) {
    const auto person = TRY(known_person(call, call.argument("name")));
    const Secret secret = identity::totp_new_secret();
    const auto sealed = TRY(call.here.ring.seal(vault::purpose::totp, person.name.str(), secret));
    const bool replaced = TRY(call.here.totp.find(person.name)).has_value();
    auto record = call.record(audit::Kind::totp_enrolled, {{"set_up_by", "administrator"}, {"replaced", replaced ? "yes" : "no"}});
    record.person = person.name.str();
    TRY(call.with_record(record, [&]() -> Status {
        const auto by = "unix:" + call.caller.unix_user;
        TRY(call.here.totp.enrol({person.name, sealed, false, call.now(), by}));
        TRY(set_up_by_administrator(call, person.name));
        return access::tell_factor_added(call.here, person.name, "one-time codes", by);
    }));
    const Secret uri = identity::otpauth_uri(issuer, person.name, secret);
    TRY(call.rows.add({{"uri", uri.expose_text()}}));
    return done(call, "codes of " + person.name.str() + " are enrolled" + (replaced ? "; those of before no longer count" : ""));
}

Outcome person_key_add(Call& call) {
    const auto person = TRY(known_person(call, call.argument("name")));
    const auto offered = TRY(offered_key(call.asked.text));
    const store::PersonKey key{.id = random_id(),
                               .person = person.name,
                               .algorithm = std::string(offered.algorithm()),
                               .blob = offered.blob(),
                               .fingerprint = offered.fingerprint(),
                               .comment = offered.comment(),
                               .added = call.now(),
                               .added_by = "unix:" + call.caller.unix_user};
    auto record = call.record(audit::Kind::key_added, {{"fingerprint", key.fingerprint}, {"algorithm", key.algorithm}, {"comment", key.comment}});
    record.person = person.name.str();
    TRY(call.with_record(record, [&]() -> Status {
        TRY(call.here.person_keys.insert(key));
        TRY(set_up_by_administrator(call, person.name));
        return access::tell_factor_added(call.here, person.name, "the SSH key " + key.fingerprint, key.added_by);
    }));
    TRY(call.rows.add(row_of(key)));
    return done(call, "the key " + key.fingerprint + " of " + person.name.str() + " was added");
}

Outcome person_key_list(Call& call) {
    const auto person = TRY(known_person(call, call.argument("name")));
    for (const auto& key : TRY(call.here.person_keys.of(person.name))) TRY(call.rows.add(row_of(key)));
    return done(call);
}

Outcome person_key_remove(Call& call) {
    const auto person = TRY(known_person(call, call.argument("name")));
    const auto key = TRY(key_named(call, person.name, call.argument("key")));
    auto record = call.record(audit::Kind::key_removed, {{"fingerprint", key.fingerprint}});
    record.person = person.name.str();
    TRY(call.with_record(record, [&]() -> Status {
        TRY(call.here.person_keys.remove(person.name, key.id));
        return call.here.renew_mark(person.name);
    }));
    return done(call, "the key " + key.fingerprint + " of " + person.name.str() + " was removed");
}

}  // namespace anteroom::admin
