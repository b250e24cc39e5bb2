// The RDP worker's sandbox: the little that FreeRDP needs beside, and that nothing else came in with it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <thread>

#include "proxies/worker/sandbox.h"

namespace anteroom::worker {
namespace {

constexpr int not_closed = 125;

// Runs `work` in a child behind the closed sandbox; its answer, at most 124, or what went wrong.
int inside(bool desktop, const std::function<int()>& work) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        SandboxLimits limits;
        limits.desktop = desktop;
        limits.descriptors = 256;
        if (!close_sandbox(limits)) ::_exit(not_closed);
        ::_exit(work());
    }
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

int refused(long result) { return result == -1 && errno == EPERM ? 0 : 1; }

TEST(DesktopSandbox, LetsAThreadOfThisProcessRunAndJoin) {
    EXPECT_EQ(inside(true,
                     [] {
                         int answer = 1;
                         std::thread([&] { answer = 0; }).join();
                         return answer;
                     }),
              0);
}

TEST(DesktopSandbox, AWorkerWithoutADesktopGetsNoThread) {
    EXPECT_EQ(inside(false, [] { return refused(::syscall(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, nullptr, nullptr, nullptr, nullptr)); }), 0);
}

TEST(DesktopSandbox, RefusesANewProcessHoweverItIsAskedFor) {
    EXPECT_EQ(inside(true, [] { return refused(::syscall(SYS_fork)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::syscall(SYS_vfork)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr)); }), 0);
    // One that shares memory but is no thread: it would have a process id of its own.
    EXPECT_EQ(inside(true, [] { return refused(::syscall(SYS_clone, CLONE_VM | SIGCHLD, nullptr, nullptr, nullptr, nullptr)); }), 0);
    EXPECT_EQ(inside(true, [] { return ::syscall(SYS_clone3, nullptr, 0) == -1 && errno == ENOSYS ? 0 : 1; }), 0);
}

TEST(DesktopSandbox, RefusesExecSocketsFilesAndFlags) {
    EXPECT_EQ(inside(true, [] { return refused(::execl("/bin/true", "true", nullptr)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::socket(AF_INET, SOCK_STREAM, 0)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::open("/etc/hostname", O_RDONLY)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::fcntl(1, F_SETFL, 0)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::kill(::getppid(), 0)); }), 0);
}

TEST(DesktopSandbox, LetsEventsAndAnotherNumberForADescriptorPass) {
    EXPECT_EQ(inside(true,
                     [] {
                         const int event = ::eventfd(0, EFD_NONBLOCK);
                         if (event < 0 || ::eventfd_write(event, 1) != 0) return 1;
                         return ::fcntl(event, F_DUPFD_CLOEXEC, 100) >= 100 ? 0 : 2;
                     }),
              0);
}

}  // namespace
}  // namespace anteroom::worker
