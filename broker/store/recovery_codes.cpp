// SQL of broker/store/recovery_codes.h.
#include "broker/store/recovery_codes.h"

namespace anteroom::store {

Status RecoveryCodes::replace(const PersonId& person, const std::vector<std::string>& hashes, Time now) {
    return database_.transaction([&]() -> Status {
        TRY(remove_all(person));
        for (const auto& hash : hashes)
            TRY(database_.insert("recovery_codes", {{"person", person}, {"code_hash", hash}, {"made", now}, {"used", std::nullopt}}));
        return ok();
    });
}

// Found by its hash: how long the look-up takes tells nothing of use about a code that has 80 random bits.
Result<bool> RecoveryCodes::use(const PersonId& person, const std::string& hash, Time now) {
    return TRY(database_.update("recovery_codes", {{"used", now}}, "WHERE person = ? AND code_hash = ? AND used IS NULL", {person, hash})) == 1;
}

Result<std::int64_t> RecoveryCodes::left(const PersonId& person) {
    auto row = TRY(database_.select_one({"COUNT(*)"}, "FROM recovery_codes WHERE person = ? AND used IS NULL", {person}));
    const auto count = row->integer();
    TRY(row->finished());
    return count;
}

Result<std::optional<Time>> RecoveryCodes::made(const PersonId& person) {
    auto row = TRY(database_.select_one({"made"}, "FROM recovery_codes WHERE person = ? ORDER BY made LIMIT 1", {person}));
    if (!row) return std::optional<Time>();
    const auto time = row->time();
    TRY(row->finished());
    return std::optional<Time>(time);
}

Status RecoveryCodes::remove_all(const PersonId& person) {
    TRY(database_.execute("DELETE FROM recovery_codes WHERE person = ?", {person}));
    return ok();
}

}  // namespace anteroom::store
