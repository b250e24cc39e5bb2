// The row names what the audit record `recording.sealed` names. A recording of which less is left than was committed ends its session all
// the same, with an alarm; its row keeps the larger commit, which says what is missing.
#include "broker/daemon/sealing.h"

#include "broker/store/recordings.h"

namespace anteroom::daemon {

namespace {

audit::Fields as_fields(const RecordingKeeper::Outcome& outcome) {
    return {{"state", outcome.state}, {"count", std::to_string(outcome.count)}, {"bytes", std::to_string(outcome.bytes)}, {"root", hex(outcome.root)}};
}

}  // namespace

Status note_sealed(installation::Installation& here, const store::Session& session, const RecordingKeeper::Outcome& outcome, const Ending& ending, Time now) {
    const auto record = [&](audit::Kind kind, audit::Fields fields) {
        return here.log->append({kind, session.person.str(), session.target.str(), session.id.str(), std::move(fields)});
    };
    const auto alarm = [&](const std::string& problem) { return record(audit::Kind::alarm, {{"what", "recording"}, {"problem", problem}}); };
    return here.database.transaction([&]() -> Status {
        TRY(record(audit::Kind::recording_sealed, as_fields(outcome)));
        for (const auto& problem : outcome.problems) TRY(alarm(problem));
        const store::RecordingCommit commit{static_cast<std::int64_t>(outcome.count), static_cast<std::int64_t>(outcome.bytes), to_bytes(View(outcome.root))};
        const auto kept = here.sessions.set_commit(session.id, commit);
        if (!kept && kept.error().kind != ErrorKind::conflict) return fail(kept.error());
        if (!kept) TRY(alarm("it ends before what was committed of it"));
        TRY(record(audit::Kind::session_end, {{"reason", ending.reason}}));
        if (ending.refusals) TRY(store::Recordings(here.database).set_refusals(session.id, *ending.refusals));
        return here.sessions.end(session.id, now, ending.reason, outcome.state);
    });
}

}  // namespace anteroom::daemon
