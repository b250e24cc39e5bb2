// Recording: the worker's hold on its session's recording. Append before you forward; commit once a second; when the
// backlog grows the session's input stalls, and when it cannot be written or confirmed the session ends.
#pragma once

#include "broker/control/link.h"
#include "recorder/tracks.h"
#include "recorder/writer.h"

namespace anteroom::worker {

class Recording {
public:
    Recording(Fd file, recorder::SessionKeys keys, Monotonic start, control::Link& link)
        : writer_(std::move(file), std::move(keys), start), link_(link), confirmed_(start), committed_(start) {}

    template <class Kind>
    Status append(recorder::Track track, Kind kind, std::uint32_t channel, View bytes, Monotonic now) {
        return writer_.append(track, kind, channel, bytes, now);
    }
    Status marker(recorder::MarkerKind kind, std::uint32_t channel, std::string_view text, Monotonic now) {
        return writer_.append(recorder::Track::marker, kind, channel, view(text.substr(0, recorder::max_event_bytes)), now);
    }
    recorder::Writer& writer() { return writer_; }

    // Seals what is due and commits once a second. An error means that the session cannot be recorded any more.
    Status tick(Monotonic now);
    void confirmed(std::uint64_t count, Monotonic now);
    // True while the client's input has to wait.
    bool stalled(Monotonic now) const;
    // Everything into the file; what EndSession then carries.
    recorder::Commit finish();

private:
    recorder::Writer writer_;
    control::Link& link_;
    Monotonic confirmed_;  // when the broker last confirmed, or the commit under way went out
    Monotonic committed_;
    std::uint64_t sent_count_ = 0, confirmed_count_ = 0;
};

}  // namespace anteroom::worker
