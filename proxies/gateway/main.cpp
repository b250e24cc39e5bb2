// anteroom-gateway --control PATH: listens where the broker says, starts workers from its own folder.
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstring>

#include "base/log.h"
#include "proxies/gateway/gateway.h"

using namespace anteroom;

namespace {

std::string own_folder() {
    char path[PATH_MAX];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    const std::string whole(path, size > 0 ? static_cast<std::size_t>(size) : 0);
    return whole.substr(0, whole.rfind('/'));
}

// The wrapped calls of libssh, and FreeRDP's doors, are proved once before anybody is let in.
bool worker_is_sound(const std::string& program) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::execl(program.c_str(), program.c_str(), "--self-test", nullptr);
        ::_exit(127);
    }
    int status = 0;
    return pid > 0 && ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int main(int argc, char** argv) {
    log::open("anteroom-gateway");
    if (argc != 3 || std::strcmp(argv[1], "--control") != 0) {
        log::error("usage", {{"usage", "anteroom-gateway --control PATH"}});
        return 2;
    }
    const std::string programs = own_folder();
    if (!worker_is_sound(programs + "/anteroom-ssh")) {
        log::error("start", {{"error", "anteroom-ssh --self-test failed; this build must not serve"}});
        return 1;
    }
    const bool desktops = worker_is_sound(programs + "/anteroom-rdp");
    if (!desktops) log::error("start", {{"error", "anteroom-rdp --self-test failed; no desktop is served"}});
    rlimit files{};  // two descriptors a worker, one more for the front of an RDP client
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    ::sigprocmask(SIG_BLOCK, &stops, nullptr);
    const Fd stop(::signalfd(-1, &stops, SFD_CLOEXEC));
    gateway::Gateway gateway(argv[2], programs, desktops);
    auto ran = gateway.run(stop.get());
    if (!ran) log::error("stopped", {{"error", ran.error().detail}});
    return ran ? 0 : 1;
}
