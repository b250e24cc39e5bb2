// What the broker proves itself with at targets. Secrets come in and are sealed; no command gives one back.
#include <boost/json.hpp>

#include <algorithm>

#include "broker/admin/commands.h"
#include "broker/identity/private_key.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t max_password = 1024;

struct Place {
    TargetId target;
    AccountId account;
    policy::SecretSource source;
    policy::Protocol protocol;
    std::string text() const { return target.str() + "/" + account.str(); }
};

std::string list_of(const auto& map) {
    std::string out;
    for (const auto& [id, value] : map) out += (out.empty() ? "" : ", ") + id.str();
    return out.empty() ? "none" : out;
}

// An account that the policy in force knows: a secret for anything else could never be used.
Result<Place> place_of(Call& call) {
    const std::string& text = call.argument("account");
    const auto slash = text.find('/');
    if (slash == std::string::npos) return fail(ErrorKind::invalid, quoted(text) + " is not TARGET/ACCOUNT");
    const auto target = TargetId::parse(text.substr(0, slash));
    const auto account = AccountId::parse(text.substr(slash + 1));
    if (!target || !account) return fail(ErrorKind::invalid, quoted(text) + " is not TARGET/ACCOUNT");
    const auto& targets = call.here.policy.document.targets;
    const auto found = targets.find(*target);
    if (found == targets.end()) return fail(ErrorKind::not_found, "the policy in force has no target " + target->str() + "; its targets: " + list_of(targets));
    const auto terms = found->second.accounts.find(*account);
    if (terms == found->second.accounts.end())
        return fail(ErrorKind::not_found,
                    target->str() + " has no account " + account->str() + " in the policy in force; its accounts: " + list_of(found->second.accounts));
    return Place{*target, *account, terms->second.secret, found->second.protocol};
}

Result<store::TargetSecret> sealed_password(Call& call, const Place& place) {
    if (call.asked.secret.size() > max_password) return fail(ErrorKind::invalid, "the password is longer than 1024 bytes");
    auto sealed = TRY(call.here.ring.seal(vault::purpose::target_password, place.text(), call.asked.secret));
    return store::TargetSecret{place.target, place.account, "password", std::move(sealed), std::nullopt, call.now()};
}

Result<store::TargetSecret> sealed_key(Call& call, const Place& place, const identity::PrivateKey& key) {
    const Secret secret = TRY(key.to_secret());
    auto sealed = TRY(call.here.ring.seal(vault::purpose::target_key, place.text(), secret));
    return store::TargetSecret{place.target, place.account, "key", std::move(sealed), key.public_blob(), call.now()};
}

std::string fingerprint_of(const store::TargetSecret& secret) {
    if (!secret.public_blob) return {};
    const auto key = identity::PublicKey::parse_blob(*secret.public_blob);
    return key ? key->fingerprint() : "(not a key this version knows)";
}

json::object row_of(const store::TargetSecret& secret) {
    return {{"target", secret.target.str()},
            {"account", secret.account.str()},
            {"kind", secret.kind},
            {"fingerprint", fingerprint_of(secret)},
            {"updated", rfc3339(secret.updated)}};
}

}  // namespace

Outcome secret_put(Call& call) {
    const auto place = TRY(place_of(call));
    const std::string& kind = call.argument("kind");
    if (kind != "password" && kind != "key") return fail(ErrorKind::invalid, "a secret is a password or a key");
    if (call.asked.secret.empty()) return fail(ErrorKind::invalid, "no secret was given: it comes by --password-stdin or --key FILE");
    if (kind == "key" && place.protocol == policy::Protocol::rdp)
        return fail(ErrorKind::invalid, place.text() + " is signed in to by RDP, which takes a password, not an SSH key: use --password-stdin");
    store::TargetSecret secret;
    std::string public_line;
    if (kind == "key") {
        const auto key = TRY(identity::PrivateKey::parse(call.asked.secret));
        public_line = key.public_key().openssh_line();
        secret = TRY(sealed_key(call, place, key));
    } else {
        secret = TRY(sealed_password(call, place));
    }
    auto record = call.record(audit::Kind::secret_put, {{"account", place.account.str()}, {"kind", kind}});
    record.target = place.target.str();
    if (const auto fingerprint = fingerprint_of(secret); !fingerprint.empty()) record.fields["fingerprint"] = fingerprint;
    TRY(call.with_record(record, [&] { return call.here.target_secrets.put(secret); }));
    auto row = row_of(secret);
    if (!public_line.empty()) row["public_key"] = public_line;
    TRY(call.rows.add(std::move(row)));
    std::string sentence = "the " + kind + " of " + place.text() + " is sealed";
    if (place.source != policy::SecretSource::stored) sentence += "; the policy in force does not use it (`secret: stored` would)";
    return done(call, sentence);
}

Outcome secret_list(Call& call) {
    const auto secrets = TRY(call.here.target_secrets.list());
    for (const auto& secret : secrets) TRY(call.rows.add(row_of(secret)));
    for (const auto& [id, target] : call.here.policy.document.targets)
        for (const auto& [account, terms] : target.accounts) {
            const auto is_it = [&](const store::TargetSecret& secret) { return secret.target == id && secret.account == account; };
            if (terms.secret != policy::SecretSource::stored || std::any_of(secrets.begin(), secrets.end(), is_it)) continue;
            TRY(call.rows.add({{"target", id.str()}, {"account", account.str()}, {"kind", "missing"}, {"fingerprint", ""}, {"updated", nullptr}}));
        }
    return done(call);
}

}  // namespace anteroom::admin
