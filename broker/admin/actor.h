// Who decides or looks into a recording: a person named by --as, enabled, who shows a code that has not been used.
#pragma once

#include "broker/access/second_factor.h"
#include "broker/admin/call.h"

namespace anteroom::admin {

// Sets call.actor and call.factor, or says why not. The refusal has been audited by then.
Status prove_actor(Call& call);

}  // namespace anteroom::admin
