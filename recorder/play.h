// Replays a terminal with its timing, and before and after it what commands without one printed. What is written has passed the TerminalFilter, always; time
// and output are injected.
#pragma once

#include "recorder/cast.h"

namespace anteroom::recorder {

struct PlayOptions {
    double speed = 1;                      // above 0
    std::optional<Duration> idle_cap;      // no pause of the recording counts for more than this
    std::optional<std::uint32_t> channel;  // default: the first one with a terminal, and commands without one while it is not open
    Duration from{};                       // everything before is shown at once
};
struct PlayTo {
    std::function<Status(Duration)> sleep;  // an error (interrupted, key pressed) ends the replay
    std::function<Status(std::string_view)> write;
};
// However it ends, the last thing written is the terminal's restoration.
Status play(Reader& reader, const PlayOptions& options, const PlayTo& to);

}  // namespace anteroom::recorder
