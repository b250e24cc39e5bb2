// SQL of broker/store/person_keys.h.
#include "broker/store/person_keys.h"

#include "broker/store/people.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> columns = {"id", "person", "algorithm", "key_blob", "fingerprint", "note", "added", "added_by"};

Result<PersonKey> read(Row& row) {
    PersonKey key;
    key.id = row.text();
    key.person = PersonId(row.text());
    key.algorithm = row.text();
    key.blob = row.bytes();
    key.fingerprint = row.text();
    key.comment = row.text();
    key.added = row.time();
    key.added_by = row.text();
    TRY(row.finished());
    return key;
}

}  // namespace

Result<std::vector<PersonKey>> PersonKeys::of(const PersonId& person) {
    return read_all(database_.select(columns, "FROM person_keys WHERE person = ? ORDER BY added, id", {person}), read);
}

Result<std::optional<PersonKey>> PersonKeys::find_blob(const Bytes& blob) {
    return read_one(database_.select_one(columns, "FROM person_keys WHERE key_blob = ?", {blob}), read);
}

Status PersonKeys::insert(const PersonKey& key) {
    return database_.transaction([&]() -> Status {
        if (!TRY(People(database_).find(key.person))) return fail(ErrorKind::not_found, "there is no person named " + key.person.str());
        const bool inserted = TRY(database_.insert("person_keys",
                                                   {{"id", key.id},
                                                    {"person", key.person},
                                                    {"algorithm", key.algorithm},
                                                    {"key_blob", key.blob},
                                                    {"fingerprint", key.fingerprint},
                                                    {"note", key.comment},
                                                    {"added", key.added},
                                                    {"added_by", key.added_by}},
                                                   "ON CONFLICT (key_blob) DO NOTHING"));
        if (!inserted) return fail(ErrorKind::conflict, "this key is already enrolled: " + key.fingerprint);
        return ok();
    });
}

Status PersonKeys::remove(const PersonId& person, const std::string& id) {
    if (TRY(database_.execute("DELETE FROM person_keys WHERE person = ? AND id = ?", {person, id})) == 0)
        return fail(ErrorKind::not_found, person.str() + " has no such key");
    return ok();
}

Result<std::int64_t> PersonKeys::remove_all(const PersonId& person) { return database_.execute("DELETE FROM person_keys WHERE person = ?", {person}); }

}  // namespace anteroom::store
