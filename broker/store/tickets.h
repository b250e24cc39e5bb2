// Tickets: sign-ins for one use within minutes, as .rdp files carry them. Only a hash of each is kept; a used one stays for a while, so
// that whoever comes with it again can be told when it was used.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct Ticket {
    std::string token_hash;  // SHA-256, hex
    PersonId person;
    TargetId target;
    std::optional<AccountId> account;
    Time issued{}, ends{};
    std::optional<Time> used;
};

class Tickets {
public:
    explicit Tickets(Database& database) : database_(database) {}

    Status insert(const Ticket& ticket);
    Result<std::optional<Ticket>> find(const std::string& token_hash);
    // True for the one caller that used it, in time and in the name of the person it was made for.
    Result<bool> use(const std::string& token_hash, const PersonId& person, Time now);
    Status forget_ended_before(Time time);

private:
    Database& database_;
};

}  // namespace anteroom::store
