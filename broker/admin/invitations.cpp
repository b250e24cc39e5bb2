// Inviting somebody, and taking all factors away to begin anew. The code leaves once, in the answer; only its hash is kept.
#include <boost/json.hpp>
#include <unistd.h>

#include <array>

#include "broker/access/console_sessions.h"
#include "broker/access/people_notices.h"
#include "broker/admin/commands.h"
#include "broker/admin/people.h"
#include "broker/identity/typed_code.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr Duration invitation_lasts = std::chrono::hours(72);

// "2027-01-31" (that day included, in UTC), a whole time, or a length from now.
Result<std::optional<Time>> expiry(const Call& call) {
    const auto& text = call.argument("expires");
    if (text.empty()) return std::optional<Time>();
    std::optional<Time> until;
    if (const auto time = parse_rfc3339(text)) until = *time;
    else if (const auto day = parse_rfc3339(text + "T00:00:00Z")) until = *day + std::chrono::days(1);
    else if (const auto length = parse_duration(text)) until = call.now() + *length;
    if (!until) return fail(ErrorKind::invalid, quoted(text) + " is no time; 2027-01-31 is, 2027-01-31T17:00:00Z is, and 90d for 90 days from now");
    if (*until <= call.now()) return fail(ErrorKind::invalid, "--expires " + quoted(text) + " is over already");
    return until;
}

Status may_be_invited(const store::Person& person) {
    if (person.disabled) return fail(ErrorKind::refused, person.name.str() + " is disabled; anteroom person enable " + person.name.str() + " comes first");
    return ok();
}

// Who has factors signs on with them: an invitation beside them would be a way around them.
Status has_no_factors(Call& call, const store::Person& person) {
    std::string has;
    const auto add = [&](bool there, const char* what) { has += there ? (has.empty() ? "" : ", ") + std::string(what) : ""; };
    const auto codes = TRY(call.here.totp.find(person.name));
    const auto keys = TRY(call.here.person_keys.of(person.name));
    add(person.password_hash.has_value(), "a password");
    add(codes.has_value(), "one-time codes");
    add(!keys.empty(), "SSH keys");
    add(TRY(call.here.passkeys.count(person.name)) > 0, "passkeys");
    if (has.empty()) return ok();
    return fail(ErrorKind::conflict, person.name.str() + " has factors already (" + has + "); anteroom person reset " + person.name.str() +
                                         " --reason R takes them away and invites anew");
}

// A person as they are, or a new one; with the expiry that was asked for.
Result<store::Person> to_invite(Call& call, bool& is_new) {
    const auto id = TRY(person_name(call.argument("name")));
    const auto until = TRY(expiry(call));
    auto found = TRY(call.here.people.find(id));
    is_new = !found;
    if (is_new) {
        auto person = TRY(new_person(call));
        person.expires = until;
        return person;
    }
    if (call.given("email") || call.given("vendor") || call.given("display_name") || !call.asked.list.empty())
        return fail(ErrorKind::conflict, id.str() + " is there already: --email, --vendor, --group and --display-name are for somebody new");
    TRY(may_be_invited(*found));
    TRY(has_no_factors(call, *found));
    if (until) found->expires = until;
    if (found->expired(call.now())) return fail(ErrorKind::refused, "the time of " + id.str() + " is over; --expires D gives them more");
    return std::move(*found);
}

// What somebody outside types for this host: a name of its own where it listens everywhere.
std::string host_to_type(const std::string& listen, std::string& port) {
    const auto colon = listen.rfind(':');
    port = listen.substr(colon + 1);
    std::string host = listen.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    if (host != "0.0.0.0" && host != "::" && !host.empty()) return host;
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "broker";
}

std::string line_to_type(const Call& call, const PersonId& person) {
    std::string port;
    const auto host = host_to_type(call.here.config.ssh_listen, port);
    return "ssh " + (port == "22" ? "" : "-p " + port + " ") + person.str() + "@" + host;
}

struct Made {
    Secret code;
    Time expires;
};

// Within the caller's transaction.
Result<Made> invite(Call& call, const PersonId& person) {
    Made made{identity::new_typed_code(identity::TypedCode::invitation), call.now() + invitation_lasts};
    const auto hash = identity::hash_of_typed(identity::TypedCode::invitation, person, made.code.expose_text());
    const bool replaced = TRY(call.here.invitations.withdraw(person));
    TRY(call.here.invitations.make({person, hash.value(), call.now(), made.expires, "unix:" + call.caller.unix_user, 0}));
    auto record = call.record(audit::Kind::person_invited, {{"expires", rfc3339(made.expires)}, {"replaced", replaced ? "yes" : "no"}});
    record.person = person.str();
    TRY(call.here.log->append(record));
    TRY(access::tell_invited(call.here, person, made.expires));
    return made;
}

Outcome show(Call& call, const PersonId& person, const Made& made, const std::string& sentence) {
    TRY(call.rows.add({{"name", person.str()},
                       {"code", made.code.expose_text()},
                       {"expires", rfc3339(made.expires)},
                       {"host_key", call.here.host_keys.fingerprint()},
                       {"connect", line_to_type(call, person)}}));
    return done(call, sentence);
}

void end_connections(Call& call, const PersonId& person) {
    const std::string sentence = "Your password, codes and keys were reset by an administrator; you will be invited anew.";
    if (const auto live = call.here.sessions.list(store::Sessions::Which::live, 100'000))
        for (const auto& session : *live)
            if (session.person == person) (void)call.live.terminate(session.id, sentence);
    call.live.end_person(person, sentence);
}

}  // namespace

Outcome person_invite(Call& call) {
    bool is_new = false;
    const auto person = TRY(to_invite(call, is_new));
    std::optional<Made> made;
    TRY(call.here.database.transaction([&]() -> Status {
        if (is_new) {
            TRY(call.here.people.insert(person));
            TRY(call.here.log->append(added_record(call, person, "invitation")));
        } else {
            TRY(call.here.people.set_expires(person.name, person.expires));
        }
        made = TRY(invite(call, person.name));
        return call.here.renew_mark(person.name);
    }));
    call.recorded = true;
    return show(call, person.name, *made,
                person.name.str() + " is invited: give them the code, the fingerprint and the line, best by two ways; the code is shown only now" +
                    vendor_warning(call, person));
}

Outcome person_reset(Call& call) {
    const auto person = TRY(known_person(call, call.argument("name")));
    TRY(may_be_invited(person));
    auto record = call.record(audit::Kind::person_reset, {{"reason", call.argument("reason")}});
    record.person = person.name.str();
    std::optional<Made> made;
    TRY(call.here.database.transaction([&]() -> Status {
        TRY(call.here.people.remove_password(person.name));
        TRY(call.here.totp.remove(person.name));
        TRY(call.here.recovery_codes.remove_all(person.name));
        record.fields["keys"] = std::to_string(TRY(call.here.person_keys.remove_all(person.name)));
        record.fields["passkeys"] = std::to_string(TRY(call.here.passkeys.remove_all(person.name)));
        TRY(access::end_console_sessions(call.here, person.name, "reset"));
        TRY(call.here.log->append(record));
        TRY(access::tell_reset(call.here, person.name));
        made = TRY(invite(call, person.name));
        return call.here.renew_mark(person.name);
    }));
    call.recorded = true;
    end_connections(call, person.name);
    return show(call, person.name, *made,
                person.name.str() + " has no factors any more, and is invited anew: give them the code, the fingerprint and the line; sessions end within 5 s");
}

}  // namespace anteroom::admin
