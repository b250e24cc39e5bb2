// A queue for what takes a processor for long: exports to video. As many run at once in an installation as limits.exports lets, the others wait.
#pragma once

#include <functional>

#include "base/fd.h"

namespace anteroom::installation {

// Held until the descriptor is closed, also by the end of the process. `waiting` is called once when there is none, `pause` between
// looks; its error ends the waiting. The slots are locks in `run`, or, for those who may not write there, in a folder of their own.
Result<Fd> take_export_slot(const std::string& run, int at_once, const std::function<void()>& waiting, const std::function<Status()>& pause);

// For those who do not wait: an empty descriptor where all are taken.
Result<Fd> try_export_slot(const std::string& run, int at_once);

}  // namespace anteroom::installation
