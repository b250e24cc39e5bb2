// What an installation can be recognised by (public halves only), and what the broker sees of its own health.
#include "recorder/keys.h"

#include <boost/json.hpp>
#include <sys/statvfs.h>

#include <sstream>

#include "broker/admin/commands.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr unsigned least_free_percent = 10;

Status add_check(Call& call, const char* check, const char* state, std::string what, std::string mend = {}) {
    return call.rows.add({{"check", check}, {"state", state}, {"what", std::move(what)}, {"mend", std::move(mend)}});
}

Status check_space(Call& call) {
    const auto folder = call.here.recordings_dir();
    struct statvfs found{};
    if (::statvfs(folder.c_str(), &found) != 0 || found.f_blocks == 0)
        return add_check(call, "recordings", "fail", folder + " cannot be looked at", "make the folder, writable for the broker's user");
    const auto percent = static_cast<unsigned>(found.f_bavail * 100 / found.f_blocks);
    const auto what = std::to_string(percent) + " % free at " + folder;
    if (percent < least_free_percent) return add_check(call, "recordings", "fail", what, "free some space: below 10 % new sessions are refused");
    return add_check(call, "recordings", "ok", what);
}

Status check_secrets(Call& call) {
    int missing = 0;
    for (const auto& [id, target] : call.here.policy.document.targets)
        for (const auto& [account, terms] : target.accounts)
            if (terms.secret == policy::SecretSource::stored && !TRY(call.here.target_secrets.find(id, account))) ++missing;
    if (missing == 0) return add_check(call, "secrets", "ok", "every account with `secret: stored` has one");
    return add_check(call, "secrets", "warn", std::to_string(missing) + " accounts have no secret yet",
                     "anteroom secret list shows them; anteroom secret put TARGET/ACCOUNT mends it");
}

// The certificate itself, in one line.
std::string base64_of_first(const std::string& pem) {
    std::string out;
    std::istringstream lines(pem);
    for (std::string line; std::getline(lines, line) && !line.starts_with("-----END");)
        if (!line.starts_with("-----")) out += line;
    return out;
}

}  // namespace

Outcome key_list(Call& call) {
    const auto& ring = call.here.ring;
    for (const auto& line : call.here.host_keys.public_lines()) {
        const auto key = TRY(identity::PublicKey::parse_openssh_line(line));
        TRY(call.rows.add({{"use", "host key"}, {"algorithm", key.algorithm()}, {"id", key.fingerprint()}, {"public_key", line}}));
    }
    const auto add = [&](const char* use, const char* algorithm, std::string id, const Bytes& key) {
        return call.rows.add({{"use", use}, {"algorithm", algorithm}, {"id", std::move(id)}, {"public_key", base64(key)}});
    };
    if (const auto& rdp = call.here.rdp_identity)
        TRY(call.rows.add(
            {{"use", "rdp certificate"}, {"algorithm", "x509-sha256"}, {"id", rdp->facts().sha256}, {"public_key", base64_of_first(rdp->certificates())}}));
    TRY(add("recording identity", "p256", hex(recorder::recipient_of(ring.recording_identity_public())), ring.recording_identity_public()));
    TRY(add("recording escrow", "p256", hex(recorder::recipient_of(ring.escrow_public())), ring.escrow_public()));
    TRY(add("recording signer", "ed25519", hex(crypto::sha256(ring.recording_signing_public())), ring.recording_signing_public()));
    TRY(add("audit signer", "ed25519", audit::key_id_of(ring.audit_public()), ring.audit_public()));
    return done(call);
}

Outcome doctor(Call& call) {
    TRY(add_check(call, "broker", "ok", "running, " + std::to_string(call.live.sessions().size()) + " live sessions"));
    const auto people = TRY(call.here.people.list());
    TRY(add_check(call, "database", "ok", std::to_string(people.size()) + " people"));
    TRY(add_check(call, "policy in force", "ok", "version " + std::to_string(call.here.policy.version)));
    TRY(check_secrets(call));
    if (call.here.rdp_identity) {
        const auto check = installation::check_rdp_identity(*call.here.rdp_identity, call.here.config.rdp, call.here.paths, call.now());
        TRY(add_check(call, "rdp certificate", check.state, check.what, check.mend));
    }
    TRY(check_space(call));
    TRY(check_alerts(call, [&](const char* check, const char* state, std::string what, std::string mend) {
        return add_check(call, check, state, std::move(what), std::move(mend));
    }));
    return done(call);
}

}  // namespace anteroom::admin
