// anteroom-broker --dir DIR: exit status 2 for what an administrator has to mend (configuration, keys, database), 1 otherwise.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>

#include "base/log.h"
#include "broker/daemon/daemon.h"

using namespace anteroom;

int main(int argc, char** argv) {
    log::open("anteroom-broker");
    if (argc != 3 || std::strcmp(argv[1], "--dir") != 0) {
        log::error("usage", {{"usage", "anteroom-broker --dir DIR"}});
        return 2;
    }
    // It holds every key: no core, no debugger.
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    rlimit files{};  // four descriptors a session
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    std::signal(SIGPIPE, SIG_IGN);

    const SystemClock clock;
    auto opened = installation::Installation::open(argv[2], clock);
    if (!opened) {
        log::error("start", {{"error", opened.error().detail}});
        return 2;
    }
    boost::asio::io_context io;
    daemon::Daemon daemon(io, **opened);
    if (auto started = daemon.start(); !started) {
        log::error("start", {{"error", started.error().detail}});
        return 1;
    }
    io.run();
    daemon.stop_pools();
    return 0;
}
