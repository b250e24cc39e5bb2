// SQL of broker/store/people.h.
#include "broker/store/people.h"

#include <algorithm>
#include <map>

namespace anteroom::store {

namespace {

const std::vector<std::string_view> columns = {"name",    "display_name", "email",           "vendor", "password_hash", "disabled",
                                               "created", "expires",      "set_up_by_admin", "mark",   "password_set",  "password_set_by"};

Result<Person> read(Row& row) {
    Person person;
    person.name = PersonId(row.text());
    person.display_name = row.text();
    person.email = row.text();
    person.vendor = row.text();
    person.password_hash = row.optional_text();
    person.disabled = row.boolean();
    person.created = row.time();
    person.expires = row.optional_time();
    person.set_up_by_admin = row.boolean();
    person.mark = row.text();
    person.password_set = row.optional_time();
    person.password_set_by = row.text();
    TRY(row.finished());
    return person;
}

Status insert_groups(Database& database, const PersonId& name, const std::vector<std::string>& groups) {
    for (const auto& group : groups)
        TRY(database.insert("person_groups", {{"person", name}, {"member_of", group}}, "ON CONFLICT (person, member_of) DO NOTHING"));
    return ok();
}

}  // namespace

Result<std::vector<Person>> People::list() {
    std::map<std::string, std::vector<std::string>> groups;
    for (Row& row : TRY(database_.select({"person", "member_of"}, "FROM person_groups ORDER BY person, member_of"))) {
        auto person = row.text();
        groups[person].push_back(row.text());
        TRY(row.finished());
    }
    auto people = TRY(read_all(database_.select(columns, "FROM people ORDER BY name"), read));
    for (auto& person : people) person.groups = groups[person.name.str()];
    return people;
}

Result<std::optional<Person>> People::find(const PersonId& name) {
    auto person = TRY(read_one(database_.select_one(columns, "FROM people WHERE name = ?", {name}), read));
    if (!person) return person;
    for (Row& row : TRY(database_.select({"member_of"}, "FROM person_groups WHERE person = ? ORDER BY member_of", {name}))) {
        person->groups.push_back(row.text());
        TRY(row.finished());
    }
    return person;
}

Status People::insert(const Person& person) {
    return database_.transaction([&]() -> Status {
        const bool inserted = TRY(database_.insert("people",
                                                   {{"name", person.name},
                                                    {"display_name", person.display_name},
                                                    {"email", person.email},
                                                    {"vendor", person.vendor},
                                                    {"password_hash", person.password_hash},
                                                    {"disabled", person.disabled},
                                                    {"created", person.created},
                                                    {"expires", person.expires},
                                                    {"set_up_by_admin", person.set_up_by_admin},
                                                    {"mark", person.mark},
                                                    {"password_set", person.password_set},
                                                    {"password_set_by", person.password_set_by}},
                                                   "ON CONFLICT (name) DO NOTHING"));
        if (!inserted) return fail(ErrorKind::conflict, "there is already a person named " + person.name.str());
        return insert_groups(database_, person.name, person.groups);
    });
}

Status People::change(const PersonId& name, const std::vector<Assignment>& changes) {
    if (TRY(database_.update("people", changes, "WHERE name = ?", {name})) == 0) return fail(ErrorKind::not_found, "there is no person named " + name.str());
    return ok();
}

Status People::set_password_hash(const PersonId& name, const std::optional<std::string>& hash) { return change(name, {{"password_hash", hash}}); }
Status People::set_password(const PersonId& name, const std::string& hash, Time now, const std::string& by) {
    return change(name, {{"password_hash", hash}, {"password_set", now}, {"password_set_by", by}});
}
Status People::remove_password(const PersonId& name) {
    return change(name, {{"password_hash", std::nullopt}, {"password_set", std::nullopt}, {"password_set_by", ""}});
}
Status People::set_disabled(const PersonId& name, bool disabled) { return change(name, {{"disabled", disabled}}); }
Status People::set_expires(const PersonId& name, std::optional<Time> expires) { return change(name, {{"expires", expires}}); }
Status People::set_mark(const PersonId& name, bool set_up_by_admin, std::string_view mark) {
    return change(name, {{"set_up_by_admin", set_up_by_admin}, {"mark", mark}});
}

Status People::set_groups(const PersonId& name, const std::vector<std::string>& groups) {
    return database_.transaction([&]() -> Status {
        if (!TRY(find(name))) return fail(ErrorKind::not_found, "there is no person named " + name.str());
        TRY(database_.execute("DELETE FROM person_groups WHERE person = ?", {name}));
        return insert_groups(database_, name, groups);
    });
}

}  // namespace anteroom::store
