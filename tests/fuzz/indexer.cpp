// What a target may send to a terminal, and what a hijacked worker may write besides: an index comes of it, within its bounds, and every
// repaint passes the filter unchanged.
// Links: base recorder indexer
#include "recorder/indexer/indexer.h"

#include <cstdlib>

using namespace anteroom;

namespace {

constexpr std::size_t most_entries = 200'000;

void check(const recorder::Indexed& entry, std::size_t& entries) {
    if (++entries > most_entries) std::abort();
    if (const auto* frame = std::get_if<recorder::KeyFrame>(&entry)) {
        recorder::TerminalFilter filter;
        std::string passed;
        filter.feed(view(frame->repaint), passed);
        if (passed != frame->repaint || frame->columns > indexer::largest.columns) std::abort();
    }
    if (const auto* line = std::get_if<recorder::ShownLine>(&entry))
        if (printable(line->text, 1 << 20) != line->text) std::abort();
}

}  // namespace

// Each event: seconds that pass, track, kind, channel, size; then its bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::size_t entries = 0;
    indexer::Indexer indexer([&](const recorder::Indexed& entry) {
        check(entry, entries);
        return ok();
    });
    View rest(bytes, size);
    Duration at{};
    for (std::uint64_t index = 0; rest.size() >= 5; ++index) {
        recorder::Piece piece;
        at += std::chrono::milliseconds(250) * (rest[0] % 128);
        const auto length = std::min<std::size_t>(rest.size() - 5, rest[4]);
        recorder::Event event;
        event.at = at;
        // Mostly a terminal's output.
        event.track = rest[1] % 2 == 0 ? recorder::Track::terminal_output : static_cast<recorder::Track>(rest[1] / 2 % recorder::last_track + 1);
        event.kind = rest[2];
        event.channel = rest[3] % 4;
        event.bytes = rest.subspan(5, length);
        piece.index = index;
        piece.offset = index * 100;
        piece.first = piece.last = at;
        piece.events.push_back(event);
        if (!indexer.piece(piece)) std::abort();
        rest = rest.subspan(5 + length);
    }
    if (!indexer.flush() || !indexer.finish(true)) std::abort();
    return 0;
}
