// HPKE base mode (RFC 9180), one suite: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, single shot.
// The private key may be in an HSM: only the P-256 agreement is asked of it.
#pragma once

#include <functional>

#include "recorder/format.h"

namespace anteroom::recorder::hpke {

using Point = std::array<std::uint8_t, 65>;
using Agree = std::function<Result<Secret>(View peer_public_key)>;  // the x coordinate of the shared point

inline constexpr std::uint16_t aes_128_gcm = 1, aes_256_gcm = 2;  // AES-128 only so that RFC 9180 A.3.1 can be reproduced

struct Encapsulation {
    Secret shared;
    Point enc{};
};
Result<Encapsulation> encapsulate(View recipient_public_key, View ephemeral_private_key);
Result<Secret> decapsulate(View enc, View recipient_public_key, const Agree& agree);

struct Schedule {
    Secret key;
    Nonce base_nonce{};
};
Schedule key_schedule(View shared_secret, View info, std::uint16_t aead, std::size_t key_size);

struct Sealed {
    Point enc{};
    Bytes ciphertext;
};
Result<Sealed> seal(View recipient_public_key, View ephemeral_private_key, View info, View aad, View plain);
Result<Secret> open(View enc, View recipient_public_key, const Agree& agree, View info, View aad, View ciphertext);

}  // namespace anteroom::recorder::hpke
