// How a session begins: decision, dial, recording, session.start, permit; then the target's host key and its credential.
#include <sys/statvfs.h>

#include <algorithm>

#include "base/log.h"
#include "broker/daemon/worker_peer.h"
#include "broker/identity/host_proof.h"
#include "broker/identity/tls_identity.h"
#include "broker/talk/words.h"
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

// What the target is offered in the key exchange: RSA keys sign with SHA-2 only.
std::vector<std::string> algorithms_of(const std::vector<Pinned>& keys) {
    std::vector<std::string> list;
    for (const auto& key : keys) {
        if (key.algorithm == "ssh-rsa") list.insert(list.end(), {"rsa-sha2-512", "rsa-sha2-256"});
        if (key.algorithm != "ssh-rsa") list.push_back(key.algorithm);
    }
    return list;
}

control::DesktopTerms desktop_terms(const policy::AuthorizedTarget& target, std::uint64_t byte_limit) {
    const auto login = target.login();
    return {target.host(), login.user, login.domain, target.lossless(), target.filmed(), target.clipboard_kept(), byte_limit};
}

std::string secret_id(const policy::AuthorizedTarget& target) { return target.target().str() + "/" + target.account().str(); }

}  // namespace

void WorkerPeer::refuse(const std::string& sentence, bool menu) {
    target_.reset();
    connecting_ = false;
    if (talk_) talk_->drop();
    if (say(control::SessionRefusal{shared_.with_help(sentence), menu})) link_.enter(control::accepted);
}

Status WorkerPeer::open_session(const control::OpenSession& request) {
    if (session_ || std::exchange(opened_, true)) return fail(ErrorKind::refused, "asks for a second session");
    link_.enter(control::opening);
    client_version_ = printable(request.client_version, 128);
    if (!login_ || !login_->signed_in()) return fail(ErrorKind::refused, "a session for nobody");
    if (login_->signed_in()->enrolling()) {
        talk(talk::enrolment(party(), *talk_host()));
        return ok();
    }
    const auto facts = TRY(shared_.here.facts_of(login_->signed_in()->person(), started_.source));
    const auto& name = login_->signed_in()->name();
    if (!name || !name->target) {
        talk(talk::menu(party(), *talk_host()));
        return ok();
    }
    const auto ask = wanted(facts);
    return ask ? go_for(*ask) : ok();
}

// The one way to a target, from a user name, the menu or a request that was approved.
Status WorkerPeer::go_for(const policy::Ask& ask) {
    const auto facts = TRY(shared_.here.facts_of(login_->signed_in()->person(), started_.source));
    const auto decision = TRY(decide(facts, ask));
    const bool nothing = decision.verdict == policy::Decision::Verdict::deny;
    const auto known = shared_.here.policy.document.targets.find(ask.target);
    if (known != shared_.here.policy.document.targets.end() && known->second.protocol != protocol() &&
        (!nothing || shared_.access.may_break_glass(facts.person, ask, started_.source).value_or(false))) {
        refuse(talk::other_way(shared_.here, facts.person, ask, known->second.protocol));
        return ok();
    }
    auto target = policy::AuthorizedTarget::from(decision, shared_.here.policy.document, ask);
    if (!target) {
        const bool emergency = shared_.access.may_break_glass(facts.person, ask, started_.source).value_or(false);
        // The reserve is given back now: alert and record of an emergency need room in the database, too.
        if (emergency && !disk_has_room(shared_.here.recordings_dir())) (void)shared_.here.spool.open();
        if (decision.verdict == policy::Decision::Verdict::needs_approval || emergency) talk(talk::request_and_wait(party(), *talk_host(), ask));
        else refuse(decision.sentence);
    } else {
        dial(std::move(*target));
    }
    return ok();
}

// The target and account that the user name asks for; none when the person has been answered otherwise.
std::optional<policy::Ask> WorkerPeer::wanted(const policy::Facts& facts) {
    const auto& name = login_->signed_in()->name();
    const auto& document = shared_.here.policy.document;
    if (name->account) return policy::Ask{*name->target, *name->account};
    if (const auto account = policy::default_account(document, facts, *name->target, shared_.now())) return policy::Ask{*name->target, *account};
    const auto accounts = policy::accounts_for(document, facts, *name->target, shared_.now());
    if (accounts.empty()) return policy::Ask{*name->target, AccountId()};  // decided like any other ask: unknown or not allowed
    std::string list;
    for (const auto& account : accounts) list += (list.empty() ? "" : ", ") + account.str();
    refuse("Say which account: " + facts.person.str() + "+" + name->target->str() + "+ACCOUNT, with one of " + list + ".");
    return std::nullopt;
}

// An emergency that runs comes before any other right: what is done under it is marked and reviewed.
Result<policy::Decision> WorkerPeer::judge(const policy::Facts& facts, const policy::Ask& ask) {
    const auto& document = shared_.here.policy.document;
    if (const auto emergency = TRY(shared_.access.emergency_of(facts.person, ask))) {
        auto decision = policy::evaluate_break_glass(document, facts, ask, shared_.now());
        if (decision.verdict == policy::Decision::Verdict::permit) {
            if (emergency->ends && (!decision.ends || *emergency->ends < *decision.ends)) decision.ends = emergency->ends;
            return decision;
        }
    }
    const auto grants = TRY(shared_.access.grants(facts.person, ask, started_.source));
    return policy::evaluate(document, facts, ask, shared_.now(), grants);
}

// Recorded before anything follows from it.
Result<policy::Decision> WorkerPeer::decide(const policy::Facts& facts, const policy::Ask& ask) {
    auto decision = TRY(judge(facts, ask));
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
    connecting_ = true;
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
    const auto still = still_permitted();
    if (still && !*still) return;
    if (auto permitted = still ? permit(std::move(*socket)) : Status(fail(still.error())); !permitted) {
        log::error("session.not-opened", {{"error", permitted.error().detail}});
        (void)record(audit::Kind::recording_failed, {{"error", permitted.error().detail}});
        if (agent_) agent_->stop();
        target_password_ = Secret();
        if (session_) seal(std::nullopt, "not-opened");
        refuse(permitted.error().kind == ErrorKind::not_found ? permitted.error().detail : no_record);
    }
}

// While it was dialled, the person may have been disabled, the policy replaced, an approval revoked: the session begins under what
// holds now. A grant whose clock waits for the first connection begins to run here.
Result<bool> WorkerPeer::still_permitted() {
    const policy::Ask ask{target_->target(), target_->account()};
    const auto facts = TRY(shared_.here.facts_of(login_->signed_in()->person(), started_.source));
    request_ = TRY(shared_.access.use(facts.person, ask, target_->rule()));
    if (!request_) request_ = TRY(shared_.access.emergency_of(facts.person, ask));
    const auto decision = TRY(judge(facts, ask));
    auto target = policy::AuthorizedTarget::from(decision, shared_.here.policy.document, ask);
    const bool same = target && target->host() == target_->host() && target->port() == target_->port() && target->protocol() == protocol();
    if (same) {
        target_.emplace(std::move(*target));
        decision_ = decision;
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

Status WorkerPeer::permit(Fd socket) {
    auto& here = shared_.here;
    const auto now = shared_.now();
    const auto pinned = pinned_keys(*target_);
    control::SessionPermit permit;
    TRY(credential(permit));

    const auto ends = ends_of(decision_, now);
    const bool emergency = request_ && request_->emergency;

    permit.session = SessionId(random_id());
    permit.person = login_->signed_in()->person().str();
    permit.target = target_->target().str();
    permit.account = target_->account().str();
    if (!rdp()) permit.host_key_algorithms = algorithms_of(pinned);
    permit.allow = target_->allow();
    permit.forbid = target_->forbid();
    permit.expires = ends.expires.time_since_epoch().count();
    permit.deadline = ends.deadline.time_since_epoch().count();
    permit.extendable = request_ && !emergency;
    permit.idle = target_->idle().value_or(Duration(0));
    permit.started = now;
    permit.recording = permit.session.str();
    permit.bulk_limit = static_cast<std::uint64_t>(here.config.limits.bulk_mib) << 20;
    permit.help = here.config.help;
    if (rdp()) permit.desktop = desktop_terms(*target_, permit.bulk_limit);
    const auto until = here.time_text(now + (ends.expires - shared_.monotonic()));
    const bool filmed = !rdp() || target_->filmed();
    permit.notice =
        "anteroom: " + permit.target + " as " + permit.account + (filmed ? ", recorded" : ", not filmed; what is done is noted") + ", until " + until + ".";
    if (emergency)
        permit.notice = std::string(request_->drill ? "*** anteroom: DRILL of breaking the glass" : "*** anteroom: THE GLASS IS BROKEN") + " for " +
                        permit.target + " as " + permit.account + ". Everybody has been told; it is recorded and will be reviewed. Until " + until + ". ***";

    auto made = TRY(open_recording(permit));
    keeper_ = std::move(made.keeper);
    permit.keys = std::move(made.keys);
    TRY(begin_record(permit, ends));

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
    target_socket_ = std::move(socket);
    expires_ = ends.expires;
    deadline_ = ends.deadline;
    if (talk_) talk_->drop();
    shared_.gateway.set_deadline(started_.worker, deadline_, true, true);
    return ok();
}

Result<RecordingKeeper::New> WorkerPeer::open_recording(const control::SessionPermit& permit) {
    auto& here = shared_.here;
    const bool emergency = request_ && request_->emergency;
    const bool room = disk_has_room(here.recordings_dir());
    if (!room) (void)record(audit::Kind::alarm, {{"what", "recordings"}, {"problem", "less than 10 % of the disk is free"}});
    if (!room && !emergency) return fail(ErrorKind::io, "no room for recordings");
    const recorder::NewRecording header{permit.recording,
                                        permit.session.str(),
                                        0,
                                        permit.started,
                                        {here.ring.recording_identity_public(), here.ring.escrow_public()},
                                        here.ring.recording_signing_public()};
    auto made = room
                    ? RecordingKeeper::create(shared_.recording_threads(), {here.recording_path(permit.session), here.checkpoints_path(permit.session)}, header)
                    : Result<RecordingKeeper::New>(fail(ErrorKind::io, ""));
    if (made || !emergency) return made;
    // An emergency is recorded whatever else fails: into the spool, in space that was kept for it.
    TRY(here.spool.open());
    return RecordingKeeper::create(shared_.recording_threads(), {here.spool.path(permit.session, ".arec"), here.spool.path(permit.session, ".ckpt")}, header);
}

// Durable before the worker gets its kit: the session and everything that explains it.
Status WorkerPeer::begin_record(const control::SessionPermit& permit, const Ends& ends) {
    auto& here = shared_.here;
    const Time until = permit.started + (ends.deadline - shared_.monotonic());
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
                              request_ ? request_->reason : "",
                              request_ ? request_->ticket : "",
                              permit.started,
                              std::nullopt,
                              "",
                              until,
                              here.recording_path(permit.session),
                              {},
                              "open"};
    auto begun = here.database.transaction([&]() -> Status {
        TRY(here.sessions.insert(*session_));
        audit::Fields fields{{"account", permit.account},  {"rule", target_->rule()},      {"policy_version", std::to_string(here.policy.version)},
                             {"source", session_->source}, {"factors", session_->factors}, {"key", session_->key_fingerprint},
                             {"until", rfc3339(until)},    {"client", client_version_}};
        if (rdp()) fields["record"] = target_->filmed() ? "full" : "facts";
        if (request_) fields["request"] = std::to_string(request_->id);
        if (request_ && request_->emergency) fields["emergency"] = request_->drill ? "drill" : "yes";
        TRY(record(audit::Kind::session_start, std::move(fields)));
        TRY(record(audit::Kind::recording_opened, {{"recording", permit.recording}, {"header", hex(permit.keys.header_hash)}}));
        return ok();
    });
    if (!begun) session_.reset();
    return begun;
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
