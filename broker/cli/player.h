// Shows a recording on this terminal in its own time. Space pauses, q ends, Ctrl-C ends; the terminal is always restored.
#pragma once

#include "recorder/play.h"

namespace anteroom::cli {

Status play_on_terminal(recorder::Reader& reader, const recorder::PlayOptions& options);

}  // namespace anteroom::cli
