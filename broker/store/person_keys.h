// SSH public keys of people. A key belongs to at most one person: whoever proves it is that person, and nobody else.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct PersonKey {
    std::string id;  // random_id()
    PersonId person;
    std::string algorithm;  // as in the key itself: ssh-ed25519, sk-ssh-ed25519@openssh.com
    Bytes blob;             // RFC 4253 6.6
    std::string fingerprint;
    std::string comment;
    Time added;
    std::string added_by;
};

class PersonKeys {
public:
    explicit PersonKeys(Database& database) : database_(database) {}

    Result<std::vector<PersonKey>> of(const PersonId& person);
    Result<std::optional<PersonKey>> find_blob(const Bytes& blob);
    Status insert(const PersonKey& key);                           // `conflict`: the key is somebody's already; `not_found`: no such person
    Status remove(const PersonId& person, const std::string& id);  // `not_found`: not a key of this person
    Result<std::int64_t> remove_all(const PersonId& person);

private:
    Database& database_;
};

}  // namespace anteroom::store
