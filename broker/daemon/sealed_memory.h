// A file that stands in memory alone and can never be changed again: how a secret is handed to other programs by descriptor. All of
// them share its offset: whoever reads it uses pread or maps it.
#pragma once

#include "base/fd.h"

namespace anteroom::daemon {

Result<Fd> sealed_memory(const char* name, View content);

}  // namespace anteroom::daemon
