// anteroom-exporter: writes one recording into a pipe, as a cast, a film or a bundle, in a sandbox, with that recording's data key (for a
// bundle without) and nothing else. The broker starts it (terms.h); it opens no file, knows no path and talks to nobody.
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/log.h"
#include "base/wire.h"
#include "proxies/worker/sandbox.h"
#include "recorder/cast.h"
#include "recorder/evidence/archive.h"
#include "recorder/exporter/terms.h"
#include "recorder/film/movie.h"

using namespace anteroom;

namespace {

constexpr std::size_t gathered = 64 * 1024, memory = 2u << 30;  // x264 holds some dozen pictures, which may be 4K

Result<exporter::ExportTerms> read_terms() {
    const auto size = TRY(recorder::size_of(exporter::terms_fd));
    if (size > exporter::longest_terms) return fail(ErrorKind::invalid, "the terms are too long");
    auto bytes = TRY(recorder::read_at(exporter::terms_fd, 0, static_cast<std::size_t>(size)));
    auto terms = wire::decode<exporter::ExportTerms>(bytes);
    wipe(bytes.data(), bytes.size());
    ::close(exporter::terms_fd);
    return terms;
}

Result<recorder::Reader> reader_of(exporter::ExportTerms& terms) {
    auto reader = TRY(recorder::Reader::open(Fd(exporter::recording_fd), terms.data_key.expose(), terms.signer, false));
    terms.data_key = Secret();
    return reader;
}

Status write_cast(exporter::ExportTerms& terms) {
    auto reader = TRY(reader_of(terms));
    std::string held;
    const auto flush = [&] {
        auto written = write_all(exporter::out_fd, view(held));
        held.clear();
        return written;
    };
    recorder::CastOptions options;
    options.title = terms.title;
    TRY(recorder::export_cast(reader, options, [&](std::string_view line) {
        held += line;
        return held.size() < gathered ? ok() : flush();
    }));
    return flush();
}

Status write_film(exporter::ExportTerms& terms) {
    auto reader = TRY(reader_of(terms));
    film::MovieOptions options;
    options.title = terms.title;
    options.streamed = true;
    return film::write_movie(reader, exporter::out_fd, options);
}

Status write_bundle(const exporter::ExportTerms& terms) {
    evidence::Members members;
    for (const auto& one : terms.members) members[one.name] = one.content;
    return evidence::write_archive(members, exporter::recording_fd, terms.size, [](View bytes) { return write_all(exporter::out_fd, bytes); });
}

Status write() {
    auto terms = TRY(read_terms());
    TRY(worker::close_sandbox({.data_bytes = memory, .descriptors = 16, .reads = true}));
    if (terms.format == "cast") return write_cast(terms);
    if (terms.format == "mp4") return write_film(terms);
    if (terms.format == "bundle") return write_bundle(terms);
    return fail(ErrorKind::invalid, "nothing is exported as " + printable(terms.format));
}

}  // namespace

int main() {
    log::open("anteroom-exporter");
    ::clearenv();
    std::signal(SIGPIPE, SIG_IGN);
    const auto written = write();
    if (written) return exporter::ended_done;
    log::error("export", {{"error", written.error().detail}});
    return 1;
}
