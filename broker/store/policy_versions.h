// Every policy that ever took effect, as it was written. Versions are numbered from 1 without gaps and never change.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct PolicyVersion {
    std::int64_t version = 0;
    std::string text;
    Time applied_at;
    std::string applied_by;
    std::string sha256;  // hexadecimal, of the text
};

class PolicyVersions {
public:
    explicit PolicyVersions(Database& database) : database_(database) {}

    Result<std::optional<PolicyVersion>> latest();
    Result<std::optional<PolicyVersion>> get(std::int64_t version);
    Result<std::vector<PolicyVersion>> list();  // newest first, without their text
    // Its number and hash are given here; the number is returned.
    Result<std::int64_t> insert(std::string_view text, Time applied_at, std::string_view applied_by);

private:
    Database& database_;
};

}  // namespace anteroom::store
