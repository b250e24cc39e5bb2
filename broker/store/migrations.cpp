// The schema, step by step. Other rooms add their tables as further steps at the end.
#include "broker/store/migrations.h"

namespace anteroom::store {

namespace {

const std::vector<Migration>& steps() {
    static const std::vector<Migration> all = {
        {1,
         "people and their factors",
         {"CREATE TABLE people (name TEXT PRIMARY KEY, display_name TEXT NOT NULL, email TEXT NOT NULL, vendor TEXT NOT NULL, password_hash TEXT, "
          "disabled BIGINT NOT NULL, created BIGINT NOT NULL, expires BIGINT, set_up_by_admin BIGINT NOT NULL, mark TEXT NOT NULL)",
          "CREATE TABLE person_groups (person TEXT NOT NULL REFERENCES people(name), member_of TEXT NOT NULL, PRIMARY KEY (person, member_of))",
          "CREATE TABLE person_keys (id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(name), algorithm TEXT NOT NULL, key_blob TEXT NOT NULL "
          "UNIQUE, "
          "fingerprint TEXT NOT NULL, note TEXT NOT NULL, added BIGINT NOT NULL, added_by TEXT NOT NULL)",
          "CREATE INDEX person_keys_by_person ON person_keys (person)",
          "CREATE TABLE totp (person TEXT PRIMARY KEY REFERENCES people(name), sealed_secret TEXT NOT NULL, confirmed BIGINT NOT NULL, enrolled BIGINT NOT "
          "NULL, "
          "enrolled_by TEXT NOT NULL)",
          "CREATE TABLE totp_steps (person TEXT NOT NULL REFERENCES people(name), step BIGINT NOT NULL, used_at BIGINT NOT NULL, PRIMARY KEY (person, step))",
          "CREATE TABLE attempts (person TEXT NOT NULL, kind TEXT NOT NULL, window_start BIGINT NOT NULL, failures BIGINT NOT NULL, "
          "PRIMARY KEY (person, kind, window_start))"}},
        {2,
         "sessions, policy, secrets of targets",
         {"CREATE TABLE sessions (id TEXT PRIMARY KEY, worker TEXT NOT NULL, person TEXT NOT NULL, target TEXT NOT NULL, account TEXT NOT NULL, rule_id TEXT "
          "NOT NULL, "
          "policy_version BIGINT NOT NULL, source TEXT NOT NULL, protocol TEXT NOT NULL, factors TEXT NOT NULL, key_fingerprint TEXT NOT NULL, reason TEXT NOT "
          "NULL, "
          "ticket TEXT NOT NULL, started BIGINT NOT NULL, ended BIGINT, end_reason TEXT NOT NULL, deadline BIGINT, recording_path TEXT NOT NULL, "
          "recording_count BIGINT NOT NULL, recording_bytes BIGINT NOT NULL, recording_root TEXT NOT NULL, recording_state TEXT NOT NULL)",
          "CREATE INDEX sessions_by_worker ON sessions (worker)", "CREATE INDEX sessions_by_end ON sessions (ended)",
          "CREATE INDEX sessions_by_start ON sessions (started)",
          "CREATE TABLE policy_versions (version BIGINT PRIMARY KEY, content TEXT NOT NULL, applied_at BIGINT NOT NULL, applied_by TEXT NOT NULL, sha256 TEXT "
          "NOT NULL)",
          "CREATE TABLE target_secrets (target TEXT NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, sealed TEXT NOT NULL, public_blob TEXT, updated "
          "BIGINT NOT NULL, "
          "PRIMARY KEY (target, account))",
          "CREATE TABLE settings (name TEXT PRIMARY KEY, content TEXT NOT NULL)"}},
        {3,
         "the audit log",
         {"CREATE TABLE audit_records (chain_id TEXT NOT NULL, seq BIGINT NOT NULL, time BIGINT NOT NULL, kind TEXT NOT NULL, person TEXT NOT NULL, target "
          "TEXT NOT NULL, "
          "session TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (chain_id, seq))",
          "CREATE INDEX audit_by_time ON audit_records (time)", "CREATE INDEX audit_by_kind ON audit_records (kind, seq)",
          "CREATE INDEX audit_by_person ON audit_records (person, seq)", "CREATE INDEX audit_by_target ON audit_records (target, seq)",
          "CREATE INDEX audit_by_session ON audit_records (session, seq)",
          "CREATE TABLE audit_checkpoints (chain_id TEXT NOT NULL, seq BIGINT NOT NULL, head TEXT NOT NULL, time BIGINT NOT NULL, signature TEXT NOT NULL, "
          "key_id TEXT NOT NULL, PRIMARY KEY (chain_id, seq))"}},
        {4,
         "requests, windows, outbox, invitations",
         {"CREATE TABLE requests (id BIGINT PRIMARY KEY, person TEXT NOT NULL, state TEXT NOT NULL, emergency BIGINT NOT NULL, is_open BIGINT NOT NULL, "
          "created "
          "BIGINT NOT NULL, body TEXT NOT NULL)",
          "CREATE INDEX requests_open ON requests (is_open, id)", "CREATE INDEX requests_by_person ON requests (person, id)",
          "CREATE TABLE windows (id BIGINT PRIMARY KEY, target TEXT NOT NULL, vendor TEXT NOT NULL, ticket TEXT NOT NULL, opened_by TEXT NOT NULL, opened "
          "BIGINT "
          "NOT NULL, ends BIGINT NOT NULL)",
          "CREATE INDEX windows_by_end ON windows (ends)",
          "CREATE TABLE outbox (number BIGINT PRIMARY KEY, channel TEXT NOT NULL, event TEXT NOT NULL, body TEXT NOT NULL, created BIGINT NOT NULL, attempts "
          "BIGINT "
          "NOT NULL, next_try BIGINT, arrived BIGINT, why TEXT NOT NULL)",
          "CREATE INDEX outbox_waiting ON outbox (arrived, channel, number)",
          "CREATE TABLE invitations (person TEXT PRIMARY KEY REFERENCES people(name), code_hash TEXT NOT NULL, made BIGINT NOT NULL, expires BIGINT NOT NULL, "
          "made_by TEXT NOT NULL, failures BIGINT NOT NULL)",
          "ALTER TABLE people ADD COLUMN password_set BIGINT", "ALTER TABLE people ADD COLUMN password_set_by TEXT NOT NULL DEFAULT ''",
          "CREATE TABLE recovery_codes (person TEXT NOT NULL REFERENCES people(name), code_hash TEXT NOT NULL, made BIGINT NOT NULL, used BIGINT, PRIMARY KEY "
          "(person, code_hash))"}},
        {5,
         "tickets",
         {"CREATE TABLE tickets (token_hash TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(name), target TEXT NOT NULL, account TEXT, issued BIGINT "
          "NOT NULL, ends BIGINT NOT NULL, used BIGINT)",
          "CREATE INDEX tickets_by_end ON tickets (ends)"}},
        {6,
         "passkeys and console sessions",
         {"CREATE TABLE passkeys (id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(name), credential_id TEXT NOT NULL UNIQUE, public_key TEXT NOT "
          "NULL, algorithm BIGINT NOT NULL, sign_count BIGINT NOT NULL, aaguid TEXT NOT NULL, name TEXT NOT NULL, transports TEXT NOT NULL, backed_up BIGINT "
          "NOT NULL, added BIGINT NOT NULL, used BIGINT, issued_by TEXT NOT NULL)",
          "CREATE INDEX passkeys_by_person ON passkeys (person)",
          "CREATE TABLE console_sessions (token_hash TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(name), enrolling BIGINT NOT NULL, factors TEXT "
          "NOT NULL, source TEXT NOT NULL, agent TEXT NOT NULL, started BIGINT NOT NULL, last_input BIGINT NOT NULL)",
          "CREATE INDEX console_sessions_by_person ON console_sessions (person)"}},
        {7,
         "reviews of recordings",
         {"CREATE TABLE session_grounds (session TEXT PRIMARY KEY REFERENCES sessions(id), request BIGINT, emergency BIGINT NOT NULL, refusals BIGINT)",
          "CREATE INDEX session_grounds_by_request ON session_grounds (request)", "CREATE INDEX sessions_by_person ON sessions (person, started)",
          "CREATE INDEX sessions_by_target ON sessions (target, started)",
          "CREATE TABLE recording_notes (id BIGINT PRIMARY KEY, session TEXT NOT NULL REFERENCES sessions(id), at_ms BIGINT NOT NULL, content TEXT NOT NULL, "
          "person TEXT NOT NULL, written BIGINT NOT NULL)",
          "CREATE INDEX recording_notes_by_session ON recording_notes (session, at_ms)",
          "CREATE TABLE recording_watched (session TEXT NOT NULL REFERENCES sessions(id), person TEXT NOT NULL, opened BIGINT NOT NULL, updated BIGINT NOT "
          "NULL, ranges TEXT NOT NULL, PRIMARY KEY (session, person))",
          "CREATE TABLE recording_sign_offs (id BIGINT PRIMARY KEY, session TEXT NOT NULL REFERENCES sessions(id), person TEXT NOT NULL, outcome TEXT NOT "
          "NULL, note TEXT NOT NULL, signed BIGINT NOT NULL)",
          "CREATE INDEX recording_sign_offs_by_session ON recording_sign_offs (session, id)",
          "CREATE TABLE recording_consents_asked (session TEXT NOT NULL REFERENCES sessions(id), asker TEXT NOT NULL, reason TEXT NOT NULL, asked BIGINT NOT "
          "NULL, PRIMARY KEY (session, asker))",
          "CREATE INDEX recording_consents_by_time ON recording_consents_asked (asked)",
          "CREATE TABLE recording_consents_given (session TEXT NOT NULL REFERENCES sessions(id), asker TEXT NOT NULL, giver TEXT NOT NULL, given BIGINT NOT "
          "NULL, until BIGINT NOT NULL, PRIMARY KEY (session, asker, giver))",
          "CREATE INDEX recording_consents_by_asker ON recording_consents_given (asker, until)"}},
    };
    return all;
}

Result<std::int64_t> newest_applied(Database& database) {
    auto row = TRY(database.select_one({"COALESCE(MAX(number), 0)"}, "FROM schema_migrations"));
    const auto newest = row->integer();
    TRY(row->finished());
    return newest;
}

Status apply(Database& database, const Migration& step, const Clock& clock) {
    return database.transaction([&]() -> Status {
        // Asked again inside: another process may have come first.
        if (TRY(newest_applied(database)) >= step.number) return ok();
        for (const char* statement : step.statements) {
            if (auto done = database.execute(statement); !done)
                return fail(done.error().kind, "migration " + std::to_string(step.number) + " (" + step.name + "): " + done.error().detail);
        }
        TRY(database.insert("schema_migrations", {{"number", step.number}, {"name", step.name}, {"applied_at", clock.now()}}));
        return ok();
    });
}

}  // namespace

std::span<const Migration> migrations() { return steps(); }

Status migrate(Database& database, std::span<const Migration> steps, const Clock& clock) {
    TRY(database.execute("CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)"));
    const auto newest = TRY(newest_applied(database));
    const auto known = steps.empty() ? 0 : steps.back().number;
    if (newest > known)
        return fail(ErrorKind::refused, "the database has schema " + std::to_string(newest) + ", this program knows up to " + std::to_string(known) +
                                            ": it was used by a newer Anteroom; install that version again, or restore a backup made before");
    for (const auto& step : steps) TRY(apply(database, step, clock));
    return ok();
}

}  // namespace anteroom::store
