// fork, exec and wait.
#include "broker/cli/child.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>

namespace anteroom::cli {

namespace {

constexpr Duration first_backoff = std::chrono::milliseconds(200), longest_backoff = std::chrono::seconds(5), long_enough = std::chrono::seconds(30);
constexpr unsigned look_every_us = 20000;

// Between fork and exec: nothing but system calls.
[[noreturn]] void become(char* const* command, pid_t parent) {
    ::setpgid(0, 0);  // Ctrl-C is for the parent, which ends its children in order
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(126);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::signal(SIGPIPE, SIG_DFL);
    ::execv(command[0], command);
    ::_exit(127);
}

}  // namespace

std::string own_folder() {
    char path[PATH_MAX];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    const std::string whole(path, size > 0 ? static_cast<std::size_t>(size) : 0);
    return whole.substr(0, whole.rfind('/'));
}

Child::~Child() {
    if (running()) end(std::chrono::seconds(1));
}

Status Child::start() {
    if (::access(command_.front().c_str(), X_OK) != 0) return fail_errno(command_.front().c_str());
    std::vector<char*> arguments;
    for (auto& word : command_) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) return fail_errno("fork");
    if (pid_ == 0) become(arguments.data(), parent);
    started_ = MonotonicClock::now();
    return ok();
}

Status Child::start_when_due() { return running() || MonotonicClock::now() < due_ ? ok() : start(); }

std::optional<Child::End> Child::reap() {
    int status = 0;
    if (!running() || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    const auto now = MonotonicClock::now();
    pid_ = -1;
    backoff_ = backoff_.count() == 0 || now - started_ > long_enough ? first_backoff : std::min<Duration>(2 * backoff_, longest_backoff);
    due_ = now + backoff_;
    if (WIFEXITED(status)) return End{WEXITSTATUS(status), "status " + std::to_string(WEXITSTATUS(status))};
    return End{-1, "signal " + std::to_string(WTERMSIG(status))};
}

void Child::end(Duration patience, int signal) {
    if (!running()) return;
    ::kill(pid_, signal);
    const auto limit = MonotonicClock::now() + patience;
    while (MonotonicClock::now() < limit) {
        if (reap()) return;
        ::usleep(look_every_us);
    }
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

}  // namespace anteroom::cli
