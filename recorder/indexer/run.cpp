// What was read is written at the latest a second later, by the recording's own time and by the waits. What stands on a screen in which nothing
// happens is found too: it counts as standing still when the recording was waited for so long.
#include "recorder/indexer/run.h"

#include "base/log.h"
#include "recorder/follow.h"
#include "recorder/indexer/indexer.h"

namespace anteroom::indexer {

namespace {

constexpr int waits_to_flush = 10, waits_to_settle = 10;

}  // namespace

Result<Ended> run(recorder::Reader& reader, recorder::IndexWriter& writer, const std::function<bool()>& wait) {
    Indexer indexer([&](const recorder::Indexed& entry) { return writer.add(entry); });
    int waited = 0, quiet = 0;  // waits: at all, and since the last piece
    while (true) {
        const auto piece = reader.next();
        if (!piece) {
            log::warn("recording.damaged", {{"error", piece.error().detail}});
            break;
        }
        if (*piece) {
            TRY(indexer.piece(**piece));
            quiet = 0;
            continue;
        }
        if (reader.state() != recorder::State::live) break;
        if (quiet++ == waits_to_settle) {
            TRY(indexer.quiet(waits_to_settle * recorder::follow_every));
            TRY(writer.flush());
        }
        if (waited++ % waits_to_flush == 0) {
            TRY(indexer.flush());
            TRY(writer.flush());
        }
        if (!wait()) return Ended::let_go;
    }
    const bool whole = reader.state() == recorder::State::complete || reader.state() == recorder::State::recovered;
    TRY(indexer.finish(whole));
    TRY(writer.flush());
    return Ended::done;
}

}  // namespace anteroom::indexer
