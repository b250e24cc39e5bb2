// SQL of broker/store/reviews.h.
#include "broker/store/reviews.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> note_columns = {"id", "session", "at_ms", "content", "person", "written"};
const std::vector<std::string_view> watched_columns = {"session", "person", "opened", "updated", "ranges"};
const std::vector<std::string_view> sign_off_columns = {"session", "person", "outcome", "note", "signed"};
const std::vector<std::string_view> asked_columns = {"session", "asker", "reason", "asked"};
const std::vector<std::string_view> given_columns = {"session", "asker", "giver", "given", "until"};

Result<RecordingNote> read_note(Row& row) {
    RecordingNote out;
    out.id = row.integer();
    out.session = SessionId(row.text());
    out.at_ms = row.integer();
    out.text = row.text();
    out.person = PersonId(row.text());
    out.written = row.time();
    TRY(row.finished());
    return out;
}

Result<Watched> read_watched(Row& row) {
    Watched out;
    out.session = SessionId(row.text());
    out.person = PersonId(row.text());
    out.opened = row.time();
    out.updated = row.time();
    out.ranges = row.text();
    TRY(row.finished());
    return out;
}

Result<SignOff> read_sign_off(Row& row) {
    SignOff out;
    out.session = SessionId(row.text());
    out.person = PersonId(row.text());
    out.outcome = row.text();
    out.note = row.text();
    out.at = row.time();
    TRY(row.finished());
    return out;
}

Result<ConsentAsked> read_asked(Row& row) {
    ConsentAsked out;
    out.session = SessionId(row.text());
    out.asker = PersonId(row.text());
    out.reason = row.text();
    out.asked = row.time();
    TRY(row.finished());
    return out;
}

Result<ConsentGiven> read_given(Row& row) {
    ConsentGiven out;
    out.session = SessionId(row.text());
    out.asker = PersonId(row.text());
    out.giver = PersonId(row.text());
    out.given = row.time();
    out.until = row.time();
    TRY(row.finished());
    return out;
}

Result<std::int64_t> number(Database& database, const char* what, const std::string& tail, const Values& values = {}) {
    auto row = TRY(database.select_one({what}, tail, values));
    const auto out = row->integer();
    TRY(row->finished());
    return out;
}

// The next id of a table whose rows are never deleted. `conflict`: the session has as many as one may have. Inside a transaction.
Result<std::int64_t> room_for(Database& database, const std::string& table, const SessionId& session, std::size_t most) {
    const auto there = TRY(number(database, "COUNT(*)", "FROM " + table + " WHERE session = ?", {session}));
    if (there >= static_cast<std::int64_t>(most)) return fail(ErrorKind::conflict, "There are " + std::to_string(most) + " of these already.");
    return 1 + TRY(number(database, "COALESCE(MAX(id), 0)", "FROM " + table));
}

}  // namespace

Result<std::int64_t> Reviews::add_note(const RecordingNote& note) {
    std::int64_t id = 0;
    TRY(database_.transaction([&]() -> Status {
        id = TRY(room_for(database_, "recording_notes", note.session, most_notes));
        TRY(database_.insert(
            "recording_notes",
            {{"id", id}, {"session", note.session}, {"at_ms", note.at_ms}, {"content", note.text}, {"person", note.person}, {"written", note.written}}));
        return ok();
    }));
    return id;
}

Result<std::vector<RecordingNote>> Reviews::notes(const SessionId& session) {
    return read_all(database_.select(note_columns, "FROM recording_notes WHERE session = ? ORDER BY at_ms, id", {session}), read_note);
}

Result<std::optional<Watched>> Reviews::watched(const SessionId& session, const PersonId& person) {
    return read_one(database_.select_one(watched_columns, "FROM recording_watched WHERE session = ? AND person = ?", {session, person}), read_watched);
}

Result<std::vector<Watched>> Reviews::watchers(const SessionId& session) {
    return read_all(database_.select(watched_columns, "FROM recording_watched WHERE session = ? ORDER BY opened, person", {session}), read_watched);
}

Status Reviews::keep_watched(const Watched& one) {
    TRY(database_.insert("recording_watched",
                         {{"session", one.session}, {"person", one.person}, {"opened", one.opened}, {"updated", one.updated}, {"ranges", one.ranges}},
                         "ON CONFLICT (session, person) DO UPDATE SET updated = excluded.updated, ranges = excluded.ranges"));
    return ok();
}

Status Reviews::sign_off(const SignOff& one) {
    return database_.transaction([&]() -> Status {
        const auto id = TRY(room_for(database_, "recording_sign_offs", one.session, most_sign_offs));
        TRY(database_.insert("recording_sign_offs",
                             {{"id", id}, {"session", one.session}, {"person", one.person}, {"outcome", one.outcome}, {"note", one.note}, {"signed", one.at}}));
        return ok();
    });
}

Result<std::vector<SignOff>> Reviews::sign_offs(const SessionId& session) {
    return read_all(database_.select(sign_off_columns, "FROM recording_sign_offs WHERE session = ? ORDER BY id", {session}), read_sign_off);
}

Result<std::map<SessionId, SignOff>> Reviews::last_sign_offs(const std::vector<SessionId>& sessions) {
    std::map<SessionId, SignOff> out;
    if (sessions.empty()) return out;
    std::string marks;
    for (std::size_t i = 0; i < sessions.size(); ++i) marks += i == 0 ? "?" : ", ?";
    const Values values(sessions.begin(), sessions.end());
    for (auto& one :
         TRY(read_all(database_.select(sign_off_columns, "FROM recording_sign_offs WHERE session IN (" + marks + ") ORDER BY id", values), read_sign_off)))
        out.insert_or_assign(one.session, one);
    return out;
}

Status Reviews::ask_consent(const ConsentAsked& one) {
    TRY(database_.insert("recording_consents_asked", {{"session", one.session}, {"asker", one.asker}, {"reason", one.reason}, {"asked", one.asked}},
                         "ON CONFLICT (session, asker) DO UPDATE SET reason = excluded.reason, asked = excluded.asked"));
    return ok();
}

Result<std::optional<ConsentAsked>> Reviews::asked(const SessionId& session, const PersonId& asker) {
    return read_one(database_.select_one(asked_columns, "FROM recording_consents_asked WHERE session = ? AND asker = ?", {session, asker}), read_asked);
}

Result<std::vector<ConsentAsked>> Reviews::asked_since(Time since, std::size_t limit) {
    return read_all(database_.select(asked_columns, "FROM recording_consents_asked WHERE asked >= ? ORDER BY asked DESC, session, asker LIMIT ?",
                                     {since, static_cast<std::int64_t>(limit)}),
                    read_asked);
}

Status Reviews::forget_asked(const SessionId& session, const PersonId& asker) {
    TRY(database_.execute("DELETE FROM recording_consents_asked WHERE session = ? AND asker = ?", {session, asker}));
    return ok();
}

Status Reviews::give_consent(const ConsentGiven& one) {
    TRY(database_.insert("recording_consents_given",
                         {{"session", one.session}, {"asker", one.asker}, {"giver", one.giver}, {"given", one.given}, {"until", one.until}},
                         "ON CONFLICT (session, asker, giver) DO UPDATE SET given = excluded.given, until = excluded.until"));
    return ok();
}

Result<std::vector<ConsentGiven>> Reviews::given(const SessionId& session, const PersonId& asker, Time now) {
    return read_all(database_.select(given_columns, "FROM recording_consents_given WHERE session = ? AND asker = ? AND until > ? ORDER BY given, giver",
                                     {session, asker, now}),
                    read_given);
}

Result<std::vector<ConsentGiven>> Reviews::given_to(const PersonId& asker, Time now) {
    return read_all(database_.select(given_columns, "FROM recording_consents_given WHERE asker = ? AND until > ? ORDER BY session, given", {asker, now}),
                    read_given);
}

}  // namespace anteroom::store
