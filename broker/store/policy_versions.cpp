// SQL of broker/store/policy_versions.h.
#include "broker/store/policy_versions.h"

#include "base/crypto.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> columns = {"version", "content", "applied_at", "applied_by", "sha256"};
const std::vector<std::string_view> columns_without_text = {"version", "''", "applied_at", "applied_by", "sha256"};

Result<PolicyVersion> read(Row& row) {
    PolicyVersion policy;
    policy.version = row.integer();
    policy.text = row.text();
    policy.applied_at = row.time();
    policy.applied_by = row.text();
    policy.sha256 = row.text();
    TRY(row.finished());
    return policy;
}

// A policy that was changed behind our back must not decide anything.
Result<std::optional<PolicyVersion>> checked(std::optional<PolicyVersion> policy) {
    if (policy && hex(crypto::sha256(view(policy->text))) != policy->sha256)
        return fail(ErrorKind::damaged, "policy version " + std::to_string(policy->version) + " in the database is not what was applied");
    return policy;
}

}  // namespace

Result<std::optional<PolicyVersion>> PolicyVersions::latest() {
    return checked(TRY(read_one(database_.select_one(columns, "FROM policy_versions ORDER BY version DESC LIMIT 1"), read)));
}

Result<std::optional<PolicyVersion>> PolicyVersions::get(std::int64_t version) {
    return checked(TRY(read_one(database_.select_one(columns, "FROM policy_versions WHERE version = ?", {version}), read)));
}

Result<std::vector<PolicyVersion>> PolicyVersions::list() {
    return read_all(database_.select(columns_without_text, "FROM policy_versions ORDER BY version DESC"), read);
}

Result<std::int64_t> PolicyVersions::insert(std::string_view text, Time applied_at, std::string_view applied_by) {
    std::int64_t version = 0;
    TRY(database_.transaction([&]() -> Status {
        auto row = TRY(database_.select_one({"COALESCE(MAX(version), 0)"}, "FROM policy_versions"));
        version = row->integer() + 1;
        TRY(row->finished());
        TRY(database_.insert(
            "policy_versions",
            {{"version", version}, {"content", text}, {"applied_at", applied_at}, {"applied_by", applied_by}, {"sha256", hex(crypto::sha256(view(text)))}}));
        return ok();
    }));
    return version;
}

}  // namespace anteroom::store
