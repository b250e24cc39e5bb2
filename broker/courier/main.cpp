// anteroom-courier --dir DIR: takes alerts from the broker to wherever anteroom.yaml says. It holds the channels' secrets and speaks to
// the network; it has neither keys nor database, and what it is told by others is at most a status.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/log.h"
#include "broker/courier/courier.h"
#include "broker/courier/curl_handles.h"

using namespace anteroom;

int main(int argc, char** argv) {
    log::open("anteroom-courier");
    if (argc != 3 || std::strcmp(argv[1], "--dir") != 0) {
        log::error("usage", {{"usage", "anteroom-courier --dir DIR"}});
        return 2;
    }
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    ::clearenv();  // no proxies, no other authorities, no resolver's options
    ::tzset();
    std::signal(SIGPIPE, SIG_IGN);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        log::error("start", {{"error", "libcurl cannot be set up"}});
        return 1;
    }
    const SystemClock clock;
    const auto went = courier::run(argv[2], clock);
    if (!went) log::error("start", {{"error", went.error().detail}});
    ::_exit(went ? 0 : 2);  // the channels' threads end with the program
}
