// Of `anteroom`: no film is made here.
#include <unistd.h>

#include <cstring>

#include "broker/cli/child.h"
#include "broker/cli/films.h"
#include "recorder/film/movie.h"

namespace anteroom::cli {

std::optional<Error> hand_over_films(const Parsed& parsed, char** argv) {
    const auto format = parsed.given.sent.find("format");
    if (std::strcmp(parsed.verb->words, "recording export") != 0 || format == parsed.given.sent.end() || format->second != "mp4") return std::nullopt;
    const auto program = own_folder() + "/anteroom-movie";
    ::execv(program.c_str(), argv);
    return Error{ErrorKind::not_found, program + " cannot be started: " + std::strerror(errno)};
}

}  // namespace anteroom::cli

namespace anteroom::film {

Status write_movie(recorder::Reader&, int, const MovieOptions&) { return fail(ErrorKind::internal, "films are made by anteroom-movie"); }

}  // namespace anteroom::film
