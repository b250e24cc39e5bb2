// anteroom-web --dir DIR: the console's web server. It holds its TLS key and what passes through; people, sessions and what they may do are
// the broker's, which it asks about every call. It starts as two processes: one that listens, in a sandbox, and its doorman (doorman.h).
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/log.h"
#include "proxies/worker/sandbox.h"
#include "web/doorman.h"
#include "web/server.h"
#include "web/tls.h"

using namespace anteroom;

namespace {

constexpr int started_badly = 2;
constexpr std::size_t memory = 768u << 20;
constexpr unsigned most_descriptors = 2304, kept_for_others = 128;

std::string own_folder() {
    char path[4096];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    const std::string whole(path, size > 0 ? static_cast<std::size_t>(size) : 0);
    return whole.substr(0, whole.rfind('/'));
}

void close_ways_out() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    ::clearenv();
    ::tzset();
    std::signal(SIGPIPE, SIG_IGN);
}

unsigned descriptors() {
    rlimit now{};
    ::getrlimit(RLIMIT_NOFILE, &now);
    return static_cast<unsigned>(std::min<rlim_t>(now.rlim_max, most_descriptors));
}

[[noreturn]] void end_for_new_terms() { ::_exit(0); }

Status serve(const std::string& dir) {
    auto line = TRY(web::with_doorman(dir + "/run/web.sock"));
    auto greeted = TRY(web::greet_broker(line.get()));
    auto& [link, terms] = greeted;
    auto context = TRY(web::server_tls(terms.identity, terms.welcome.tls12));
    const auto assets = TRY(web::Assets::load(own_folder() + "/../share/console"));
    if (!assets.has_page()) log::warn("pages.missing", {{"folder", own_folder() + "/../share/console"}});
    auto listener = TRY(web::listen_on(terms.welcome.listen));
    boost::asio::io_context io(1);
    const auto limit = descriptors();
    web::Guests guests({.all = std::max(64u, limit - std::min(limit, kept_for_others))});
    web::Broker broker(io, line.release(), std::move(link), terms, end_for_new_terms);
    web::Server server(io, web::House{web::Origin::of(terms.welcome.origin), assets, broker, guests}, boost::asio::ssl::context(context.release()),
                       std::move(listener));
    log::info("web.ready", {{"listen", terms.welcome.listen}, {"origin", terms.welcome.origin}, {"files", static_cast<std::uint64_t>(assets.size())}});
    terms.identity = Secret();
    TRY(worker::close_sandbox({.data_bytes = memory, .descriptors = limit, .server = true}));
    server.start();
    io.run();
    return ok();
}

}  // namespace

int main(int argc, char** argv) {
    log::open("anteroom-web");
    if (argc != 3 || std::strcmp(argv[1], "--dir") != 0) {
        log::error("usage", {{"usage", "anteroom-web --dir DIR"}});
        return started_badly;
    }
    close_ways_out();
    auto served = serve(argv[2]);
    if (!served) log::error("start", {{"error", served.error().detail}});
    ::_exit(served ? 0 : started_badly);
}
