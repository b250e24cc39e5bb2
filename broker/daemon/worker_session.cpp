// How a session begins: decision, dial, recording, session.start, permit; then the target's host key and its credential.
#include <sys/statvfs.h>

#include <algorithm>

#include "base/log.h"
#include "broker/daemon/worker_peer.h"
#include "policy/explain.h"

namespace anteroom::daemon {

namespace {

constexpr const char* no_record = "The session cannot be recorded right now, so it was not opened.";
constexpr unsigned least_free_percent = 10;

bool disk_has_room(const std::string& dir) {
    struct statvfs disk{};
    if (::statvfs(dir.c_str(), &disk) != 0 || disk.f_blocks == 0) return false;
    return disk.f_bavail * 100 / disk.f_blocks >= least_free_percent;
}

// "ssh-ed25519 AAAA..." as the policy pins it.
struct Pinned {
    std::string algorithm;
    Bytes blob;
};
std::vector<Pinned> pinned_keys(const policy::AuthorizedTarget& target) {
    std::vector<Pinned> keys;
    for (const auto& line : target.host_keys()) {
        const auto space = line.find(' ');
        auto blob = from_base64(std::string_view(line).substr(space + 1));
        if (space != std::string::npos && blob) keys.push_back({line.substr(0, space), std::move(*blob)});
    }
    return keys;
}

// What the target is offered in the key exchange: RSA keys sign with SHA-2 only.
std::vector<std::string> algorithms_of(const std::vector<Pinned>& keys) {
    std::vector<std::string> list;
    for (const auto& key : keys) {
        if (key.algorithm == "ssh-rsa") list.insert(list.end(), {"rsa-sha2-512", "rsa-sha2-256"});
        if (key.algorithm != "ssh-rsa") list.push_back(key.algorithm);
    }
    return list;
}

std::string menu_of(const std::vector<policy::Reachable>& reachable, const std::string& person) {
    if (reachable.empty()) return "There is nothing that you may reach.";
    std::string text = "You may reach:";
    for (const auto& one : reachable) {
        text += "\r\n  " + person + "+" + one.target.str() + "+" + one.account.str();
        if (!one.description.empty()) text += "  (" + printable(one.description, 80) + ")";
        text += one.verdict == policy::Decision::Verdict::permit ? "  ready" : "  " + one.sentence;
    }
    return text + "\r\nConnect with one of these as the user name.";
}

std::string secret_id(const policy::AuthorizedTarget& target) { return target.target().str() + "/" + target.account().str(); }

}  // namespace

void WorkerPeer::refuse(const std::string& sentence, bool menu) {
    target_.reset();
    if (say(control::SessionRefusal{shared_.with_help(sentence), menu})) link_.enter(control::accepted);
}

Status WorkerPeer::open_session(const control::OpenSession& request) {
    constexpr unsigned enough = 3;
    if (session_ || ++asked_ > enough) return fail(ErrorKind::refused, "asks for sessions without end");
    link_.enter(control::opening);
    client_version_ = printable(request.client_version, 128);
    if (!login_ || !login_->signed_in()) return fail(ErrorKind::refused, "a session for nobody");
    const auto facts = TRY(shared_.here.facts_of(login_->signed_in()->person(), started_.source));
    const auto ask = TRY(wanted(facts));
    if (!ask) return ok();
    const auto decision = TRY(decide(facts, *ask));
    if (decision.verdict == policy::Decision::Verdict::needs_approval) {
        refuse("Access to " + ask->target.str() + " as " + ask->account.str() + " needs approval, and requests cannot be made here yet.");
        return ok();
    }
    auto target = policy::AuthorizedTarget::from(decision, shared_.here.policy.document, *ask);
    if (!target) {
        refuse(decision.sentence);
    } else if (target->protocol() != policy::Protocol::ssh) {
        refuse(ask->target.str() + " is reached by RDP, not by SSH.");
    } else if (!disk_has_room(shared_.here.recordings_dir())) {
        (void)record(audit::Kind::alarm, {{"what", "recordings"}, {"problem", "less than 10 % of the disk is free"}});
        refuse(no_record);
    } else {
        dial(std::move(*target));
    }
    return ok();
}

// The target and account that the user name asks for; none when the person has been answered otherwise.
Result<std::optional<policy::Ask>> WorkerPeer::wanted(const policy::Facts& facts) {
    const auto& name = login_->signed_in()->name();
    const auto& document = shared_.here.policy.document;
    if (!name || !name->target) {
        refuse(menu_of(policy::reachable(document, facts, shared_.now()), facts.person.str()), true);
        return std::optional<policy::Ask>();
    }
    if (name->account) return std::optional(policy::Ask{*name->target, *name->account});
    if (const auto account = policy::default_account(document, facts, *name->target, shared_.now())) return std::optional(policy::Ask{*name->target, *account});
    const auto accounts = policy::accounts_for(document, facts, *name->target, shared_.now());
    if (accounts.empty()) return std::optional(policy::Ask{*name->target, AccountId()});  // decided like any other ask: unknown or not allowed
    std::string list;
    for (const auto& account : accounts) list += (list.empty() ? "" : ", ") + account.str();
    refuse("Say which account: " + facts.person.str() + "+" + name->target->str() + "+ACCOUNT, with one of " + list + ".");
    return std::optional<policy::Ask>();
}

// Recorded before anything follows from it.
Result<policy::Decision> WorkerPeer::decide(const policy::Facts& facts, const policy::Ask& ask) {
    auto decision = policy::evaluate(shared_.here.policy.document, facts, ask, shared_.now());
    const audit::Record record{audit::Kind::access_decided,
                               facts.person.str(),
                               ask.target.str(),
                               "",
                               {{"verdict", std::string(policy::name(decision.verdict))},
                                {"reason", std::string(policy::name(decision.reason))},
                                {"rule", decision.rule},
                                {"policy_version", std::to_string(shared_.here.policy.version)},
                                {"account", ask.account.str()},
                                {"source", started_.source},
                                {"factors", login_->factors()},
                                {"client", client_version_}}};
    if (decision.verdict == policy::Decision::Verdict::permit) {
        TRY(shared_.here.log->append(record));
    } else {
        TRY(shared_.here.log->append_coalesced(started_.source + "|" + facts.person.str() + "|" + ask.target.str() + "|" + ask.account.str(), record));
    }
    return decision;
}

void WorkerPeer::dial(policy::AuthorizedTarget target) {
    target_.emplace(std::move(target));
    std::weak_ptr<Peer> weak = weak_from_this();
    dialler_ = TargetDialler::dial(shared_.io, *target_, shared_.here.config.limits.target_connect, [this, weak](Result<Fd> socket) {
        if (const auto self = weak.lock()) connected(std::move(socket));
    });
}

void WorkerPeer::connected(Result<Fd> socket) {
    dialler_.reset();
    if (!socket) {
        const audit::Record unreachable{audit::Kind::target_unreachable,
                                        login_->signed_in()->person().str(),
                                        target_->target().str(),
                                        "",
                                        {{"why", socket.error().detail}, {"source", started_.source}}};
        (void)shared_.here.log->append_coalesced(target_->target().str() + "|" + socket.error().detail, unreachable);
        return refuse(target_->target().str() + (socket.error().kind == ErrorKind::timeout
                                                     ? " did not answer within " + duration_text(shared_.here.config.limits.target_connect) + "."
                                                     : " cannot be reached: its address refuses connections or is unknown."));
    }
    if (!still_permitted()) return;
    if (auto permitted = permit(std::move(*socket)); !permitted) {
        log::error("session.not-opened", {{"error", permitted.error().detail}});
        (void)record(audit::Kind::recording_failed, {{"error", permitted.error().detail}});
        if (agent_) agent_->stop();
        target_password_ = Secret();
        if (session_) seal(std::nullopt, "not-opened");
        refuse(permitted.error().kind == ErrorKind::not_found ? permitted.error().detail : no_record);
    }
}

// While it was dialled, the person may have been disabled or the policy replaced: the session begins under what holds now.
bool WorkerPeer::still_permitted() {
    const policy::Ask ask{target_->target(), target_->account()};
    const auto facts = shared_.here.facts_of(login_->signed_in()->person(), started_.source);
    const auto decision = facts ? policy::evaluate(shared_.here.policy.document, *facts, ask, shared_.now()) : policy::Decision();
    auto target = policy::AuthorizedTarget::from(decision, shared_.here.policy.document, ask);
    const bool same = target && target->host() == target_->host() && target->port() == target_->port();
    if (same) {
        target_.emplace(std::move(*target));
        return true;
    }
    (void)record(audit::Kind::access_decided,
                 {{"verdict", "deny"}, {"reason", "changed while the target was dialled"}, {"policy_version", std::to_string(shared_.here.policy.version)}});
    refuse("Your access changed just now. Please try again.");
    return false;
}

// What the worker needs to prove itself at the target. A private key stays here, behind the agent; a password waits here
// until the target's host key is known.
Status WorkerPeer::credential(control::SessionPermit& permit) {
    if (target_->secret() != policy::SecretSource::stored) return ok();
    const auto stored = TRY(shared_.here.target_secrets.find(target_->target(), target_->account()));
    if (!stored) return fail(ErrorKind::not_found, "No credential is stored for " + target_->account().str() + " on " + target_->target().str() + ".");
    account_secret_kind_ = stored->kind;
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

Status WorkerPeer::permit(Fd socket) {
    auto& here = shared_.here;
    const auto now = shared_.now();
    const auto pinned = pinned_keys(*target_);
    control::SessionPermit permit;
    TRY(credential(permit));

    Duration length = here.config.limits.session;
    if (target_->max()) length = std::min(length, *target_->max());
    if (target_->ends()) length = std::clamp<Duration>(*target_->ends() - now, Duration(0), length);
    const auto deadline = (shared_.monotonic() + length).time_since_epoch().count();

    permit.session = SessionId(random_id());
    permit.person = login_->signed_in()->person().str();
    permit.target = target_->target().str();
    permit.account = target_->account().str();
    permit.host_key_algorithms = algorithms_of(pinned);
    permit.allow = target_->allow();
    permit.forbid = target_->forbid();
    permit.deadline = deadline;
    permit.idle = target_->idle().value_or(Duration(0));
    permit.started = now;
    permit.recording = permit.session.str();
    permit.bulk_limit = static_cast<std::uint64_t>(here.config.limits.bulk_mib) << 20;
    permit.help = here.config.help;
    permit.notice = "anteroom: " + permit.target + " as " + permit.account + ", recorded, until " + here.time_text(now + length) + ".";

    const RecordingKeeper::Files files{here.recording_path(permit.session), here.checkpoints_path(permit.session)};
    auto made = TRY(RecordingKeeper::create(shared_.recording_threads(), files,
                                            {permit.recording,
                                             permit.session.str(),
                                             0,
                                             now,
                                             {here.ring.recording_identity_public(), here.ring.escrow_public()},
                                             here.ring.recording_signing_public()}));
    keeper_ = std::move(made.keeper);
    permit.keys = std::move(made.keys);
    TRY(begin_record(permit, deadline));

    std::vector<int> fds{socket.get(), made.file.get()};
    Fd agent_end;
    if (permit.login == control::TargetLogin::agent) {
        std::vector<Bytes> host_keys;
        for (const auto& key : pinned) host_keys.push_back(key.blob);
        std::weak_ptr<Peer> weak = weak_from_this();
        auto agent = TRY(AgentServer::make(shared_.io, std::move(*target_key_), permit.account, std::move(host_keys), [this, weak](const std::string& refusal) {
            const auto self = weak.lock();
            if (self && !refusal.empty()) (void)record(audit::Kind::alarm, {{"what", "agent"}, {"problem", refusal}});
        }));
        target_key_.reset();
        agent_ = std::move(agent.first);
        agent_end = std::move(agent.second);
        fds.push_back(agent_end.get());
    }
    if (!say(permit, fds)) return fail(ErrorKind::io, "the worker is gone");
    link_.enter(control::permitted);
    deadline_ = Monotonic(Duration(deadline));
    shared_.gateway.set_deadline(started_.worker, deadline_, true);
    return ok();
}

// Durable before the worker gets its kit: the session and everything that explains it.
Status WorkerPeer::begin_record(const control::SessionPermit& permit, std::int64_t deadline) {
    auto& here = shared_.here;
    const Time ends = permit.started + (Monotonic(Duration(deadline)) - shared_.monotonic());
    session_ = store::Session{permit.session,
                              started_.worker,
                              login_->signed_in()->person(),
                              target_->target(),
                              target_->account(),
                              target_->rule(),
                              here.policy.version,
                              started_.source + ":" + std::to_string(started_.source_port),
                              started_.protocol,
                              login_->factors(),
                              login_->key_fingerprint(),
                              "",
                              "",
                              permit.started,
                              std::nullopt,
                              "",
                              ends,
                              here.recording_path(permit.session),
                              {},
                              "open"};
    auto begun = here.database.transaction([&]() -> Status {
        TRY(here.sessions.insert(*session_));
        TRY(record(audit::Kind::session_start, {{"account", permit.account},
                                                {"rule", target_->rule()},
                                                {"policy_version", std::to_string(here.policy.version)},
                                                {"source", session_->source},
                                                {"factors", session_->factors},
                                                {"key", session_->key_fingerprint},
                                                {"until", rfc3339(ends)},
                                                {"client", client_version_}}));
        TRY(record(audit::Kind::recording_opened, {{"recording", permit.recording}, {"header", hex(permit.keys.header_hash)}}));
        return ok();
    });
    if (!begun) session_.reset();
    return begun;
}

// No credential is used, and none leaves the vault, before the target's key is one that the policy pins.
Status WorkerPeer::identify(const control::TargetIdentity& identity) {
    if (!target_ || std::exchange(identified_, true)) return fail(ErrorKind::refused, "a host key out of turn");
    const auto pinned = pinned_keys(*target_);
    const bool known = std::any_of(pinned.begin(), pinned.end(), [&](const Pinned& key) { return key.blob == identity.host_key; });
    if (!known) {
        const auto seen = identity::PublicKey::parse_blob(identity.host_key);
        TRY(record(audit::Kind::target_key_changed, {{"algorithm", identity.algorithm}, {"seen", seen ? seen->fingerprint() : "unreadable"}}));
        end_reason_ = "host-key";
        say(control::TargetVerdict{false, {}, "The host key of " + target_->target().str() + " is not the one that is pinned for it. No credential was used."});
        return ok();
    }
    if (!account_secret_kind_.empty()) TRY(record(audit::Kind::secret_used, {{"account", target_->account().str()}, {"kind", account_secret_kind_}}));
    if (agent_) agent_->start();
    say(control::TargetVerdict{true, std::move(target_password_), ""});
    target_password_ = Secret();
    return ok();
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
