// Of `anteroom-movie`: it makes the film itself.
#include "broker/cli/films.h"

namespace anteroom::cli {

std::optional<Error> hand_over_films(const Parsed&, char**) { return std::nullopt; }

}  // namespace anteroom::cli
