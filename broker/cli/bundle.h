// An evidence bundle: put together on this side from what the broker made and signed, and checked before it gets its name.
#pragma once

#include "broker/cli/client.h"

namespace anteroom::cli {

Result<int> export_bundle(const Verb& verb, Given& given);

}  // namespace anteroom::cli
