// fork(2), and a channel handed over.
#include "web/doorman.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/descriptors.h"
#include "broker/control/link.h"

namespace anteroom::web {

namespace {

constexpr int look_every_ms = 150;  // for a broker that is not there

bool hand_over(int line, int channel) {
    char byte = 'c';
    iovec parts[] = {{&byte, 1}};
    return send_with_descriptors(line, parts, std::array{channel}) == 1;
}

// Until the server is gone.
void serve(int line, const std::string& broker_socket) {
    bool wanted = false;
    while (true) {
        pollfd fd{line, POLLIN, 0};
        const int ready = ::poll(&fd, 1, wanted ? look_every_ms : -1);
        if (ready < 0 && errno != EINTR) return;
        if (ready > 0) {
            char byte = 0;
            if (::read(line, &byte, 1) != 1) return;
            wanted = true;
        }
        if (!wanted) continue;
        const auto channel = control::connect_to(broker_socket);
        if (!channel) continue;
        if (!hand_over(line, channel->get())) return;
        wanted = false;
    }
}

[[noreturn]] void be_the_doorman(pid_t server, const Fd& line, const std::string& broker_socket) {
    ::prctl(PR_SET_NAME, "web-doorman");
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    serve(line.get(), broker_socket);
    ::kill(server, SIGKILL);  // it has nobody to ask any more; mostly it has ended by itself
    int status = 0;
    while (::waitpid(server, &status, 0) < 0 && errno == EINTR) continue;
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

}  // namespace

Result<Fd> with_doorman(const std::string& broker_socket) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("socketpair");
    Fd servers(ends[0]), doormans(ends[1]);
    const pid_t parent = ::getpid(), child = ::fork();
    if (child < 0) return fail_errno("fork");
    if (child != 0) {
        servers.close();
        be_the_doorman(child, doormans, broker_socket);
    }
    doormans.close();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) return fail(ErrorKind::io, "the doorman is gone");
    return servers;
}

Status ask_for_channel(int line) {
    const char byte = 'c';
    if (::send(line, &byte, 1, MSG_NOSIGNAL) != 1) return fail_errno("the doorman");
    return ok();
}

Result<Fd> take_channel(int line) {
    std::array<std::uint8_t, 1> byte{};
    auto received = receive_with_descriptors(line, byte);
    if (received.bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return fail(ErrorKind::timeout, "not yet");
    if (received.bytes != 1 || received.descriptors.size() != 1) return fail(ErrorKind::io, "the doorman is gone");
    return std::move(received.descriptors.front());
}

}  // namespace anteroom::web
