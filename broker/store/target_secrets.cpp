// SQL of broker/store/target_secrets.h.
#include "broker/store/target_secrets.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> columns = {"target", "account", "kind", "sealed", "public_blob", "updated"};

Result<TargetSecret> read(Row& row) {
    TargetSecret secret;
    secret.target = TargetId(row.text());
    secret.account = AccountId(row.text());
    secret.kind = row.text();
    secret.sealed = row.text();
    secret.public_blob = row.optional_bytes();
    secret.updated = row.time();
    TRY(row.finished());
    return secret;
}

}  // namespace

Result<std::optional<TargetSecret>> TargetSecrets::find(const TargetId& target, const AccountId& account) {
    return read_one(database_.select_one(columns, "FROM target_secrets WHERE target = ? AND account = ?", {target, account}), read);
}

Result<std::vector<TargetSecret>> TargetSecrets::list() { return read_all(database_.select(columns, "FROM target_secrets ORDER BY target, account"), read); }

Status TargetSecrets::put(const TargetSecret& secret) {
    TRY(database_.insert("target_secrets",
                         {{"target", secret.target},
                          {"account", secret.account},
                          {"kind", secret.kind},
                          {"sealed", secret.sealed},
                          {"public_blob", secret.public_blob},
                          {"updated", secret.updated}},
                         "ON CONFLICT (target, account) DO UPDATE SET kind = excluded.kind, sealed = excluded.sealed, public_blob = excluded.public_blob, "
                         "updated = excluded.updated"));
    return ok();
}

Status TargetSecrets::remove(const TargetId& target, const AccountId& account) {
    if (TRY(database_.execute("DELETE FROM target_secrets WHERE target = ? AND account = ?", {target, account})) == 0)
        return fail(ErrorKind::not_found, "no secret is stored for " + target.str() + "/" + account.str());
    return ok();
}

}  // namespace anteroom::store
