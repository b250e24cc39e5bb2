// Shows a recording on this terminal, in its own time or while it is written. Space pauses, q and Ctrl-C end it; the terminal
// is always restored.
#pragma once

#include "recorder/follow.h"
#include "recorder/play.h"

namespace anteroom::cli {

Status play_on_terminal(recorder::Reader& reader, const recorder::PlayOptions& options);

// A desktop's recording as lines, all at once; what is before `from` is left out.
Status print_lines(recorder::Reader& reader, Duration from, bool json);

struct WatchOptions {
    std::optional<std::uint32_t> channel;
    bool json = false;  // one object a line
};
// Until the recording has its final frame, or the viewer has seen enough.
Status watch_on_terminal(recorder::Reader& reader, const WatchOptions& options);

}  // namespace anteroom::cli
