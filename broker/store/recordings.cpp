// SQL of broker/store/recordings.h.
#include "broker/store/recordings.h"

#include "broker/store/session_rows.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> ground_columns = {"request", "emergency", "refusals"};

// What it stood on first: a session's reader takes the rest.
std::vector<std::string_view> recorded_columns() {
    auto out = ground_columns;
    out.insert(out.end(), session_columns.begin(), session_columns.end());
    return out;
}

const std::string joined = "FROM sessions LEFT JOIN session_grounds ON session_grounds.session = sessions.id ";

// A number that may be missing is read as the time it would be.
std::optional<std::int64_t> number_of(Row& row) {
    const auto time = row.optional_time();
    return time ? std::optional(micros(*time)) : std::nullopt;
}

// NULL where nothing was written of the session.
Grounds grounds_of(Row& row) {
    Grounds out;
    out.request = number_of(row);
    out.emergency = number_of(row).value_or(0) != 0;
    out.refusals = number_of(row);
    return out;
}

Result<Grounds> read_grounds(Row& row) {
    auto out = grounds_of(row);
    TRY(row.finished());
    return out;
}

Result<Recorded> read_recorded(Row& row) {
    Recorded out;
    out.grounds = grounds_of(row);
    out.session = TRY(read_session(row));
    return out;
}

Result<Recordings::Outline> read_outline(Row& row) {
    Recordings::Outline out;
    out.id = SessionId(row.text());
    out.target = TargetId(row.text());
    out.policy_version = row.integer();
    out.started = row.time();
    TRY(row.finished());
    return out;
}

Result<AuditRow> read_moment(Row& row) {
    AuditRow out;
    out.seq = row.integer();
    out.time = row.time();
    out.kind = row.text();
    out.person = row.text();
    out.body = row.text();
    TRY(row.finished());
    return out;
}

// "(?, ?, ?)"
std::string marks(std::size_t count) {
    std::string out = "(";
    for (std::size_t i = 0; i < count; ++i) out += i == 0 ? "?" : ", ?";
    return out + ")";
}

}  // namespace

Status Recordings::set_grounds(const SessionId& session, const Grounds& grounds) {
    TRY(database_.insert("session_grounds",
                         {{"session", session}, {"request", grounds.request}, {"emergency", grounds.emergency}, {"refusals", grounds.refusals}},
                         "ON CONFLICT (session) DO UPDATE SET request = excluded.request, emergency = excluded.emergency, refusals = excluded.refusals"));
    return ok();
}

Status Recordings::set_refusals(const SessionId& session, std::int64_t refusals) {
    TRY(database_.update("session_grounds", {{"refusals", refusals}}, "WHERE session = ?", {session}));
    return ok();
}

Result<Grounds> Recordings::grounds(const SessionId& session) {
    const auto found = TRY(read_one(database_.select_one(ground_columns, "FROM session_grounds WHERE session = ?", {session}), read_grounds));
    return found.value_or(Grounds());
}

Result<std::vector<Recordings::Outline>> Recordings::outlines(const RecordingFilter& filter, std::size_t limit) {
    std::string tail = "FROM sessions WHERE id <> ''";
    Values values;
    const auto narrow = [&](const char* condition, Value value) {
        tail += condition;
        values.push_back(std::move(value));
    };
    if (!filter.person.empty()) narrow(" AND person = ?", filter.person);
    if (!filter.target.empty()) narrow(" AND target = ?", filter.target);
    if (filter.since) narrow(" AND started >= ?", *filter.since);
    if (filter.until) narrow(" AND started < ?", *filter.until);
    if (filter.before) narrow(" AND started < ?", *filter.before);
    narrow(" ORDER BY started DESC, id LIMIT ?", static_cast<std::int64_t>(limit));
    return read_all(database_.select({"id", "target", "policy_version", "started"}, tail, values), read_outline);
}

Result<std::vector<Recorded>> Recordings::find(const std::vector<SessionId>& ids) {
    if (ids.empty()) return std::vector<Recorded>();
    const Values values(ids.begin(), ids.end());
    return read_all(database_.select(recorded_columns(), joined + "WHERE id IN " + marks(ids.size()) + " ORDER BY started DESC, id", values), read_recorded);
}

Result<std::vector<Recorded>> Recordings::of_request(std::int64_t request, std::size_t limit) {
    return read_all(
        database_.select(recorded_columns(), joined + "WHERE request = ? ORDER BY started, id LIMIT ?", {request, static_cast<std::int64_t>(limit)}),
        read_recorded);
}

Result<std::vector<AuditRow>> Recordings::moments(const std::string& chain, const SessionId& session, const std::vector<std::string_view>& kinds,
                                                  std::size_t limit) {
    Values values{chain, session};
    std::string tail = "FROM audit_records WHERE chain_id = ? AND session = ? AND kind ";
    if (kinds.empty()) {
        tail += "<> ?";
        values.emplace_back("recording.root");
    } else {
        tail += "IN " + marks(kinds.size());
        for (const auto kind : kinds) values.emplace_back(kind);
    }
    values.emplace_back(static_cast<std::int64_t>(limit));
    return read_all(database_.select({"seq", "time", "kind", "person", "body"}, tail + " ORDER BY seq LIMIT ?", values), read_moment);
}

Result<std::vector<AuditRow>> Recordings::sampled(const std::string& chain, const SessionId& session, const std::vector<std::string_view>& kinds,
                                                  std::size_t limit) {
    Values values{chain, session};
    values.insert(values.end(), kinds.begin(), kinds.end());
    const auto most = static_cast<std::int64_t>(limit);
    const auto share = std::max<std::int64_t>(1, most / static_cast<std::int64_t>(std::max<std::size_t>(1, kinds.size())));
    const std::string numbered =
        "FROM (SELECT seq, time, kind, person, body, COUNT(*) OVER () AS every, COUNT(*) OVER (PARTITION BY kind) AS alike, "
        "ROW_NUMBER() OVER (PARTITION BY kind ORDER BY seq) AS place FROM audit_records WHERE chain_id = ? AND session = ? AND kind IN " +
        marks(kinds.size()) + ") AS numbered ";
    values.insert(values.end(), {most, share, share});
    // The last one of its kind stands for each group: what came at the very end is among them or just before one that is.
    return read_all(database_.select({"seq", "time", "kind", "person", "body"},
                                     numbered + "WHERE every <= ? OR place = alike OR place % ((alike + ? - 1) / ?) = 0 ORDER BY seq", values),
                    read_moment);
}

}  // namespace anteroom::store
