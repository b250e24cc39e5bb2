// The courier's life: it reads anteroom.yaml and the channels' files, keeps a conversation with the broker (again and again, while one
// is there), hands on what it is given and answers. It keeps nothing: what it did not answer, the broker gives again.
#pragma once

#include "broker/courier/deliver.h"
#include "broker/installation/paths.h"

namespace anteroom::courier {

// Returns when anteroom.yaml has changed (`serve` starts it anew), or why it cannot go on.
Status run(const std::string& dir, const Clock& clock);

}  // namespace anteroom::courier
