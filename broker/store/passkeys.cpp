// SQL of broker/store/passkeys.h.
#include "broker/store/passkeys.h"

#include "broker/store/people.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> columns = {"id",   "person",     "credential_id", "public_key", "algorithm", "sign_count", "aaguid",
                                               "name", "transports", "backed_up",     "added",      "used",      "issued_by"};

Result<Passkey> read(Row& row) {
    Passkey passkey;
    passkey.id = row.text();
    passkey.person = PersonId(row.text());
    passkey.credential_id = row.bytes();
    passkey.public_key = row.bytes();
    passkey.algorithm = row.integer();
    passkey.sign_count = row.integer();
    passkey.aaguid = row.bytes();
    passkey.name = row.text();
    passkey.transports = row.text();
    passkey.backed_up = row.boolean();
    passkey.added = row.time();
    passkey.used = row.optional_time();
    passkey.issued_by = row.text();
    TRY(row.finished());
    return passkey;
}

}  // namespace

Result<std::vector<Passkey>> Passkeys::of(const PersonId& person) {
    return read_all(database_.select(columns, "FROM passkeys WHERE person = ? ORDER BY added, id", {person}), read);
}

Result<std::int64_t> Passkeys::count(const PersonId& person) {
    auto row = TRY(database_.select_one({"COUNT(*)"}, "FROM passkeys WHERE person = ?", {person}));
    const auto count = row->integer();
    TRY(row->finished());
    return count;
}

Result<std::optional<Passkey>> Passkeys::find_credential(const Bytes& credential_id) {
    return read_one(database_.select_one(columns, "FROM passkeys WHERE credential_id = ?", {credential_id}), read);
}

Status Passkeys::insert(const Passkey& passkey) {
    return database_.transaction([&]() -> Status {
        if (!TRY(People(database_).find(passkey.person))) return fail(ErrorKind::not_found, "there is no person named " + passkey.person.str());
        const bool inserted = TRY(database_.insert("passkeys",
                                                   {{"id", passkey.id},
                                                    {"person", passkey.person},
                                                    {"credential_id", passkey.credential_id},
                                                    {"public_key", passkey.public_key},
                                                    {"algorithm", passkey.algorithm},
                                                    {"sign_count", passkey.sign_count},
                                                    {"aaguid", passkey.aaguid},
                                                    {"name", passkey.name},
                                                    {"transports", passkey.transports},
                                                    {"backed_up", passkey.backed_up},
                                                    {"added", passkey.added},
                                                    {"used", passkey.used},
                                                    {"issued_by", passkey.issued_by}},
                                                   "ON CONFLICT (credential_id) DO NOTHING"));
        if (!inserted) return fail(ErrorKind::conflict, "this passkey is enrolled already");
        return ok();
    });
}

Status Passkeys::note_use(const Passkey& passkey, std::int64_t sign_count, bool backed_up, Time now) {
    const auto changed = TRY(database_.update("passkeys", {{"sign_count", sign_count}, {"backed_up", backed_up}, {"used", now}},
                                              "WHERE id = ? AND sign_count = ?", {passkey.id, passkey.sign_count}));
    if (changed == 0) return fail(ErrorKind::conflict, "the passkey was used or removed meanwhile");
    return ok();
}

Status Passkeys::remove(const PersonId& person, const std::string& id) {
    if (TRY(database_.execute("DELETE FROM passkeys WHERE person = ? AND id = ?", {person, id})) == 0)
        return fail(ErrorKind::not_found, person.str() + " has no such passkey");
    return ok();
}

Result<std::int64_t> Passkeys::remove_all(const PersonId& person) { return database_.execute("DELETE FROM passkeys WHERE person = ?", {person}); }

}  // namespace anteroom::store
