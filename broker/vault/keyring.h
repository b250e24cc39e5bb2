// The broker's keys, in one file that only the broker can read, and what is sealed under them. A sealed value opens only
// for the purpose and the id it was sealed for: copied to another row it is refused. The escrow key's private half is
// never in the ring.
#pragma once

#include <string>

#include "base/crypto.h"

namespace anteroom::vault {

// What values are sealed for; each has a key of its own. Further purposes need no change here.
namespace purpose {
inline constexpr std::string_view totp = "totp";                        // id: person
inline constexpr std::string_view target_password = "target-password";  // id: target/account
inline constexpr std::string_view target_key = "target-key";            // id: target/account
inline constexpr std::string_view host_key = "host-key";                // id: algorithm
}  // namespace purpose

struct NewKeyRing;

class KeyRing {
public:
    // `directory` is the installation's; the ring is directory/keys/keyring. With a passphrase (null: none) the file is sealed
    // under it. `conflict`: there is one already. The escrow text is for the administrator to keep offline, and is nowhere else.
    static Result<NewKeyRing> create(const std::string& directory, const Secret* passphrase);
    // `refused`: others can read the file, it belongs to somebody else, or the passphrase is missing or wrong. `damaged`: what it says.
    // Each message names the file and how to mend it.
    static Result<KeyRing> load(const std::string& directory, const Secret* passphrase);
    // Writes the same keys anew under another passphrase, or none.
    Status store_under(const std::string& directory, const Secret* passphrase) const;

    View audit_signing_seed() const { return audit_signing_.expose(); }          // Ed25519
    View recording_signing_seed() const { return recording_signing_.expose(); }  // Ed25519, another one
    View recording_identity() const { return recording_identity_.expose(); }     // P-256 private
    const Bytes& audit_public() const { return audit_public_; }
    const Bytes& recording_signing_public() const { return recording_signing_public_; }
    const Bytes& recording_identity_public() const { return recording_identity_public_; }
    const Bytes& escrow_public() const { return escrow_public_; }

    // "v1." and base64 of nonce, ciphertext and tag; fit for a text column. The length of the secret shows.
    Result<std::string> seal(std::string_view purpose, std::string_view id, const Secret& secret) const;
    // `refused`: sealed for another purpose or id, under other keys, or changed. `invalid`: not a sealed value at all.
    Result<Secret> open(std::string_view purpose, std::string_view id, std::string_view sealed) const;

private:
    KeyRing() = default;
    static Result<KeyRing> from_keys(View keys);
    Secret keys() const;
    Result<Secret> file_text(const Secret* passphrase) const;

    Secret audit_signing_, recording_signing_, recording_identity_, vault_;
    Bytes audit_public_, recording_signing_public_, recording_identity_public_, escrow_public_;
};

struct NewKeyRing {
    KeyRing ring;
    Secret escrow_text;
};

// The private key in an escrow text, for the day the ring is lost.
Result<crypto::P256Pair> parse_escrow(const Secret& text);

}  // namespace anteroom::vault
