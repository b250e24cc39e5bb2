// The algorithm is the one that the signature names: libssh offered the target only what the policy pins.
#include "broker/identity/host_proof.h"

#include "broker/identity/ssh_key.h"
#include "broker/identity/ssh_wire.h"

namespace anteroom::identity {

namespace {

// Exchanges that hash with SHA-1 (20 bytes) are not offered, and not believed.
bool is_exchange_hash(View hash) { return hash.size() == 32 || hash.size() == 48 || hash.size() == 64; }

}  // namespace

Status verify_host_proof(const HostProof& proof) {
    if (!is_exchange_hash(proof.exchange_hash)) return fail(ErrorKind::refused, "the target's proof has no exchange hash");
    const auto key = TRY(PublicKey::parse_blob(proof.host_key));
    if (key.security_key()) return fail(ErrorKind::refused, "a security key is no host key");
    SshReader reader(proof.signature);
    const auto algorithm = TRY(reader.text(64));
    TRY(verify(key, algorithm, proof.exchange_hash, proof.signature));
    return ok();
}

}  // namespace anteroom::identity
