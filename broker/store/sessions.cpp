// SQL of broker/store/sessions.h.
#include "broker/store/session_rows.h"

namespace anteroom::store {

const std::vector<std::string_view> session_columns = {
    "id",       "worker",         "person",          "target",          "account",        "rule_id",        "policy_version", "source",
    "protocol", "factors",        "key_fingerprint", "reason",          "ticket",         "started",        "ended",          "end_reason",
    "deadline", "recording_path", "recording_count", "recording_bytes", "recording_root", "recording_state"};

Result<Session> read_session(Row& row) {
    Session session;
    session.id = SessionId(row.text());
    session.worker = WorkerId(row.text());
    session.person = PersonId(row.text());
    session.target = TargetId(row.text());
    session.account = AccountId(row.text());
    session.rule = row.text();
    session.policy_version = row.integer();
    session.source = row.text();
    session.protocol = row.text();
    session.factors = row.text();
    session.key_fingerprint = row.text();
    session.reason = row.text();
    session.ticket = row.text();
    session.started = row.time();
    session.ended = row.optional_time();
    session.end_reason = row.text();
    session.deadline = row.optional_time();
    session.recording_path = row.text();
    session.commit.count = row.integer();
    session.commit.bytes = row.integer();
    session.commit.root = row.bytes();
    session.recording_state = row.text();
    TRY(row.finished());
    return session;
}

namespace {

std::vector<Assignment> written(const Session& s) {
    return {{"id", s.id},
            {"worker", s.worker},
            {"person", s.person},
            {"target", s.target},
            {"account", s.account},
            {"rule_id", s.rule},
            {"policy_version", s.policy_version},
            {"source", s.source},
            {"protocol", s.protocol},
            {"factors", s.factors},
            {"key_fingerprint", s.key_fingerprint},
            {"reason", s.reason},
            {"ticket", s.ticket},
            {"started", s.started},
            {"ended", s.ended},
            {"end_reason", s.end_reason},
            {"deadline", s.deadline},
            {"recording_path", s.recording_path},
            {"recording_count", s.commit.count},
            {"recording_bytes", s.commit.bytes},
            {"recording_root", s.commit.root},
            {"recording_state", s.recording_state}};
}

tl::unexpected<Error> no_session(const SessionId& id) { return fail(ErrorKind::not_found, "there is no session " + id.str()); }

}  // namespace

Status Sessions::insert(const Session& session) {
    if (!TRY(database_.insert("sessions", written(session), "ON CONFLICT (id) DO NOTHING")))
        return fail(ErrorKind::conflict, "there is already a session " + session.id.str());
    return ok();
}

Result<std::optional<Session>> Sessions::find(const SessionId& id) {
    return read_one(database_.select_one(session_columns, "FROM sessions WHERE id = ?", {id}), read_session);
}

Result<std::vector<Session>> Sessions::find_live(const WorkerId& worker) {
    return read_all(database_.select(session_columns, "FROM sessions WHERE worker = ? AND ended IS NULL ORDER BY started, id", {worker}), read_session);
}

Result<std::vector<Session>> Sessions::list(Which which, std::size_t limit) {
    const std::string where = which == Which::live ? "FROM sessions WHERE ended IS NULL" : "FROM sessions";
    return read_all(database_.select(session_columns, where + " ORDER BY started DESC, id LIMIT ?", {static_cast<std::int64_t>(limit)}), read_session);
}

Result<std::vector<Session>> Sessions::of_person(const PersonId& person, std::size_t limit) {
    return read_all(
        database_.select(session_columns, "FROM sessions WHERE person = ? ORDER BY started DESC, id LIMIT ?", {person, static_cast<std::int64_t>(limit)}),
        read_session);
}

Status Sessions::set_commit(const SessionId& id, const RecordingCommit& commit) {
    const auto touched =
        TRY(database_.update("sessions", {{"recording_count", commit.count}, {"recording_bytes", commit.bytes}, {"recording_root", commit.root}},
                             "WHERE id = ? AND recording_count <= ? AND recording_bytes <= ?", {id, commit.count, commit.bytes}));
    if (touched == 1) return ok();
    if (!TRY(find(id))) return no_session(id);
    return fail(ErrorKind::conflict, "the recording of session " + id.str() + " would shrink");
}

Status Sessions::set_deadline(const SessionId& id, std::optional<Time> deadline) {
    if (TRY(database_.update("sessions", {{"deadline", deadline}}, "WHERE id = ? AND ended IS NULL", {id})) == 0) return no_session(id);
    return ok();
}

Status Sessions::set_recording(const SessionId& id, std::string_view path, std::string_view state) {
    if (TRY(database_.update("sessions", {{"recording_path", path}, {"recording_state", state}}, "WHERE id = ?", {id})) == 0) return no_session(id);
    return ok();
}

Status Sessions::end(const SessionId& id, Time when, std::string_view reason, std::string_view recording_state) {
    const auto touched = TRY(
        database_.update("sessions", {{"ended", when}, {"end_reason", reason}, {"recording_state", recording_state}}, "WHERE id = ? AND ended IS NULL", {id}));
    if (touched == 1) return ok();
    if (!TRY(find(id))) return no_session(id);
    return fail(ErrorKind::conflict, "session " + id.str() + " has ended already");
}

}  // namespace anteroom::store
