// Console sessions: minted after a sign-in, kept by the hash of their token, ended by sign-out, silence, age, or whatever disables
// their person. Only a person's own input keeps one alive: neither a stream of events nor a page that fetches by itself does.
#pragma once

#include <optional>

#include "broker/installation/installation.h"

namespace anteroom::console {

struct Session {
    std::string id;          // the first 16 hex digits of the token's hash: for lists and records
    std::string token_hash;  // SHA-256, hex
    PersonId person;
    bool enrolling = false;
    std::string factors;  // "password+code", "passkey", "invitation"
    std::string source, agent;
    Time started{}, last_input{};
    Time idle_ends{}, ends{};  // silence ends it then; and then whatever happens
    std::string csrf;          // derived from the token: nothing to keep. "" in lists
};

class Sessions {
public:
    static constexpr Duration touched_every = std::chrono::seconds(15);
    static constexpr Duration enrolling_longest = std::chrono::minutes(30);
    static constexpr std::size_t most_of_a_person = 20;  // the oldest goes

    explicit Sessions(installation::Installation& here) : here_(here) {}

    struct Minted {
        Secret token;  // 256 random bits, base64url: the cookie's value
        Session session;
    };
    // A new token at every sign-in: what a browser brought before is worth nothing. Recorded as console.started; as login.accepted by
    // the caller, who makes both one transaction.
    Result<Minted> mint(const PersonId& person, bool enrolling, const std::string& factors, const std::string& source, const std::string& agent);
    // None when it is unknown, over, or its person is disabled or expired. Changes nothing.
    Result<std::optional<Session>> find(const Secret& token);
    // The person did something. Written every 15 s, or sixtieth of the idle limit, at most: silence may end a session so much too early, never later.
    Status touch(const Session& session);
    Status end(const Session& session, const std::string& why);
    Result<std::vector<Session>> of(const PersonId& person);  // the newest first
    Status end_all_of(const PersonId& person, const std::string& why);
    Status forget_ended();

private:
    Session session_of(store::ConsoleSession row) const;
    Result<bool> still_good(const Session& session);

    installation::Installation& here_;
};

}  // namespace anteroom::console
