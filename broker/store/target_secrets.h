// What the broker proves itself with at targets, sealed by the vault: this table never holds a secret in the clear.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct TargetSecret {
    TargetId target;
    AccountId account;
    std::string kind;                  // password, key
    std::string sealed;                // as the vault sealed it
    std::optional<Bytes> public_blob;  // of a key
    Time updated;
};

class TargetSecrets {
public:
    explicit TargetSecrets(Database& database) : database_(database) {}

    Result<std::optional<TargetSecret>> find(const TargetId& target, const AccountId& account);
    Result<std::vector<TargetSecret>> list();
    Status put(const TargetSecret& secret);  // takes the place of an earlier one
    Status remove(const TargetId& target, const AccountId& account);

private:
    Database& database_;
};

}  // namespace anteroom::store
