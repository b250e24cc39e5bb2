// The web server's sandbox: it takes connections and waits for many; it makes none, opens nothing, starts nothing.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>

#include "proxies/worker/sandbox.h"

namespace anteroom::worker {
namespace {

constexpr int not_closed = 125;

// Runs `work` in a child behind the closed sandbox; its answer, at most 124, or what went wrong.
int inside(bool server, const std::function<int()>& work) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (!close_sandbox({.descriptors = 64, .server = server})) ::_exit(not_closed);
        ::_exit(work());
    }
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

int refused(long result) { return result == -1 && errno == EPERM ? 0 : 1; }

struct Listening {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
        epoll = ::epoll_create1(EPOLL_CLOEXEC);
    sockaddr_in address{};
    Listening() {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* own = reinterpret_cast<sockaddr*>(&address);
        if (::bind(fd, own, size) != 0 || ::listen(fd, 4) != 0 || ::getsockname(fd, own, &size) != 0 || ::connect(client, own, size) != 0) ::abort();
    }
    Listening(const Listening&) = delete;
    ~Listening() {
        for (const int one : {fd, client, epoll}) ::close(one);
    }
};

TEST(ServerSandbox, TakesAConnectionAndWaitsForIt) {
    const Listening here;
    EXPECT_EQ(inside(true,
                     [&] {
                         epoll_event wanted{EPOLLIN, {}}, came{};
                         if (::epoll_ctl(here.epoll, EPOLL_CTL_ADD, here.fd, &wanted) != 0 || ::epoll_wait(here.epoll, &came, 1, 5000) != 1) return 1;
                         const int taken = ::accept(here.fd, nullptr, nullptr);
                         int one = 1;
                         if (taken < 0 || ::ioctl(taken, FIONBIO, &one) != 0) return 2;
                         return ::setsockopt(taken, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) == 0 ? 0 : 3;
                     }),
              0);
}

TEST(ServerSandbox, AWorkerTakesNone) {
    const Listening here;
    EXPECT_EQ(inside(false, [&] { return refused(::accept(here.fd, nullptr, nullptr)); }), 0);
    EXPECT_EQ(inside(false, [&] { return refused(::epoll_wait(here.epoll, nullptr, 1, 0)); }), 0);
}

TEST(ServerSandbox, ReachesNobodyByItself) {
    const Listening here;
    EXPECT_EQ(inside(true, [] { return refused(::socket(AF_INET, SOCK_STREAM, 0)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::socket(AF_UNIX, SOCK_SEQPACKET, 0)); }), 0);
    // A socket it has already must not be turned round to somebody else.
    EXPECT_EQ(inside(true, [&] { return refused(::connect(here.client, reinterpret_cast<const sockaddr*>(&here.address), sizeof here.address)); }), 0);
    EXPECT_EQ(
        inside(true,
               [&] { return refused(::sendto(here.client, "x", 1, MSG_FASTOPEN, reinterpret_cast<const sockaddr*>(&here.address), sizeof here.address)); }),
        0);
    EXPECT_EQ(inside(true, [&] { return refused(::bind(here.client, reinterpret_cast<const sockaddr*>(&here.address), sizeof here.address)); }), 0);
    EXPECT_EQ(inside(true, [&] { return refused(::listen(here.client, 1)); }), 0);
}

TEST(ServerSandbox, OpensStartsAndChangesNothing) {
    EXPECT_EQ(inside(true, [] { return refused(::open("/etc/hostname", O_RDONLY)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::execl("/bin/true", "true", nullptr)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::syscall(SYS_fork)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::kill(::getppid(), 0)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::fcntl(1, F_SETFL, 0)); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::ioctl(1, TIOCSTI, "x")); }), 0);
    EXPECT_EQ(inside(true, [] { return refused(::ftruncate(1, 0)); }), 0);
}

}  // namespace
}  // namespace anteroom::worker
