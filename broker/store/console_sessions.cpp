// SQL of broker/store/console_sessions.h.
#include "broker/store/console_sessions.h"

#include "broker/store/people.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> columns = {"token_hash", "person", "enrolling", "factors", "source", "agent", "started", "last_input"};

Result<ConsoleSession> read(Row& row) {
    ConsoleSession session;
    session.token_hash = row.text();
    session.person = PersonId(row.text());
    session.enrolling = row.boolean();
    session.factors = row.text();
    session.source = row.text();
    session.agent = row.text();
    session.started = row.time();
    session.last_input = row.time();
    TRY(row.finished());
    return session;
}

}  // namespace

Status ConsoleSessions::insert(const ConsoleSession& session) {
    return database_.transaction([&]() -> Status {
        if (!TRY(People(database_).find(session.person))) return fail(ErrorKind::not_found, "there is no person named " + session.person.str());
        TRY(database_.insert("console_sessions", {{"token_hash", session.token_hash},
                                                  {"person", session.person},
                                                  {"enrolling", session.enrolling},
                                                  {"factors", session.factors},
                                                  {"source", session.source},
                                                  {"agent", session.agent},
                                                  {"started", session.started},
                                                  {"last_input", session.last_input}}));
        return ok();
    });
}

// Found by its hash: how long the look-up takes tells nothing of use about a token of 256 random bits.
Result<std::optional<ConsoleSession>> ConsoleSessions::find(const std::string& token_hash) {
    return read_one(database_.select_one(columns, "FROM console_sessions WHERE token_hash = ?", {token_hash}), read);
}

Result<std::vector<ConsoleSession>> ConsoleSessions::of(const PersonId& person) {
    return read_all(database_.select(columns, "FROM console_sessions WHERE person = ? ORDER BY started DESC, token_hash", {person}), read);
}

Result<std::vector<ConsoleSession>> ConsoleSessions::over(Time quiet_since, Time begun_before) {
    return read_all(
        database_.select(columns, "FROM console_sessions WHERE last_input <= ? OR started <= ? ORDER BY started, token_hash", {quiet_since, begun_before}),
        read);
}

Status ConsoleSessions::touch(const std::string& token_hash, Time now) {
    TRY(database_.update("console_sessions", {{"last_input", now}}, "WHERE token_hash = ? AND last_input < ?", {token_hash, now}));
    return ok();
}

Result<bool> ConsoleSessions::remove(const std::string& token_hash) {
    return TRY(database_.execute("DELETE FROM console_sessions WHERE token_hash = ?", {token_hash})) == 1;
}

}  // namespace anteroom::store
