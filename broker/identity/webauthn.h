// Passkeys (W3C WebAuthn level 2) as the relying party sees them. libfido2 judges authenticator data and signatures; challenge,
// origin, type and the RP ID's hash of the client data are compared here. User presence and user verification are always required.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace anteroom::identity {

// What the browser gives back when a passkey is made (section 5.2.1). Attestation is not asked for ("none").
struct Attestation {
    Bytes client_data;         // JSON, as it was hashed
    Bytes attestation_object;  // CBOR, at most 8 KiB
};
struct NewPasskey {
    Bytes credential_id;         // 16 to 1023 bytes
    Bytes public_key;            // as libfido2 takes it. ES256: x and y; EdDSA: its 32 bytes; RS256: modulus (2048 bits) and exponent
    std::int64_t algorithm = 0;  // COSE: -7, -8, -257
    std::uint32_t sign_count = 0;
    Bytes aaguid;
    bool backed_up = false;
};
// What it gives back when one is used (section 5.2.2).
struct Assertion {
    Bytes credential_id;
    Bytes client_data;
    Bytes authenticator_data;
    Bytes signature;
    Bytes user_handle;  // empty where the browser gives none
};
struct Expected {
    Bytes challenge;
    std::string origin;         // "https://console.example:8443"
    std::string relying_party;  // "console.example"
};

// Errors are kind `refused` with what was wrong, for the audit log; never for the person.
Result<NewPasskey> verify_attestation(const Attestation& made, const Expected& expected);
// `stored_count`: the counter at its last use; a counter that does not grow (where both are not 0) is refused as a copy.
Result<std::uint32_t> verify_assertion(const Assertion& assertion, const Expected& expected, const Bytes& public_key, std::int64_t algorithm,
                                       std::uint32_t stored_count);

// Whether authenticator data says that the passkey has been copied beyond one device (its flag BS).
bool backed_up(const Bytes& authenticator_data);

}  // namespace anteroom::identity
