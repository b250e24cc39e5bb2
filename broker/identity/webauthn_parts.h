// Inside broker/identity: the two texts of WebAuthn that libfido2 does not read for us, the client data (JSON) and the attestation
// object's outer map (CBOR). Pure. Errors are kind `refused` with what was wrong.
#pragma once

#include "broker/identity/webauthn.h"

namespace anteroom::identity::webauthn {

inline constexpr std::size_t largest_client_data = 2048, largest_attestation = 8192, largest_authenticator_data = 1024, largest_signature = 512;
inline constexpr std::size_t smallest_credential_id = 16, largest_credential_id = 1023;

// Authenticator data, section 6.1.
inline constexpr std::size_t flags_at = 32, authenticator_data_head = 37;
enum Flag : std::uint8_t { user_present = 0x01, user_verified = 0x04, backup_eligible = 0x08, backed_up = 0x10, attested = 0x40, extended = 0x80 };

// Section 5.8.1: the type ("webauthn.get"), challenge and origin that were expected, not embedded in another origin's page.
Status check_client_data(View client_data, std::string_view type, const Expected& expected);
// What every authenticator data must say: the relying party's hash, a person present and verified. `making`: with a credential in it,
// else without. Its CBOR is whole and of definite lengths: libfido2 would believe a count of thousand millions, and take the memory.
Status check_authenticator_data(View data, const Expected& expected, bool making);

// Section 6.5.4.
struct AttestationObject {
    std::string format;
    View statement;           // CBOR; into what was parsed
    View authenticator_data;  // likewise
};
Result<AttestationObject> parse_attestation_object(View cbor);

}  // namespace anteroom::identity::webauthn
