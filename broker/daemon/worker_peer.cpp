// The conversation: greeting, exchanges, login, and the end of a session. How one begins is in worker_session.cpp.
#include "broker/daemon/worker_peer.h"

#include <sys/socket.h>

#include <algorithm>

#include "base/log.h"
#include "broker/daemon/sealing.h"

namespace anteroom::daemon {

namespace {

constexpr std::size_t min_hash = 32, max_hash = 64;  // SHA-256 to SHA-512
constexpr Duration goodbye = std::chrono::seconds(4), farewell = std::chrono::seconds(25);
// Rekeys: a client may ask for one each megabyte; a hijacked worker gets no faster oracle than that.
constexpr std::uint64_t exchanges_at_once = 200, exchanges_a_second = 10;
constexpr double messages_at_once = 600, messages_a_second = 100;

// What each protocol has: no SSH key signs in by RDP, and no .rdp file by SSH.
bool belongs(control::LoginMethod method, bool rdp) {
    using enum control::LoginMethod;
    if (method == none || method == interactive || method == answers) return true;
    return rdp ? method == ticket : method != ticket;
}

}  // namespace

recorder::Reason recording_reason(const std::string& end_reason) {
    if (end_reason == "time-is-up") return recorder::Reason::expired;
    if (end_reason == "terminated") return recorder::Reason::terminated;
    if (end_reason == "recording-failed") return recorder::Reason::recording_failed;
    return recorder::Reason::closed;
}

WorkerPeer::WorkerPeer(Shared& shared, control::Link link, control::WorkerStarted started)
    : Peer(shared.io, std::move(link)),
      shared_(shared),
      started_(std::move(started)),
      began_(shared.monotonic()),
      budget_at_(began_),
      budget_(messages_at_once) {}

// A worker has little to say; one that floods has been taken over, or is broken.
bool WorkerPeer::within_budget() {
    const auto now = shared_.monotonic();
    const double earned = std::chrono::duration<double>(now - budget_at_).count() * messages_a_second;
    budget_ = std::min(messages_at_once, budget_ + earned);
    budget_at_ = now;
    return --budget_ >= 0;
}

Status WorkerPeer::handle(control::Packet packet) {
    if (!within_budget()) return fail(ErrorKind::refused, "too many messages");
    if (packet.is<control::WorkerHello>()) return greet(TRY(packet.as<control::WorkerHello>()));
    if (packet.is<control::SignExchange>()) return sign(TRY(packet.as<control::SignExchange>()));
    if (packet.is<control::LoginStep>()) return log_in(TRY(packet.as<control::LoginStep>()));
    if (packet.is<control::OpenSession>()) return open_session(TRY(packet.as<control::OpenSession>()));
    if (packet.is<control::Audience>()) return audience(TRY(packet.as<control::Audience>()));
    if (packet.is<control::TypedLine>()) return link_.state() == control::talking ? talk_->line(TRY(packet.as<control::TypedLine>())) : ok();
    if (packet.is<control::AskExtension>()) return extension_asked();
    if (packet.is<control::GraceBegun>()) return grace_begun();
    if (packet.is<control::TargetIdentity>()) return identify(TRY(packet.as<control::TargetIdentity>()));
    if (packet.is<control::TargetReady>()) return target_ready(TRY(packet.as<control::TargetReady>()));
    if (packet.is<control::CapabilityNote>()) return note(TRY(packet.as<control::CapabilityNote>()));
    if (packet.is<control::CommitRecording>()) return commit(TRY(packet.as<control::CommitRecording>()));
    if (packet.is<control::EndSession>()) return end_session(TRY(packet.as<control::EndSession>()));
    return fail(ErrorKind::refused, "no handler for " + std::string(packet.name()));
}

Status WorkerPeer::greet(const control::WorkerHello& hello) {
    if (hello.version != control::protocol_version) return fail(ErrorKind::refused, "the worker speaks another version of the control protocol");
    const auto deadline = (began_ + shared_.here.config.limits.login).time_since_epoch().count();
    const control::WorkerWelcome welcome{rdp() ? std::vector<control::HostKey>() : shared_.here.host_keys.announced(), shared_.here.config.banner,
                                         shared_.here.config.help, static_cast<std::uint32_t>(shared_.here.config.limits.channels), deadline};
    // In RDP the key exchange was TLS's, and is over.
    if (say(welcome)) link_.enter(rdp() ? control::exchanged : control::open);
    return ok();
}

// The first exchange hash is the session id, to which the person's signature is bound. Later ones are rekeys.
Status WorkerPeer::sign(const control::SignExchange& request) {
    if (rdp()) return fail(ErrorKind::refused, "an SSH key exchange in RDP");
    if (request.hash.size() < min_hash || request.hash.size() > max_hash) return fail(ErrorKind::refused, "an exchange hash of an impossible length");
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(shared_.monotonic() - began_).count();
    if (++exchanges_ > exchanges_at_once + static_cast<std::uint64_t>(age) * exchanges_a_second) {
        (void)record(audit::Kind::alarm, {{"what", "key exchanges"}, {"problem", "more than any client asks for"}});
        return fail(ErrorKind::refused, "too many key exchanges");
    }
    auto signature = shared_.here.host_keys.sign(request.algorithm, request.hash);
    if (!signature) return fail(signature.error());
    if (link_.state() == control::open) session_id_ = request.hash;
    if (say(control::ExchangeSignature{std::move(*signature)}) && link_.state() == control::open) link_.enter(control::exchanged);
    return ok();
}

Status WorkerPeer::log_in(control::LoginStep step) {
    if (!belongs(step.method, rdp())) return fail(ErrorKind::refused, "a login step that this protocol does not have");
    if (client_version_.empty()) client_version_ = printable(step.client_version, 128);
    if (asking_) {
        if (step.method != control::LoginMethod::answers || step.answers.size() != 1) return fail(ErrorKind::refused, "no answer to what was asked");
        answer_at_login(asking_->answered(std::move(step.answers.front())));
        return ok();
    }
    if (!login_) {
        std::weak_ptr<Peer> weak = weak_from_this();
        login_ = std::make_shared<LoginDriver>(shared_, started_.source, session_id_, [this, weak](const control::LoginAnswer& answer) {
            if (const auto self = weak.lock()) give(answer);
        });
    }
    return login_->step(std::move(step));
}

void WorkerPeer::give(const control::LoginAnswer& answer) {
    if (answer.verdict == control::LoginVerdict::accepted) {
        const auto& signed_in = login_->signed_in();
        factor_at_ = signed_in && signed_in->proven_at() ? *signed_in->proven_at() : shared_.now();
        accepted_ = answer;
        if (ask_at_login()) return;
    }
    if (say(answer) && answer.verdict == control::LoginVerdict::accepted) link_.enter(control::accepted);
}

// The session, or before there is one the person and what they asked for.
void WorkerPeer::name_whom(audit::Record& record) const {
    if (session_) {
        record.person = session_->person.str(), record.target = session_->target.str(), record.session = session_->id.str();
    } else if (login_ && login_->signed_in()) {
        record.person = login_->signed_in()->person().str();
        if (const auto& name = login_->signed_in()->name(); name && name->target) record.target = name->target->str();
    }
}

Result<std::int64_t> WorkerPeer::record(audit::Kind kind, audit::Fields fields) {
    audit::Record record{kind, "", "", "", std::move(fields)};
    name_whom(record);
    auto written = shared_.here.log->append(record);
    if (!written) log::error("audit.failed", {{"kind", audit::name_of(kind)}, {"error", written.error().detail}});
    return written;
}

void WorkerPeer::show(std::string_view state) {
    if (session_) shared_.session_changed(*session_, emergency(), state);
}

Status WorkerPeer::note(const control::CapabilityNote& note) {
    if (!note.allowed) ++refusals_;
    audit::Record record{note.allowed ? audit::Kind::capability_used : audit::Kind::capability_refused,
                         "",
                         "",
                         "",
                         {{"capability", note.kind}, {"detail", note.detail}, {"source", started_.source}}};
    name_whom(record);
    return shared_.here.log->append_coalesced(started_.worker.str() + "|" + note.kind + "|" + note_slot(note.detail), record);
}

// One session opens so many of the log's windows a minute, however many different things it asks for: the rest is counted together,
// and everybody else's refusals keep their names.
std::string WorkerPeer::note_slot(const std::string& detail) {
    constexpr std::size_t own_windows = 32;
    if (shared_.monotonic() - notes_since_ >= std::chrono::minutes(1)) {
        notes_since_ = shared_.monotonic();
        noted_.clear();
    }
    if (noted_.size() < own_windows) noted_.insert(detail);
    return noted_.contains(detail) ? detail : "";
}

Status WorkerPeer::commit(const control::CommitRecording& request) {
    if (committing_) return ok();  // said again, as the answer is late
    if (request.upto.count < committed_.count) return fail(ErrorKind::refused, "a commit of less than before");
    if (request.upto.count == committed_.count && committed_.count > 0) {
        say(control::Committed{committed_.count});
        return ok();
    }
    committing_ = true;
    std::weak_ptr<Peer> weak = weak_from_this();
    keeper_->commit(request.upto, shared_.now(), [this, weak](const Result<recorder::Checkpoint>& checkpoint) {
        if (const auto self = weak.lock()) committed(checkpoint);
    });
    return ok();
}

void WorkerPeer::committed(const Result<recorder::Checkpoint>& checkpoint) {
    committing_ = false;
    if (sealing_ || !session_) return;
    if (!checkpoint) {
        (void)record(audit::Kind::recording_failed, {{"error", checkpoint.error().detail}});
        return terminate("The session cannot be recorded any more and was ended.", "recording-failed");
    }
    if (checkpoint->bytes > committed_.bytes) last_growth_ = shared_.now();
    committed_ = {checkpoint->count, checkpoint->bytes, checkpoint->root};
    session_->commit = {static_cast<std::int64_t>(checkpoint->count), static_cast<std::int64_t>(checkpoint->bytes), to_bytes(View(checkpoint->root))};
    // First the worker, whose session stalls without it: what it says is signed and synced beside the recording already.
    say(control::Committed{checkpoint->count});
    shared_.note_commit(*session_);
    if (shared_.monotonic() - last_root_ >= std::chrono::seconds(60)) {
        last_root_ = shared_.monotonic();
        (void)record(audit::Kind::recording_root,
                     {{"count", std::to_string(checkpoint->count)}, {"bytes", std::to_string(checkpoint->bytes)}, {"root", hex(checkpoint->root)}});
    }
}

Status WorkerPeer::end_session(const control::EndSession& request) {
    link_.enter(control::ended);
    // What comes after its last word is recorded nowhere; and reaches nothing any more, so that the last screen may be read.
    cut_target();
    deadline_ = shared_.monotonic() + (rdp() ? farewell : goodbye);
    shared_.gateway.set_deadline(started_.worker, deadline_, true, true);
    seal(request.last, printable(request.reason, 64));
    return ok();
}

void WorkerPeer::seal(std::optional<recorder::Commit> last, const std::string& reason) {
    if (sealing_ || !keeper_) return;
    sealing_ = true;
    if (agent_) agent_->stop();
    if (end_reason_.empty()) end_reason_ = reason;
    keeper_->seal(last, recording_reason(end_reason_), shared_.now(),
                  [this, self = shared_from_this()](const RecordingKeeper::Outcome& outcome) { sealed(outcome); });
}

void WorkerPeer::sealed(const RecordingKeeper::Outcome& outcome) {
    session_->commit = {static_cast<std::int64_t>(outcome.count), static_cast<std::int64_t>(outcome.bytes), to_bytes(View(outcome.root))};
    const auto written = note_sealed(shared_.here, *session_, outcome, {end_reason_, static_cast<std::int64_t>(refusals_)}, shared_.now());
    if (!written) log::error("session.end-unrecorded", {{"session", session_->id.str()}, {"error", written.error().detail}});
    session_->ended = shared_.now();
    show("ended");
    shared_.recording_sealed(session_->id);
    if (is_open() && link_.state() == control::ended) say(control::SessionSealed{});
}

void WorkerPeer::terminate(const std::string& sentence, const std::string& reason) {
    if (!session_ || session_->ended || sealing_ || terminating_) return;
    terminating_ = true;
    if (end_reason_.empty()) end_reason_ = reason;
    say(control::Terminate{sentence});
    expire_soon();  // should it not obey
}

// The broker dialled it and kept a hand on it: the connection ends, whatever the worker does with its own descriptor.
void WorkerPeer::cut_target() {
    if (target_socket_) ::shutdown(target_socket_.get(), SHUT_RDWR);
    target_socket_.close();
}

void WorkerPeer::keep_deadline() {
    if (session_) shared_.gateway.set_deadline(started_.worker, deadline_, true, true);
}

void WorkerPeer::expire_soon() {
    deadline_ = std::min(deadline_, shared_.monotonic() + goodbye);
    shared_.gateway.set_deadline(started_.worker, deadline_, true);
}

// The process, or its conversation, is over: whatever was recorded is sealed as it stands.
void WorkerPeer::gone(const Error& why) {
    cut_target();
    if (login_) login_->stop();
    if (dialler_) dialler_->cancel();
    if (talk_) talk_->drop();
    if (agent_) agent_->stop();
    if (!login_ || !login_->signed_in()) blame_source();
    if (session_ && !session_->ended && !sealing_) {
        log::warn("worker.lost", {{"session", session_->id.str()}, {"why", why.detail}});
        seal(std::nullopt, shared_.monotonic() >= deadline_ ? "time-is-up" : "worker-lost");
    } else if (why.kind == ErrorKind::refused) {
        log::warn("worker.refused", {{"worker", started_.worker.str()}, {"why", why.detail}});
    }
    shared_.gateway.end_worker(started_.worker);
}

// A connection that ended before anybody was known.
void WorkerPeer::blame_source() {
    shared_.slowing.incomplete_handshake(started_.source, shared_.monotonic());
    if (const auto length = shared_.slowing.refuse_for(started_.source, shared_.monotonic()); length > Duration(0))
        shared_.gateway.penalize(started_.source, length);
}

void WorkerPeer::ended(const std::string& how) {
    if (how == "deadline" && end_reason_.empty() && session_) end_reason_ = "time-is-up";
    if (how.starts_with("signal"))
        (void)shared_.here.log->append_coalesced(started_.source + "|" + how,
                                                 {audit::Kind::worker_failed, "", "", "", {{"how", how}, {"source", started_.source}}});
}

Status WorkerPeer::adopt(const store::Session& session) {
    session_ = session;
    keeper_ = TRY(RecordingKeeper::adopt(shared_.recording_threads(), {shared_.here.recording_path(session.id), shared_.here.checkpoints_path(session.id)}));
    link_.enter(control::live);
    // The gateway keeps the deadline that the earlier broker set.
    expires_ = deadline_ =
        shared_.monotonic() + (session.deadline ? std::max(Duration(0), *session.deadline - shared_.now()) : shared_.here.config.limits.session);
    if (const auto* rule = shared_.here.policy.document.rule(session.rule); rule != nullptr && rule->at_expiry == policy::AtExpiry::grace)
        expires_ -= rule->grace.value_or(Duration(0));
    const policy::Ask ask{session.target, session.account};
    request_ = TRY(shared_.access.emergency_of(session.person, ask));
    if (!request_) request_ = TRY(shared_.access.open_request(session.person, ask));
    if (const auto facts = shared_.here.facts_of(session.person, started_.source); facts)
        if (const auto decision = judge(*facts, ask); decision) decision_ = *decision;
    committed_ = {static_cast<std::uint64_t>(session.commit.count), static_cast<std::uint64_t>(session.commit.bytes), {}};
    say(control::Committed{committed_.count});  // what was under way when the earlier broker went is said again by the worker
    keep_deadline();
    log::info("session.adopted", {{"session", session.id.str()}});
    return ok();
}

}  // namespace anteroom::daemon
