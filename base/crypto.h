// Cryptography as bytes in, bytes out. OpenSSL stays inside crypto.cpp; every failure is a value of kind `crypto`.
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/secret.h"

namespace anteroom::crypto {

using Digest = std::array<std::uint8_t, 32>;

void random(std::span<std::uint8_t> out);  // getrandom(2); aborts when the kernel has none
Bytes random_bytes(std::size_t size);
Secret random_secret(std::size_t size);

Digest sha256(View data);
class Sha256 {  // for streams
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    void update(View data);
    Digest finish();  // once

private:
    void* context_;
};

Digest hmac_sha256(View key, View data);
Secret hkdf_sha256(View input_key, View salt, View info, std::size_t size);  // RFC 5869

// AES-256-GCM, 32-byte key, 12-byte nonce, 16-byte tag behind the ciphertext.
inline constexpr std::size_t gcm_tag_size = 16;
class AesGcm {  // a key schedule kept for many pieces
public:
    explicit AesGcm(View key);
    ~AesGcm();
    AesGcm(AesGcm&&) noexcept;
    AesGcm& operator=(AesGcm&&) noexcept;
    // `out` has plain.size() + 16 bytes.
    Status seal(View nonce, View aad, View plain, std::span<std::uint8_t> out);
    // `out` has sealed.size() - 16 bytes; on failure its content is wiped.
    Status open(View nonce, View aad, View sealed, std::span<std::uint8_t> out);

private:
    void* context_;
};
Result<Bytes> aes_gcm_seal(View key, View nonce, View aad, View plain);
Result<Bytes> aes_gcm_open(View key, View nonce, View aad, View sealed);

// P-256: public keys are the 65-byte uncompressed point (off-curve points are refused), private keys the 32-byte scalar.
struct P256Pair {
    Secret private_key;
    Bytes public_key;
};
P256Pair p256_generate();
Result<Bytes> p256_public_of(View private_key);
Result<Secret> p256_shared(View private_key, View peer_public_key);  // the x coordinate

// Ed25519: 32-byte seed, 32-byte public key, 64-byte signature.
struct Ed25519Pair {
    Secret seed;
    Bytes public_key;
};
Ed25519Pair ed25519_generate();
Result<Bytes> ed25519_public_of(View seed);
Result<Bytes> ed25519_sign(View seed, View message);
bool ed25519_verify(View public_key, View message, View signature);

}  // namespace anteroom::crypto
