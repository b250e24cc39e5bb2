// The transactions.
#include "broker/access/console_sessions.h"

namespace anteroom::access {

Status end_console_session(installation::Installation& here, const store::ConsoleSession& session, const std::string& why) {
    return here.database.transaction([&]() -> Status {
        if (!TRY(here.console_sessions.remove(session.token_hash))) return ok();
        TRY(here.log->append({audit::Kind::console_ended,
                              session.person.str(),
                              "",
                              "",
                              {{"console", console_session_id(session.token_hash)}, {"why", why}, {"started", rfc3339(session.started)}}}));
        return ok();
    });
}

Status end_console_sessions(installation::Installation& here, const PersonId& person, const std::string& why, const std::string& but) {
    return here.database.transaction([&]() -> Status {
        for (const auto& session : TRY(here.console_sessions.of(person)))
            if (console_session_id(session.token_hash) != but) TRY(end_console_session(here, session, why));
        return ok();
    });
}

}  // namespace anteroom::access
