// anteroom-rdp: one client's remote desktop. Started by the gateway, once the front has done TLS, with descriptor 3, the plain stream,
// and 4, the broker's channel.
#include <fcntl.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/log.h"
#include "proxies/rdp/connection.h"
#include "proxies/rdp/doors.h"

using namespace anteroom;

namespace {

constexpr int plain_fd = 3, control_fd = 4;

// One arena for both threads, and pictures that are let go of go back to the system at once.
void keep_memory_small() {
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD, 256 << 10);
    ::mallopt(M_TRIM_THRESHOLD, 256 << 10);
}

// What FreeRDP and OpenSSL open or measure on first use is used once before the sandbox closes.
void warm_up() {
    // lint: allow banned: FreeRDP wants to know where it would keep things, and the gateway gives no environment; here it keeps none
    ::setenv("HOME", "/nonexistent", 1);
    WLog_SetLogLevel(WLog_GetRoot(), WLOG_OFF);
    primitives_set_hints(PRIMITIVES_ONLY_CPU);  // otherwise each process measures for a third of a second which routine is fastest
    (void)primitives_get();
    (void)winpr_InitializeSSL(WINPR_SSL_INIT_DEFAULT);
    (void)WTSRegisterWtsApiFunctionTable(FreeRDP_InitWtsApi());
    BYTE digest[16]{};
    (void)winpr_Digest(WINPR_MD_MD4, digest, sizeof digest, digest, sizeof digest);  // NTLM's: from OpenSSL's legacy provider
    SSL_CTX_free(SSL_CTX_new(TLS_client_method()));
    const auto pair = crypto::p256_generate();
    (void)crypto::p256_shared(pair.private_key.expose(), pair.public_key);
    (void)crypto::aes_gcm_seal(crypto::random_bytes(32), crypto::random_bytes(12), {}, crypto::random_bytes(16));
}

}  // namespace

int main(int argc, char** argv) {
    log::open("anteroom-rdp");
    std::signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && std::strcmp(argv[1], "--self-test") == 0) {
        const auto fonts = rdp::Fonts::load();
        if (!fonts) log::error("self-test", {{"error", fonts.error().detail}});
        if (!rdp::doors_hold()) log::error("self-test", {{"error", "FreeRDP's calls do not come to this program"}});
        return fonts && rdp::doors_hold() ? 0 : 1;
    }
    if (::fcntl(plain_fd, F_GETFD) < 0 || ::fcntl(control_fd, F_GETFD) < 0) {
        log::error("start", {{"error", "this program is started by anteroom-gateway"}});
        return 2;
    }
    keep_memory_small();
    warm_up();
    auto fonts = rdp::Fonts::load();
    if (!fonts) {
        log::error("start", {{"error", fonts.error().detail}});
        return 1;
    }
    rdp::Connection connection(control::Link(Fd(control_fd), control::Sender::worker, control::Sender::broker), std::move(*fonts));
    auto served = connection.run(Fd(plain_fd));
    if (!served) log::info("connection.ended", {{"error", served.error().detail}});
    ::_exit(0);  // the sandbox is closed: no destructor has anything to give back
}
