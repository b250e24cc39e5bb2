// How a session's end is written down: its audit records, the store's row and the session's end come to be together or not at all.
#pragma once

#include "broker/daemon/recording_keeper.h"
#include "broker/installation/installation.h"

namespace anteroom::daemon {

struct Ending {
    std::string reason;
    std::optional<std::int64_t> refusals = {};  // what the session tried and was refused, where that was counted
};

Status note_sealed(installation::Installation& here, const store::Session& session, const RecordingKeeper::Outcome& outcome, const Ending& ending, Time now);

}  // namespace anteroom::daemon
