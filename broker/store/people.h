// People as the broker knows them. Rows are never deleted, only disabled: audit records go on naming them.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

// Who issued a factor, as it stands beside it: the person themselves, or the Unix user of an administrator ("unix:root").
inline std::string issued_by(const PersonId& person) { return "person:" + person.str(); }

struct Person {
    PersonId name;
    std::string display_name;
    std::string email;
    std::string vendor;                        // empty: nobody's
    std::vector<std::string> groups;           // sorted
    std::optional<std::string> password_hash;  // Argon2's encoded form
    bool disabled = false;
    Time created;
    std::optional<Time> expires;
    bool set_up_by_admin = false;           // an administrator has known this person's factors
    std::string mark;                       // a word shown beside the name wherever the person is listed
    std::optional<Time> password_set = {};  // none: before it was noted
    std::string password_set_by = {};       // "": an administrator, before it was noted

    bool expired(Time now) const { return expires && *expires <= now; }
};

class People {
public:
    explicit People(Database& database) : database_(database) {}

    Result<std::vector<Person>> list();
    Result<std::optional<Person>> find(const PersonId& name);
    Status insert(const Person& person);  // `conflict`: the name is taken, also by a disabled person
    // The rest: `not_found` when there is no such person.
    Status set_password_hash(const PersonId& name, const std::optional<std::string>& hash);
    Status set_password(const PersonId& name, const std::string& hash, Time now, const std::string& by);
    Status remove_password(const PersonId& name);
    Status set_disabled(const PersonId& name, bool disabled);
    Status set_expires(const PersonId& name, std::optional<Time> expires);
    Status set_groups(const PersonId& name, const std::vector<std::string>& groups);
    Status set_mark(const PersonId& name, bool set_up_by_admin, std::string_view mark);

private:
    Status change(const PersonId& name, const std::vector<Assignment>& changes);
    Database& database_;
};

}  // namespace anteroom::store
