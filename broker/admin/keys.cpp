// What an installation can be recognised by (public halves only), and what the broker sees of its own health.
#include "recorder/keys.h"

#include <boost/json.hpp>
#include <sys/statvfs.h>

#include <sstream>

#include "broker/admin/commands.h"
#include "broker/installation/keystroke_recipient.h"
#include "recorder/keystrokes.h"

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

Status check_keystrokes(Call& call) {
    const auto& rules = call.here.policy.document.rules;
    const auto sealed = std::find_if(rules.begin(), rules.end(), [](const auto& rule) { return rule.keystrokes_sealed; });
    if (sealed == rules.end()) return ok();
    if (const auto recipient = TRY(installation::keystroke_recipient(call.here.settings)))
        return add_check(call, "keystrokes", "ok", "sealed to " + recorder::keystroke_recipient_name(*recipient));
    return add_check(call, "keystrokes", "fail", "rule " + sealed->id + " has keystrokes sealed, and there is no key: its sessions are refused",
                     "anteroom key keystrokes --out FILE makes one; whoever may read keystrokes keeps the file offline");
}

// A passkey does not say which host it was made for: what a change would cost is said while there is still something to lose.
Status check_passkeys(Call& call, const std::vector<store::Person>& people) {
    std::int64_t count = 0;
    for (const auto& person : people) count += TRY(call.here.passkeys.count(person.name));
    if (count == 0 || !call.here.web_identity) return ok();
    return add_check(call, "passkeys", "ok",
                     std::to_string(count) + " passkeys, good at the host they were made at; the console's is " + call.here.config.web.relying_party() +
                         ", and under another name (console.origin) they would open nothing");
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
    if (const auto& web = call.here.web_identity)
        TRY(call.rows.add(
            {{"use", "console certificate"}, {"algorithm", "x509-sha256"}, {"id", web->facts().sha256}, {"public_key", base64_of_first(web->certificates())}}));
    TRY(add("recording identity", "p256", hex(recorder::recipient_of(ring.recording_identity_public())), ring.recording_identity_public()));
    TRY(add("recording escrow", "p256", hex(recorder::recipient_of(ring.escrow_public())), ring.escrow_public()));
    if (const auto recipient = TRY(installation::keystroke_recipient(call.here.settings)))
        TRY(add("keystrokes", "p256", recorder::keystroke_recipient_name(*recipient), *recipient));
    TRY(add("recording signer", "ed25519", hex(crypto::sha256(ring.recording_signing_public())), ring.recording_signing_public()));
    TRY(add("audit signer", "ed25519", hex(crypto::sha256(ring.audit_public())), ring.audit_public()));
    return done(call);
}

// The public half only; who holds the other is their own matter.
Outcome key_keystrokes(Call& call) {
    const auto key = from_base64(call.argument("public_key"));
    if (!key) return fail(ErrorKind::invalid, "the public key is not base64");
    const auto before = TRY(installation::keystroke_recipient(call.here.settings));
    if (before && !call.given("replace"))
        return fail(ErrorKind::conflict, "keystrokes are sealed to " + recorder::keystroke_recipient_name(*before) +
                                             " already; --replace seals those of new sessions to another key (what is sealed stays as it is)");
    const auto name = recorder::keystroke_recipient_name(*key);
    audit::Fields fields{{"use", "keystrokes"}, {"fingerprint", name}};
    if (before) fields["instead_of"] = recorder::keystroke_recipient_name(*before);
    TRY(call.with_record(call.record(audit::Kind::key_added, std::move(fields)),
                         [&] { return installation::set_keystroke_recipient(call.here.settings, *key); }));
    return done(call, "where policy says so, keystrokes of new sessions are sealed to " + name, {{"id", name}});
}

Outcome doctor(Call& call) {
    TRY(add_check(call, "broker", "ok", "running, " + std::to_string(call.live.sessions().size()) + " live sessions"));
    const auto people = TRY(call.here.people.list());
    TRY(add_check(call, "database", "ok", std::to_string(people.size()) + " people"));
    TRY(add_check(call, "policy in force", "ok", "version " + std::to_string(call.here.policy.version)));
    TRY(check_passkeys(call, people));
    TRY(check_secrets(call));
    TRY(check_keystrokes(call));
    if (call.here.rdp_identity) {
        const auto check = installation::check_rdp_identity(*call.here.rdp_identity, call.here.config.rdp, call.here.paths, call.now());
        TRY(add_check(call, "rdp certificate", check.state, check.what, check.mend));
    }
    if (call.here.web_identity) {
        const auto check = installation::check_web_identity(*call.here.web_identity, call.here.config.web, call.here.paths, call.now());
        TRY(add_check(call, "console certificate", check.state, check.what, check.mend));
    }
    TRY(check_space(call));
    TRY(check_alerts(call, [&](const char* check, const char* state, std::string what, std::string mend) {
        return add_check(call, check, state, std::move(what), std::move(mend));
    }));
    return done(call);
}

}  // namespace anteroom::admin
