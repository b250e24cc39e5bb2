// Passkeys of people (WebAuthn credentials). A credential belongs to one person: whoever signs with it is that person, and nobody else.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct Passkey {
    std::string id;  // random_id()
    PersonId person;
    Bytes credential_id;
    Bytes public_key;             // as identity::NewPasskey has it
    std::int64_t algorithm = 0;   // COSE: -7, -8, -257
    std::int64_t sign_count = 0;  // at its last use
    Bytes aaguid;                 // the model, where its maker says so
    std::string name;             // the person's own word for it
    std::string transports;       // "internal hybrid", as the browser said: a hint, nothing more
    bool backed_up = false;       // copied beyond one device, by its maker's word
    Time added;
    std::optional<Time> used;
    std::string issued_by;
};

class Passkeys {
public:
    explicit Passkeys(Database& database) : database_(database) {}

    Result<std::vector<Passkey>> of(const PersonId& person);  // the oldest first
    Result<std::int64_t> count(const PersonId& person);
    Result<std::optional<Passkey>> find_credential(const Bytes& credential_id);
    Status insert(const Passkey& passkey);  // `conflict`: the credential is somebody's already; `not_found`: no such person
    // After a good signature. `conflict`: the counter has moved on meanwhile: the same signature came twice.
    Status note_use(const Passkey& passkey, std::int64_t sign_count, bool backed_up, Time now);
    Status remove(const PersonId& person, const std::string& id);  // `not_found`: not a passkey of this person
    Result<std::int64_t> remove_all(const PersonId& person);

private:
    Database& database_;
};

}  // namespace anteroom::store
