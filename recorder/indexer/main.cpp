// anteroom-indexer: reads one recording and writes the index beside it, in a sandbox, with that recording's data key and nothing else.
// The broker starts it (terms.h); it opens no file, knows no path and talks to nobody.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/log.h"
#include "base/wire.h"
#include "proxies/worker/sandbox.h"
#include "recorder/follow.h"
#include "recorder/indexer/run.h"
#include "recorder/indexer/terms.h"
#include "recorder/keys.h"

using namespace anteroom;

namespace {

Result<indexer::IndexTerms> read_terms() {
    Bytes packet(indexer::longest_terms);
    const ssize_t size = ::recv(indexer::terms_fd, packet.data(), packet.size(), 0);
    if (size < 0) return fail_errno("terms");
    auto terms = wire::decode<indexer::IndexTerms>(View(packet).first(static_cast<std::size_t>(size)));
    wipe(packet.data(), packet.size());
    return terms;
}

// Nothing is sent on that descriptor any more: whatever happens there is its end.
bool wait_for_more() {
    pollfd let_go{indexer::terms_fd, POLLIN, 0};
    return ::poll(&let_go, 1, static_cast<int>(recorder::follow_every / std::chrono::milliseconds(1))) == 0;
}

Result<indexer::Ended> index() {
    auto terms = TRY(read_terms());
    TRY(worker::close_sandbox({.descriptors = 16, .reads = true}));
    auto reader = TRY(recorder::Reader::open(Fd(indexer::recording_fd), terms.data_key.expose(), terms.signer, terms.live));
    auto writer =
        TRY(recorder::IndexWriter::create(Fd(indexer::index_fd), terms.data_key.expose(), recorder::hash_of(reader.header()), recorder::kernel_entropy()));
    terms.data_key = Secret();
    return indexer::run(reader, writer, wait_for_more);
}

}  // namespace

int main() {
    log::open("anteroom-indexer");
    ::clearenv();
    std::signal(SIGPIPE, SIG_IGN);
    const auto ended = index();
    if (ended) return *ended == indexer::Ended::done ? indexer::ended_done : indexer::ended_let_go;
    log::error("index", {{"error", ended.error().detail}});
    return 1;
}
