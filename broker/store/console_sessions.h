// Sessions of the console that are not over. Only a hash of each token is kept; one that has ended is a row that is gone.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct ConsoleSession {
    std::string token_hash;  // SHA-256, hex
    PersonId person;
    bool enrolling = false;
    std::string factors, source, agent;
    Time started{}, last_input{};
};

class ConsoleSessions {
public:
    explicit ConsoleSessions(Database& database) : database_(database) {}

    Status insert(const ConsoleSession& session);  // `not_found`: no such person
    Result<std::optional<ConsoleSession>> find(const std::string& token_hash);
    Result<std::vector<ConsoleSession>> of(const PersonId& person);  // the newest first
    // Those that silence or age has ended: no input since `quiet_since`, or begun before `begun_before`.
    Result<std::vector<ConsoleSession>> over(Time quiet_since, Time begun_before);
    // Never back: what came earlier does not undo what came later. Not an error when there is none any more.
    Status touch(const std::string& token_hash, Time now);
    Result<bool> remove(const std::string& token_hash);  // whether there was one

private:
    Database& database_;
};

}  // namespace anteroom::store
