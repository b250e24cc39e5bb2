// Recovery codes: one set a person, each good once, kept as hashes. A used one stays, marked, until the next set: it is not good again.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

class RecoveryCodes {
public:
    explicit RecoveryCodes(Database& database) : database_(database) {}

    // A new set takes the place of the earlier one.
    Status replace(const PersonId& person, const std::vector<std::string>& hashes, Time now);
    // True for the one caller that used it.
    Result<bool> use(const PersonId& person, const std::string& hash, Time now);
    Result<std::int64_t> left(const PersonId& person);
    Result<std::optional<Time>> made(const PersonId& person);  // none: the person has no set
    Status remove_all(const PersonId& person);

private:
    Database& database_;
};

}  // namespace anteroom::store
