// Video libraries take a fifth of a second to load, so films are made by `anteroom-movie`: the same command line, linked with them. It is
// started by `anteroom` alone, for an export as mp4.
#pragma once

#include <optional>

#include "broker/cli/command.h"

namespace anteroom::cli {

// In `anteroom`: goes on as anteroom-movie where a film is asked for, and comes back only with why that is not possible. In
// anteroom-movie: nothing.
std::optional<Error> hand_over_films(const Parsed& parsed, char** argv);

}  // namespace anteroom::cli
