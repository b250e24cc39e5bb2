// What recordings need to know of the session they are of.
#pragma once

#include "broker/admin/call.h"
#include "policy/parser.h"

namespace anteroom::admin {

// The target's labels, as they were when the session was recorded: reviewers are chosen by them.
policy::Labels labels_of(Call& call, const store::Session& session);

}  // namespace anteroom::admin
