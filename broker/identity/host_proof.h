// What a target's host key signed in the key exchange (RFC 4253 section 8), verified by the broker: a worker's claim to
// have seen a pinned key is worth nothing without it. It proves that the key's owner took part in an exchange with that
// hash; the hash is the session id from then on, so what is signed for that session is of use to that owner alone.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace anteroom::identity {

struct HostProof {
    View host_key;       // the public blob
    View exchange_hash;  // of the session's first key exchange, by SHA-256, -384 or -512
    View signature;      // the signature blob; RSA only with SHA-2
};
// `refused` when it is not of the shape of a proof, `crypto` when the signature is wrong, `invalid` when something cannot be read.
Status verify_host_proof(const HostProof& proof);

}  // namespace anteroom::identity
