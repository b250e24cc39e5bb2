// The permit of a session: its recording, its durable beginning in the audit log, and what the worker is given.
#include "broker/daemon/disk.h"
#include "broker/daemon/pinned_keys.h"
#include "broker/daemon/worker_peer.h"
#include "broker/installation/keystroke_recipient.h"
#include "broker/store/recordings.h"
#include "recorder/keystrokes.h"

namespace anteroom::daemon {

namespace {

control::DesktopTerms desktop_terms(const policy::AuthorizedTarget& target, std::uint64_t byte_limit) {
    const auto login = target.login();
    return {target.host(), login.user, login.domain, target.lossless(), target.filmed(), target.clipboard_kept(), byte_limit};
}

store::Grounds grounds_of(const std::optional<access::Request>& request) {
    store::Grounds out;
    if (request) out.request = request->id, out.emergency = request->emergency;
    return out;
}

// Where policy wants keystrokes kept and there is nobody to keep them for, there is no session: less would be recorded than was decided.
Result<Bytes> keystrokes_to(installation::Installation& here, const policy::AuthorizedTarget& target) {
    if (!target.keystrokes_sealed()) return Bytes();
    auto recipient = TRY(installation::keystroke_recipient(here.settings));
    if (!recipient)
        return fail(ErrorKind::not_found, "The keystrokes of this session have to be kept sealed, and there is no key to seal them to, so it was not opened.");
    return std::move(*recipient);
}

}  // namespace

Status WorkerPeer::permit(Fd socket) {
    auto& here = shared_.here;
    const auto now = shared_.now();
    const auto pinned = pinned_keys(*target_);
    control::SessionPermit permit;
    permit.keystrokes_to = TRY(keystrokes_to(here, *target_));
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
    permit.notice = "anteroom: " + permit.target + " as " + permit.account + (filmed ? ", recorded" : ", not filmed; what is done is noted") +
                    (permit.keystrokes_to.empty() ? "" : ", keystrokes are kept sealed") + ", until " + until + ".";
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
        TRY(store::Recordings(here.database).set_grounds(session_->id, grounds_of(request_)));
        audit::Fields fields{{"account", permit.account},  {"rule", target_->rule()},      {"policy_version", std::to_string(here.policy.version)},
                             {"source", session_->source}, {"factors", session_->factors}, {"key", session_->key_fingerprint},
                             {"until", rfc3339(until)},    {"client", client_version_}};
        if (rdp()) fields["record"] = target_->filmed() ? "full" : "facts";
        if (!permit.keystrokes_to.empty()) fields["keystrokes"] = "sealed to " + recorder::keystroke_recipient_name(permit.keystrokes_to);
        if (request_) fields["request"] = std::to_string(request_->id);
        if (request_ && request_->emergency) fields["emergency"] = request_->drill ? "drill" : "yes";
        TRY(record(audit::Kind::session_start, std::move(fields)));
        TRY(record(audit::Kind::recording_opened, {{"recording", permit.recording}, {"header", hex(permit.keys.header_hash)}}));
        return ok();
    });
    if (!begun) session_.reset();
    show("live");
    return begun;
}

}  // namespace anteroom::daemon
