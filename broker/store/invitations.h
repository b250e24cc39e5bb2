// Invitations: at most one open for a person, kept as the hash of its code. It ends by being used, replaced, withdrawn, by time
// or by too many wrong codes; an invitation that has ended by time or failures stays until the next one and opens nothing.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct Invitation {
    static constexpr std::int64_t max_failures = 10;
    PersonId person;
    std::string code_hash;
    Time made, expires;
    std::string made_by;
    std::int64_t failures = 0;

    bool open(Time now) const { return now < expires && failures < max_failures; }
};

class Invitations {
public:
    explicit Invitations(Database& database) : database_(database) {}

    Status make(const Invitation& invitation);  // takes the place of an earlier one; `not_found`: no such person
    Result<std::optional<Invitation>> find(const PersonId& person);
    // Before a code is compared. False when the invitation may not be tried (any more); durable when it returns true.
    Result<bool> count_attempt(const PersonId& person, Time now);
    Status forgive_attempt(const PersonId& person, const std::string& code_hash);  // the code was right
    // True for the one caller who uses it up: still there, of that code, and open.
    Result<bool> use_up(const PersonId& person, const std::string& code_hash, Time now);
    Result<bool> withdraw(const PersonId& person);  // whether there was one

private:
    Database& database_;
};

}  // namespace anteroom::store
