// People: adding, listing, enabling and disabling. Rows are never deleted.
#include "broker/admin/people.h"

#include <boost/json.hpp>

#include <algorithm>

#include "broker/access/console_sessions.h"
#include "broker/admin/commands.h"
#include "broker/identity/password.h"
#include "broker/identity/ssh_key.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t max_email = 254, max_display_name = 128;

Status check_email(const std::string& email) {
    if (email.empty()) return ok();
    const auto at = email.find('@');
    const bool fits = email.size() <= max_email && at != std::string::npos && at > 0 && at + 1 < email.size() && email.find('@', at + 1) == std::string::npos &&
                      email.find_first_of(" <>\"',;") == std::string::npos;
    return fits ? ok() : Status(fail(ErrorKind::invalid, quoted(email) + " is no e-mail address"));
}

Result<std::vector<std::string>> group_names(const std::vector<std::string>& list) {
    for (const auto& group : list)
        if (!is_name(group)) return fail(ErrorKind::invalid, quoted(group) + " is no name for a group: 1 to 64 of a-z 0-9 . _ - are");
    std::vector<std::string> groups = list;
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    return groups;
}

}  // namespace

Result<store::Person> new_person(Call& call) {
    store::Person person;
    person.name = TRY(person_name(call.argument("name")));
    person.display_name = call.argument("display_name");
    if (person.display_name.size() > max_display_name) return fail(ErrorKind::invalid, "the display name is longer than 128 bytes");
    person.email = call.argument("email");
    TRY(check_email(person.email));
    person.vendor = call.argument("vendor");
    if (!person.vendor.empty() && !is_name(person.vendor))
        return fail(ErrorKind::invalid, quoted(person.vendor) + " is no name for a vendor: 1 to 64 of a-z 0-9 . _ - are");
    person.groups = TRY(group_names(call.asked.list));
    if (!call.asked.secret.empty()) {
        TRY(identity::check_password_rules(call.asked.secret, person.name.str()));
        person.password_hash = TRY(identity::hash_password(call.asked.secret));
        person.password_set = call.now();
        person.password_set_by = "unix:" + call.caller.unix_user;
    }
    person.created = call.now();
    return person;
}

audit::Record added_record(const Call& call, const store::Person& person, const char* set_up_by) {
    auto record = call.record(audit::Kind::person_added, {{"set_up_by", set_up_by}, {"password", person.password_hash ? "yes" : "no"}});
    record.person = person.name.str();
    if (!person.vendor.empty()) record.fields["vendor"] = person.vendor;
    if (!person.email.empty()) record.fields["email"] = person.email;
    for (const auto& group : person.groups) record.fields["groups"] += (record.fields["groups"].empty() ? "" : " ") + group;
    return record;
}

std::string vendor_warning(const Call& call, const store::Person& person) {
    if (person.vendor.empty() || call.here.policy.document.vendors.contains(VendorId(person.vendor))) return "";
    return "; the policy in force knows no vendor " + person.vendor + ", so nothing will be permitted until it does";
}

Status set_up_by_administrator(Call& call, const PersonId& person) {
    TRY(call.here.invitations.withdraw(person));
    return call.here.renew_mark(person);
}

namespace {

std::string_view state_of(const store::Person& person, const std::optional<store::Invitation>& invitation, Time now) {
    if (person.disabled) return "disabled";
    if (person.expired(now)) return "expired";
    return invitation && invitation->open(now) ? "invited" : "enabled";
}

Result<json::object> row_of(Call& call, const store::Person& person) {
    const auto enrolment = TRY(call.here.totp.find(person.name));
    const auto keys = TRY(call.here.person_keys.of(person.name));
    const auto invitation = TRY(call.here.invitations.find(person.name));
    const auto passkeys = TRY(call.here.passkeys.count(person.name));
    return json::object{{"name", person.name.str()},
                        {"display_name", person.display_name},
                        {"email", person.email},
                        {"vendor", person.vendor},
                        {"groups", texts(person.groups)},
                        {"state", state_of(person, invitation, call.now())},
                        {"password", person.password_hash.has_value()},
                        {"totp", !enrolment             ? "none"
                                 : enrolment->confirmed ? "confirmed"
                                                        : "enrolled"},
                        {"keys", keys.size()},
                        {"passkeys", passkeys},
                        {"created", rfc3339(person.created)},
                        {"expires", time_or_null(person.expires)},
                        {"set_up_by_administrator", person.set_up_by_admin},
                        {"mark", person.mark}};
}

Outcome set_disabled(Call& call, bool disabled) {
    const auto person = TRY(known_person(call, call.argument("name")));
    auto record = call.record(disabled ? audit::Kind::person_disabled : audit::Kind::person_enabled);
    record.person = person.name.str();
    TRY(call.with_record(record, [&]() -> Status {
        TRY(call.here.people.set_disabled(person.name, disabled));
        return disabled ? access::end_console_sessions(call.here, person.name, "disabled") : ok();
    }));
    call.live.reconsider();
    return done(call, person.name.str() + (disabled ? " is disabled; sessions end within 5 s" : " is enabled"));
}

}  // namespace

Outcome person_add(Call& call) {
    auto person = TRY(new_person(call));
    person.set_up_by_admin = true;
    TRY(call.with_record(added_record(call, person, "administrator"), [&] { return call.here.people.insert(person); }));
    const std::string sentence = person.name.str() + " was added" + vendor_warning(call, person);
    auto row = TRY(row_of(call, person));
    TRY(call.rows.add(std::move(row)));
    return done(call, sentence);
}

Outcome person_list(Call& call) {
    for (const auto& person : TRY(call.here.people.list())) {
        auto row = TRY(row_of(call, person));
        TRY(call.rows.add(std::move(row)));
    }
    return done(call);
}

Outcome person_show(Call& call) {
    const auto person = TRY(known_person(call, call.argument("name")));
    auto row = TRY(row_of(call, person));
    json::array keys;
    for (const auto& key : TRY(call.here.person_keys.of(person.name)))
        keys.push_back({{"id", key.id}, {"fingerprint", key.fingerprint}, {"algorithm", key.algorithm}, {"comment", key.comment}, {"added_by", key.added_by}});
    row["password_set_by"] = person.password_hash ? person.password_set_by : "";
    const auto enrolment = TRY(call.here.totp.find(person.name));
    row["totp_enrolled_by"] = enrolment ? enrolment->enrolled_by : "";
    row["recovery_codes_left"] = TRY(call.here.recovery_codes.left(person.name));
    row["keys"] = std::move(keys);
    json::array passkeys;
    for (const auto& passkey : TRY(call.here.passkeys.of(person.name)))
        passkeys.push_back({{"id", passkey.id},
                            {"name", passkey.name},
                            {"added", rfc3339(passkey.added)},
                            {"used", time_or_null(passkey.used)},
                            {"issued_by", passkey.issued_by}});
    row["passkeys"] = std::move(passkeys);
    TRY(call.rows.add(std::move(row)));
    return done(call);
}

Outcome person_disable(Call& call) { return set_disabled(call, true); }
Outcome person_enable(Call& call) { return set_disabled(call, false); }

}  // namespace anteroom::admin
