// The keys of one recording: a random data key, wrapped to each recipient; what is derived from it; the commitment that
// makes a header and a data key belong together. Only holders of a recipient's private key get the data key back.
#pragma once

#include <boost/describe.hpp>

#include "recorder/hpke.h"

namespace anteroom::recorder {

// What the worker gets, and all that sealing and opening pieces needs. Has a wire form (base/wire.h).
struct SessionKeys {
    Secret key;  // 32 bytes, AES-256-GCM
    Nonce base_nonce{};
    Digest header_hash{};
    std::uint64_t header_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(SessionKeys, (), (key, base_nonce, header_hash, header_bytes))

using Entropy = std::function<void(std::span<std::uint8_t>)>;
inline Entropy kernel_entropy() {
    return [](std::span<std::uint8_t> out) { crypto::random(out); };
}

Digest recipient_of(View public_key);  // SHA-256
// A slot for one more recipient (65-byte public key): at creation, or at a rotation.
Result<KeySlot> wrap(const Header& header, View data_key, View recipient_public_key, const Entropy& entropy);
Digest commitment_of(const Header& header, View data_key);

Result<Secret> open_for_key(const Header& header, View recipient_private_key);
Result<Secret> open_for_key(const Header& header, View recipient_public_key, const hpke::Agree& agree);  // the key is in an HSM
// Refuses a data key that the header does not commit to.
Result<SessionKeys> session_keys(const Header& header, View data_key);

}  // namespace anteroom::recorder
