// SSH public keys and the signatures made with them. A PublicKey that exists is of a known type, canonical, strong
// enough and, for elliptic curves, a point of its curve. Certificates are refused: Anteroom judges no CA here yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace anteroom::identity {

enum class KeyType { ed25519, ecdsa_p256, ecdsa_p384, ecdsa_p521, rsa, sk_ed25519, sk_ecdsa_p256 };

// One row for each type: how SSH names it, and what OpenSSL needs to know.
struct KeyTypeFacts {
    KeyType type;
    std::string_view name;   // in the blob: "ssh-ed25519"
    std::string_view curve;  // SSH's name of it, or empty
    const char* group;       // OpenSSL's name of it, or null
    const char* digest;      // null: the scheme hashes by itself, or the algorithm name decides (RSA)
    std::size_t field;       // bytes of a coordinate
    bool security_key;
};
const KeyTypeFacts& facts_of(KeyType type);

inline constexpr std::size_t max_key_blob = 16 * 1024;
inline constexpr int min_rsa_bits = 2048;
inline constexpr int max_rsa_bits = 8192;  // a verification with more costs the broker too much

class PublicKey {
public:
    // The errors' details are sentences fit for the person who offers the key; they never repeat its bytes.
    static Result<PublicKey> parse_blob(View blob);
    // "TYPE BASE64 [COMMENT]", as in a .pub file. Options before the type (authorized_keys) are refused.
    static Result<PublicKey> parse_openssh_line(std::string_view line);

    KeyType type() const { return type_; }
    std::string_view algorithm() const { return facts_of(type_).name; }
    bool security_key() const { return facts_of(type_).security_key; }
    const Bytes& blob() const { return blob_; }
    const std::string& comment() const { return comment_; }          // printable; empty after parse_blob
    const std::string& application() const { return application_; }  // of security keys: "ssh:"
    std::string fingerprint() const;                                 // "SHA256:" and unpadded base64, as ssh-keygen -l prints it
    std::string openssh_line() const;
    // Whether signatures by this key may bear that algorithm name: for RSA rsa-sha2-256 and -512, never ssh-rsa (SHA-1).
    bool signs_with(std::string_view algorithm) const;
    bool operator==(const PublicKey& other) const { return blob_ == other.blob_; }

    // The numbers, for OpenSSL: a point (or Ed25519 key), or RSA's modulus and exponent.
    View point() const { return first_; }
    View modulus() const { return first_; }
    View exponent() const { return second_; }

private:
    PublicKey() = default;
    KeyType type_ = KeyType::ed25519;
    Bytes blob_, first_, second_;
    std::string application_, comment_;
};

// What a security key said while it signed (OpenSSH PROTOCOL.u2f); all false for ordinary keys.
struct SignatureFacts {
    bool user_presence = false;
    bool user_verification = false;
    std::uint32_t counter = 0;
};

// `signature_blob` is "string algorithm, string signature" (RFC 4253 6.6), for security keys with flags and counter behind
// it. `algorithm` is what the request announced; the blob must name the same. A security key must have been touched.
Result<SignatureFacts> verify(const PublicKey& key, std::string_view algorithm, View signed_data, View signature_blob);

}  // namespace anteroom::identity
