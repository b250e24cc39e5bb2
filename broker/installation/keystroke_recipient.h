// The key that keystrokes are sealed to, where policy says that they are: a P-256 pair of which the installation knows the public half only.
// The private half is a file that whoever may read keystrokes (a privacy officer) keeps offline.
#pragma once

#include "base/crypto.h"
#include "broker/store/settings.h"

namespace anteroom::installation {

// The public key, 65 bytes; nullopt: none was made yet.
Result<std::optional<Bytes>> keystroke_recipient(store::Settings& settings);
// `invalid`: no P-256 public key.
Status set_keystroke_recipient(store::Settings& settings, View public_key);

// The file of the private half, and reading it. `damaged`: something else.
Secret keystroke_key_text(const crypto::P256Pair& pair);
Result<crypto::P256Pair> parse_keystroke_key(const Secret& text);

}  // namespace anteroom::installation
