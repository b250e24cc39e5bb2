// What a target has to show before a credential is used, and what it then gets.
#include <algorithm>

#include "broker/daemon/pinned_keys.h"
#include "broker/daemon/worker_peer.h"
#include "broker/identity/host_proof.h"
#include "broker/identity/tls_identity.h"

namespace anteroom::daemon {

namespace {

// What the target showed, in the terms of a pin; `text` for the log.
struct Seen {
    std::string algorithm;
    Bytes blob;
    std::string text;
};
Seen seen_as(const control::TargetIdentity& identity, bool rdp) {
    if (rdp) {
        const auto digest = identity.algorithm == "x509" ? identity::certificate_digest(identity.host_key) : Result<Bytes>(fail(ErrorKind::invalid, ""));
        if (!digest) return {"", {}, "unreadable"};
        return {"x509-sha256", *digest, "x509-sha256 " + base64(*digest)};
    }
    const auto key = identity::PublicKey::parse_blob(identity.host_key);
    if (!key) return {"", {}, "unreadable"};
    return {std::string(key->algorithm()), identity.host_key, key->fingerprint()};
}

std::string secret_id(const policy::AuthorizedTarget& target) { return target.target().str() + "/" + target.account().str(); }

}  // namespace

// What the worker needs to prove itself at the target. A private key stays here, behind the agent; a password waits here
// until the target's host key is known.
Status WorkerPeer::credential(control::SessionPermit& permit) {
    if (target_->secret() != policy::SecretSource::stored) return ok();
    const auto stored = TRY(shared_.here.target_secrets.find(target_->target(), target_->account()));
    if (!stored) return fail(ErrorKind::not_found, "No credential is stored for " + target_->account().str() + " on " + target_->target().str() + ".");
    account_secret_kind_ = stored->kind;
    if (rdp() && stored->kind != "password")
        return fail(ErrorKind::not_found,
                    "The credential of " + target_->account().str() + " on " + target_->target().str() + " is an SSH key, and a desktop takes a password.");
    if (stored->kind == "password") {
        target_password_ = TRY(shared_.here.ring.open(vault::purpose::target_password, secret_id(*target_), stored->sealed));
        permit.login = control::TargetLogin::password;
        return ok();
    }
    const auto secret = TRY(shared_.here.ring.open(vault::purpose::target_key, secret_id(*target_), stored->sealed));
    target_key_ = TRY(identity::PrivateKey::from_secret(secret));
    permit.login = control::TargetLogin::agent;
    return ok();
}

// No credential is used, and none leaves the vault, before the target's key is one that the policy pins.
Status WorkerPeer::identify(const control::TargetIdentity& identity) {
    if (!target_ || std::exchange(identified_, true)) return fail(ErrorKind::refused, "a host key out of turn");
    const auto seen = seen_as(identity, rdp());
    const auto pinned = pinned_keys(*target_);
    const bool known = std::any_of(pinned.begin(), pinned.end(), [&](const Pinned& key) { return key.algorithm == seen.algorithm && key.blob == seen.blob; });
    if (!known) {
        TRY(record(audit::Kind::target_key_changed, {{"algorithm", printable(identity.algorithm, 64)}, {"seen", seen.text}}));
        if (rdp()) TRY(record(audit::Kind::alarm, {{"what", "target"}, {"problem", "another certificate than the policy pins: " + seen.text}}));
        return untrusted(std::string(rdp() ? "The certificate of " : "The host key of ") + target_->target().str() +
                         " is not the one that is pinned for it. No credential was used.");
    }
    // TLS leaves nothing that the broker could check: what the worker saw of a pinned certificate is believed.
    if (rdp()) return trusted();
    if (const auto proven = identity::verify_host_proof({identity.host_key, identity.exchange_hash, identity.signature}); !proven)
        return unproven(proven.error().detail);
    TRY(trusted());
    if (agent_) agent_->start(identity.exchange_hash);
    return ok();
}

// The password leaves the broker here, once, behind the record of it.
Status WorkerPeer::trusted() {
    if (!account_secret_kind_.empty()) TRY(record(audit::Kind::secret_used, {{"account", target_->account().str()}, {"kind", account_secret_kind_}}));
    say(control::TargetVerdict{true, std::exchange(target_password_, Secret()), ""});
    return ok();
}

Status WorkerPeer::untrusted(const std::string& sentence) {
    end_reason_ = "host-key";
    target_password_ = Secret();
    say(control::TargetVerdict{false, {}, sentence});
    return ok();
}

// A pinned key is claimed and has signed nothing: libssh in the worker would not have believed it either.
Status WorkerPeer::unproven(const std::string& why) {
    TRY(record(audit::Kind::target_key_changed, {{"seen", "claimed without proof"}, {"why", why}}));
    TRY(record(audit::Kind::alarm, {{"what", "worker"}, {"problem", "a target's host key was claimed without proof: " + why}}));
    return untrusted("The host key of " + target_->target().str() + " was not proven. No credential was used.");
}

Status WorkerPeer::target_ready(const control::TargetReady& ready) {
    if (std::exchange(readied_, true)) return fail(ErrorKind::refused, "ready twice");
    if (ready.ready) {
        link_.enter(control::live);
        return ok();
    }
    const std::string why = printable(ready.why, 32);
    if (end_reason_.empty()) end_reason_ = "target-" + why;
    TRY(record(audit::Kind::target_unreachable, {{"why", why}}));
    return ok();
}

}  // namespace anteroom::daemon
