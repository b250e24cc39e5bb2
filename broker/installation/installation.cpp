// Opening and creating an installation, and the two things every part of the broker asks it for: facts and codes.
#include "broker/installation/installation.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/log.h"
#include "broker/identity/typed_code.h"
#include "policy/parser.h"

namespace anteroom::installation {

namespace {

constexpr const char* first_policy =
    R"(# Who may reach what, and how. Nothing is allowed that does not stand here; `anteroom policy check` reads it, `anteroom policy apply` puts it in force.
version: 1
# Only who enrolled their own codes may approve or review; `off` where an administrator's setting up is trusted for that, too.
mfa: { self_enrolled: required }
)";
constexpr const char* chain_setting = "audit.chain";

Status make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno(path.c_str());
    return ok();
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string store_address(const Config& config, const Paths& paths) { return config.store.empty() ? "sqlite:" + paths.database() : config.store; }

Result<Config> read_config(const Paths& paths) {
    auto text = read_file(paths.config());
    if (!text && text.error().kind == ErrorKind::not_found)
        return fail(ErrorKind::not_found, paths.config() + " is not there; `anteroom init --dir " + paths.dir + "` makes an installation");
    if (!text) return fail(text.error());
    return parse_config(to_string(*text), paths.config());
}

// Nobody can connect to "all addresses": clients are told this machine's name then.
void name_what_clients_reach(Rdp& rdp) {
    const auto colon = rdp.listen.rfind(':');
    if (!rdp.on() || !rdp.address.empty() || colon == std::string::npos) return;
    const auto host = rdp.listen.substr(0, colon);
    std::array<char, 256> name{};
    if ((host == "0.0.0.0" || host == "[::]" || host == "*") && ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0')
        rdp.address = name.data() + rdp.listen.substr(colon);
}

Result<vault::KeyRing> load_ring(const Paths& paths, const Config& config) {
    if (config.passphrase_file.empty()) return vault::KeyRing::load(paths.dir, nullptr);
    auto bytes = TRY(read_file(config.passphrase_file, 4096));
    while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) bytes.pop_back();
    const Secret passphrase(std::move(bytes));
    return vault::KeyRing::load(paths.dir, &passphrase);
}

// One chain a broker, named once and for ever (ARCHITECTURE section 6).
Result<std::string> chain_of(store::Database& database) {
    store::Settings settings(database);
    if (auto known = TRY(settings.get(chain_setting))) return *known;
    std::string chain = "chain-" + random_id();
    TRY(settings.set(chain_setting, chain));
    return chain;
}

class Ledger final : public identity::StepLedger {
public:
    Ledger(store::Totp& totp, Time now) : totp_(totp), now_(now) {}
    bool consume(const PersonId& person, std::int64_t step) override {
        const auto newest = totp_.newest_step(person);
        if (!newest || (*newest && **newest >= step)) return false;
        const auto used = totp_.use_step(person, step, now_);
        return used && *used;  // a database that fails consumes nothing and opens nothing
    }

private:
    store::Totp& totp_;
    Time now_;
};

}  // namespace

Result<Installation::New> Installation::create(const std::string& dir, const Clock& clock) {
    const Paths paths{dir};
    if (exists(paths.config())) return fail(ErrorKind::conflict, paths.config() + " is there already; nothing was changed");
    for (const auto& folder : {dir, paths.dir + "/keys", paths.run(), dir + "/recordings"}) TRY(make_directory(folder));
    auto made = TRY(vault::KeyRing::create(dir, nullptr));
    TRY(HostKeys::create(paths.host_keys(), paths.host_keys_public(), made.ring));
    if (!exists(paths.policy())) TRY(replace_file(paths.policy(), view(first_policy), 0644));
    TRY(replace_file(paths.config(), view(example_config()), 0644));  // last: it is what makes this an installation
    auto opened = TRY(open(dir, clock));
    const auto text = TRY(read_file(paths.policy()));
    TRY(opened->apply_policy(to_string(text), paths.policy(), "init"));
    return New{std::move(made.escrow_text), opened->host_keys.fingerprint(), opened->rdp_identity ? opened->rdp_identity->facts().sha256 : "",
               opened->web_identity ? opened->web_identity->facts().sha256 : ""};
}

Result<std::unique_ptr<Installation>> Installation::open(const std::string& dir, const Clock& clock) {
    const Paths paths{dir};
    auto config = TRY(read_config(paths));
    name_what_clients_reach(config.rdp);
    auto ring = TRY(load_ring(paths, config));
    auto host_keys = TRY(HostKeys::load(paths.host_keys(), ring));
    auto database = TRY(store::Database::open(store_address(config, paths), clock));
    const auto chain = TRY(chain_of(database));
    auto opened = std::unique_ptr<Installation>(new Installation(paths, std::move(config), clock, std::move(ring), std::move(host_keys), std::move(database)));
    if (opened->config.rdp.on()) opened->rdp_identity.emplace(TRY(installation::rdp_identity(opened->config.rdp, paths, opened->ring, clock.now())));
    if (opened->config.web.on()) opened->web_identity.emplace(TRY(installation::web_identity(opened->config.web, paths, opened->ring, clock.now())));
    if (opened->config.rdp.sign.given()) opened->rdp_signer.emplace(TRY(identity_from_files(opened->config.rdp.sign, paths, "rdp.sign")));
    auto log = TRY(audit::Log::open(opened->database, clock, Secret::copy_of(opened->ring.audit_signing_seed()), chain));
    opened->log.emplace(std::move(log));
    TRY(make_directory(opened->recordings_dir()));
    TRY(opened->load_policy());
    return opened;
}

Status Installation::load_policy() {
    const auto latest = TRY(policy_versions.latest());
    if (!latest) return ok();  // an installation that is just being made
    auto document = TRY(policy::parse(latest->text, "policy version " + std::to_string(latest->version)));
    policy = {std::move(document), latest->version};
    return ok();
}

Result<std::int64_t> Installation::apply_policy(std::string_view text, std::string_view file, const std::string& applied_by) {
    auto document = TRY(policy::parse(text, file));
    std::int64_t version = 0;
    TRY(database.transaction([&]() -> Status {
        version = TRY(policy_versions.insert(text, clock.now(), applied_by));
        TRY(log->append({audit::Kind::policy_applied,
                         "",
                         "",
                         "",
                         {{"version", std::to_string(version)}, {"by", applied_by}, {"sha256", hex(crypto::sha256(view(text)))}}}));
        return ok();
    }));
    policy = {std::move(document), version};
    return version;
}

Result<policy::Facts> Installation::facts_of(const PersonId& person, const std::string& source_ip) {
    const auto found = TRY(people.find(person));
    if (!found) return fail(ErrorKind::not_found, "no such person");
    policy::Facts facts{person, found->groups, std::nullopt, found->disabled, found->expires, source_ip};
    if (!found->vendor.empty()) facts.vendor = VendorId(found->vendor);
    return facts;
}

identity::CodeVerdict Installation::check_code(const PersonId& person, const Secret& code) {
    const auto now = clock.now();
    if (use_recovery_code(person, code)) return {.kind = identity::CodeVerdict::Kind::accepted, .recovery = true};
    const auto enrolment = totp.find(person);
    if (!enrolment || !*enrolment) return identity::check_dummy_code(code.expose_text(), now);
    const auto secret = ring.open(vault::purpose::totp, person.str(), (*enrolment)->sealed_secret);
    if (!secret) return identity::check_dummy_code(code.expose_text(), now);
    return check_new_code(person, *secret, code);
}

identity::CodeVerdict Installation::check_new_code(const PersonId& person, const Secret& totp_secret, const Secret& code) {
    Ledger ledger(totp, clock.now());
    return identity::check_code(person, totp_secret, code.expose_text(), clock.now(), ledger);
}

bool Installation::use_recovery_code(const PersonId& person, const Secret& code) {
    const auto hash = identity::hash_of_typed(identity::TypedCode::recovery, person, code.expose_text());
    if (!hash) return false;
    bool used = false;
    auto kept = database.transaction([&]() -> Status {
        if (!TRY(recovery_codes.use(person, *hash, clock.now()))) return ok();
        const auto left = TRY(recovery_codes.left(person));
        TRY(log->append({audit::Kind::recovery_used, person.str(), "", "", {{"left", std::to_string(left)}}}));
        if (on_recovery_code) TRY(on_recovery_code(person, left));
        used = true;
        return ok();
    });
    if (!kept) log::error("recovery-code", {{"person", person.str()}, {"error", kept.error().detail}});
    return kept && used;
}

bool Installation::check_invitation(const PersonId& person, const Secret& code) {
    // What is no such code at all is no attempt at it: somebody who guesses passwords must not use up an invitation.
    const auto hash = identity::hash_of_typed(identity::TypedCode::invitation, person, code.expose_text());
    if (!hash) return false;
    const auto counted = invitations.count_attempt(person, clock.now());
    if (!counted || !*counted) return false;
    const auto open = invitations.find(person);
    if (!open || !*open || !identity::same_hash((*open)->code_hash, *hash)) return false;
    return invitations.forgive_attempt(person, *hash).has_value();
}

Status Installation::renew_mark(const PersonId& person) {
    const auto found = TRY(people.find(person));
    if (!found) return fail(ErrorKind::not_found, "there is no person named " + person.str());
    const auto own = store::issued_by(person);
    bool others = found->password_hash && found->password_set_by != own;
    if (const auto codes = TRY(totp.find(person))) others = others || codes->enrolled_by != own;
    for (const auto& key : TRY(person_keys.of(person))) others = others || key.added_by != own;
    for (const auto& passkey : TRY(passkeys.of(person))) others = others || passkey.issued_by != own;
    return people.set_mark(person, others, found->mark);
}

}  // namespace anteroom::installation
