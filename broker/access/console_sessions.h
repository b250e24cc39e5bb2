// Ending console sessions, for whatever takes somebody's way in from them: disabling, a reset, a new password. Within the caller's
// transaction, with a record of each. Streams and watches of the console look again by themselves (console/events.h).
#pragma once

#include "broker/installation/installation.h"

namespace anteroom::access {

// As lists and records name a console session: the first digits of its token's hash.
inline std::string console_session_id(const std::string& token_hash) { return token_hash.substr(0, 16); }

Status end_console_session(installation::Installation& here, const store::ConsoleSession& session, const std::string& why);
// `but`: the id of the one that stays, where one does.
Status end_console_sessions(installation::Installation& here, const PersonId& person, const std::string& why, const std::string& but = "");

}  // namespace anteroom::access
