// anteroom: the administrator's command line. Holds nothing: what it does, the broker does for it, except making an
// installation, running its programs, and looking at files.
#include <csignal>
#include <cstdlib>

#include "broker/cli/films.h"
#include "broker/cli/render.h"

int main(int argc, char** argv) {
    using namespace anteroom;
    std::signal(SIGPIPE, SIG_IGN);
    const char* dir = std::getenv("ANTEROOM_DIR");
    auto parsed = cli::parse(argc, argv, dir != nullptr && *dir != '\0' ? dir : "/var/lib/anteroom");
    if (parsed.verb == nullptr) return parsed.status;
    if (const auto problem = cli::hand_over_films(parsed, argv)) {
        cli::print_problem(problem->detail);
        return 1;
    }
    const auto status = parsed.verb->run(*parsed.verb, parsed.given);
    if (status) return *status;
    cli::print_problem(status.error().detail);
    return 1;
}
