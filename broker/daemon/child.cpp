// fork, exec, pidfd.
#include "broker/daemon/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace anteroom::daemon {

namespace {

constexpr int niceness = 10;

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(const char* program, std::array<int, 3> inherited, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    for (int& fd : inherited)
        if ((fd = ::fcntl(fd, F_DUPFD, 10)) < 0) ::_exit(127);
    int place = Child::first_fd;
    for (const int fd : inherited)
        if (::dup2(fd, place++) < 0) ::_exit(127);
    const int nothing = ::open("/dev/null", O_RDWR);
    if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(nothing, 1) < 0) ::_exit(127);
    ::syscall(SYS_close_range, static_cast<unsigned>(place), ~0u, 0u);
    ::setsid();
    ::setpriority(PRIO_PROCESS, 0, niceness);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    char* const arguments[] = {const_cast<char*>(program), nullptr};
    char* const environment[] = {nullptr};
    ::execve(program, arguments, environment);
    ::_exit(127);
}

std::string how_ended(const siginfo_t& info) {
    if (info.si_code == CLD_EXITED && info.si_status == 0) return "";
    return (info.si_code == CLD_EXITED ? "exit " : "signal ") + std::to_string(info.si_status);
}

}  // namespace

Result<std::unique_ptr<Child>> Child::start(boost::asio::io_context& io, const std::string& program, const std::array<int, 3>& descriptors, Ended ended) {
    const pid_t parent = ::getpid(), pid = ::fork();
    if (pid < 0) return fail_errno("fork");
    if (pid == 0) become(program.c_str(), descriptors, parent);
    const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0u));
    if (process < 0) {
        const auto failed = fail_errno("pidfd_open");
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return failed;
    }
    auto child = std::make_unique<Child>(io, Token());
    child->process_.assign(process);
    child->process_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                               [self = child.get(), alive = std::weak_ptr(child->alive_), ended = std::move(ended)](const boost::system::error_code& error) {
                                   if (!error && !alive.expired()) self->reap(ended);
                               });
    return child;
}

void Child::reap(const Ended& ended) {
    siginfo_t info{};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(process_.native_handle()), &info, WEXITED);
    running_ = false;
    const auto call = ended;  // it may end this
    call(how_ended(info));
}

void Child::kill() {
    if (running_) ::syscall(SYS_pidfd_send_signal, process_.native_handle(), SIGKILL, nullptr, 0u);
}

// A killed process is gone at once: it is not left behind as a zombie.
Child::~Child() {
    if (!running_) return;
    kill();
    siginfo_t info{};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(process_.native_handle()), &info, WEXITED);
}

}  // namespace anteroom::daemon
