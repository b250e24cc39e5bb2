// The broker's SSH host keys: made once, sealed by the key ring, used only to sign key exchanges. Each has a placeholder of
// its type, a key that opens nothing, for libssh in the worker to hold.
#pragma once

#include "broker/control/messages.h"
#include "broker/identity/private_key.h"
#include "broker/vault/keyring.h"

namespace anteroom::installation {

class HostKeys {
public:
    // Writes new keys (Ed25519, ECDSA P-256, RSA) sealed to `path`, and their public lines to `public_path`.
    static Status create(const std::string& path, const std::string& public_path, const vault::KeyRing& ring);
    static Result<HostKeys> load(const std::string& path, const vault::KeyRing& ring);

    // An SSH signature blob over an exchange hash. `algorithm` as negotiated: "ssh-ed25519", "rsa-sha2-512", ...
    Result<Bytes> sign(std::string_view algorithm, View hash) const;
    std::vector<control::HostKey> announced() const;
    std::string fingerprint() const { return keys_.front().key.public_key().fingerprint(); }  // of the Ed25519 key
    std::vector<std::string> public_lines() const;

private:
    struct One {
        identity::PrivateKey key;
        Bytes placeholder;
    };
    std::vector<One> keys_;
};

}  // namespace anteroom::installation
