// Signatures by the algorithms of COSE that passkeys use (RFC 8152, RFC 8812). OpenSSL stays inside.
#pragma once

#include "base/bytes.h"

namespace anteroom::crypto {

// ES256 (-7): the point's x and y, the signature in DER. EdDSA (-8): an Ed25519 key's 32 bytes. RS256 (-257): modulus (256 bytes) and exponent.
// `crypto`: it is no key of that algorithm, or not its signature.
Status cose_verify(std::int64_t algorithm, View public_key, View message, View signature);

}  // namespace anteroom::crypto
