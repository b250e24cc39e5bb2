// anteroom-ssh: one client's connection. Started by the gateway with descriptor 3, the client, and 4, the broker's channel.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "base/log.h"
#include "proxies/ssh/connection.h"

using namespace anteroom;

namespace {

constexpr int client_fd = 3, control_fd = 4;

// What OpenSSL and libssh open or allocate on first use is used once before the sandbox closes.
void warm_up() {
    crypto::Sha256 hash;
    hash.update(crypto::random_bytes(32));
    (void)hash.finish();
    const auto pair = crypto::p256_generate();
    (void)crypto::p256_shared(pair.private_key.expose(), pair.public_key);
    (void)crypto::aes_gcm_seal(crypto::random_bytes(32), crypto::random_bytes(12), {}, crypto::random_bytes(16));
}

}  // namespace

int main(int argc, char** argv) {
    log::open("anteroom-ssh");
    std::signal(SIGPIPE, SIG_IGN);
    ssh_init();
    if (argc == 2 && std::strcmp(argv[1], "--self-test") == 0) {
        auto tested = ssh::Custody::self_test();
        if (!tested) log::error("self-test", {{"error", tested.error().detail}});
        return tested ? 0 : 1;
    }
    if (::fcntl(client_fd, F_GETFD) < 0 || ::fcntl(control_fd, F_GETFD) < 0) {
        log::error("start", {{"error", "this program is started by anteroom-gateway"}});
        return 2;
    }
    warm_up();
    ssh::Connection connection(control::Link(Fd(control_fd), control::Sender::worker, control::Sender::broker));
    auto served = connection.run(Fd(client_fd));
    if (!served) log::info("connection.ended", {{"error", served.error().detail}});
    ::_exit(0);  // the sandbox is closed: no destructor has anything to give back
}
