// Who decides or looks into a recording: a person named by --as, enabled, who shows a code that has not been used. Attempts
// are counted before the code is looked at, and after ten within 15 minutes no code counts.
#pragma once

#include "broker/admin/call.h"

namespace anteroom::admin {

inline constexpr int max_code_attempts = 10;
inline constexpr Duration code_attempts_window = std::chrono::minutes(15);

// Sets call.actor, or says why not. The refusal has been audited by then.
Status prove_actor(Call& call);

}  // namespace anteroom::admin
