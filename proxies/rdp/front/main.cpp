// anteroom-rdp-front: one RDP client's X.224 and TLS. Started by the gateway with descriptor 3, the client; 4, its end of the worker's
// plain stream; 5, the TLS identity, which is read and closed before the client's first byte.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "base/log.h"
#include "proxies/rdp/front/front.h"
#include "proxies/rdp/front/tls.h"
#include "proxies/worker/sandbox.h"

using namespace anteroom;

namespace {

constexpr int client_fd = 3, plain_fd = 4, identity_fd = 5;
constexpr worker::SandboxLimits limits{.data_bytes = 32u << 20, .descriptors = 8};

Status serve() {
    const int one = 1, idle = 60, apart = 10, probes = 3;
    const unsigned unanswered_ms = 3 * 60 * 1000;
    ::setsockopt(client_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // A client that vanished without a word, or takes nothing any more, is gone within minutes, as in the other door (tcp(7), RFC 5482).
    ::setsockopt(client_fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    ::setsockopt(client_fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    ::setsockopt(client_fd, IPPROTO_TCP, TCP_KEEPINTVL, &apart, sizeof apart);
    ::setsockopt(client_fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    ::setsockopt(client_fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms);
    TRY(set_nonblocking(client_fd));
    TRY(set_nonblocking(plain_fd));
    rdp::Tls tls = TRY(rdp::server_tls(client_fd, identity_fd));
    ::close(identity_fd);
    TRY(worker::close_sandbox(limits));
    return rdp::Front(client_fd, plain_fd, std::move(tls)).serve();
}

}  // namespace

int main() {
    log::open("anteroom-rdp-front");
    std::signal(SIGPIPE, SIG_IGN);
    for (const int fd : {client_fd, plain_fd, identity_fd})
        if (::fcntl(fd, F_GETFD) < 0) {
            log::error("start", {{"error", "this program is started by anteroom-gateway"}});
            return 2;
        }
    auto served = serve();
    if (!served) log::info("connection.ended", {{"error", served.error().detail}});
    ::_exit(0);  // the sandbox is closed: no destructor has anything to give back
}
