// What only the daemon can do for the console's gate: signing in as the SSH login does, by the same driver, with the same slowing, the
// same words for strangers and the same records; and passwords hashed off the loop.
#pragma once

#include "broker/console/gate.h"
#include "broker/daemon/shared.h"

namespace anteroom::daemon {

// `shared` outlives whatever is under way.
console::Gate::Door console_door(Shared& shared);

}  // namespace anteroom::daemon
