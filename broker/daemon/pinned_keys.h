// The host keys that policy pins for a target, as the two sides of a session's beginning need them: what the target is offered, and what it
// has to show.
#pragma once

#include "base/bytes.h"
#include "policy/evaluate.h"

namespace anteroom::daemon {

struct Pinned {
    std::string algorithm;
    Bytes blob;
};
// "ssh-ed25519 AAAA...", "x509-sha256 ...": what cannot be read pins nothing.
std::vector<Pinned> pinned_keys(const policy::AuthorizedTarget& target);
// For the key exchange: RSA keys sign with SHA-2 only.
std::vector<std::string> algorithms_of(const std::vector<Pinned>& keys);

}  // namespace anteroom::daemon
