// A queue for what takes a processor for long: exports to video. So many run at once in an installation, the others wait.
#pragma once

#include <functional>

#include "base/fd.h"

namespace anteroom::cli {

inline constexpr int exports_at_once = 2;

// Held until the descriptor is closed, also by the end of the process. `waiting` is called once when there is none, `pause` between
// looks; its error ends the waiting. The slots are locks in `run`, or, for those who may not write there, in a folder of their own.
Result<Fd> take_export_slot(const std::string& run, const std::function<void()>& waiting, const std::function<Status()>& pause);

}  // namespace anteroom::cli
