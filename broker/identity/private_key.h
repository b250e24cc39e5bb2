// SSH private keys: the broker's host keys and the keys with which it signs on at targets. The key's numbers stay in
// OpenSSL's memory; they leave as a Secret for the vault (PKCS#8 in DER) and in no other way.
#pragma once

#include <memory>
#include <string_view>

#include "base/secret.h"
#include "broker/identity/ssh_key.h"

struct evp_pkey_st;

namespace anteroom::identity {

class PrivateKey {
public:
    enum class Kind { ed25519, ecdsa_p256, rsa_3072 };
    static Result<PrivateKey> generate(Kind kind);
    // What an administrator puts in: "BEGIN OPENSSH PRIVATE KEY", or PEM (PKCS#8 and the older ones), without a passphrase.
    // The error's detail is a sentence for the administrator.
    static Result<PrivateKey> parse(const Secret& text);
    static Result<PrivateKey> from_secret(const Secret& pkcs8);
    Result<Secret> to_secret() const;

    const PublicKey& public_key() const { return public_; }
    const Bytes& public_blob() const { return public_.blob(); }
    // The whole signature blob: "string algorithm, string signature". For RSA the algorithm is rsa-sha2-256 or rsa-sha2-512.
    Result<Bytes> sign(View data, std::string_view algorithm) const;

private:
    struct Free {
        void operator()(evp_pkey_st* key) const;
    };
    using Handle = std::unique_ptr<evp_pkey_st, Free>;
    PrivateKey(Handle key, PublicKey public_key) : key_(std::move(key)), public_(std::move(public_key)) {}
    static Result<PrivateKey> own(Handle key);
    static Result<PrivateKey> parse_openssh(std::string_view text);
    static Result<PrivateKey> parse_pem(std::string_view text);

    Handle key_;
    PublicKey public_;
};

}  // namespace anteroom::identity
