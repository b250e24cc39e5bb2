// Recording: the worker's hold on its session's recording. Append before you forward; commit once a second; when the
// backlog grows the session's input stalls, and when it cannot be written or confirmed the session ends.
#pragma once

#include "broker/control/link.h"
#include "recorder/keystrokes.h"
#include "recorder/tracks.h"
#include "recorder/writer.h"

namespace anteroom::worker {

class Recording {
public:
    Recording(Fd file, recorder::SessionKeys keys, Monotonic start, control::Link& link)
        : start_(start), header_hash_(keys.header_hash), writer_(std::move(file), std::move(keys), start), link_(link), confirmed_(start), committed_(start) {}

    template <class Kind>
    Status append(recorder::Track track, Kind kind, std::uint32_t channel, View bytes, Monotonic now) {
        return writer_.append(track, kind, channel, bytes, now);
    }
    Status marker(recorder::MarkerKind kind, std::uint32_t channel, std::string_view text, Monotonic now) {
        return writer_.append(recorder::Track::marker, kind, channel, view(text.substr(0, recorder::max_event_bytes)), now);
    }
    recorder::Writer& writer() { return writer_; }

    // From now on typed() keeps what is typed, sealed to this P-256 public key; empty: it keeps nothing. Before the first key.
    Status seal_keystrokes_to(View recipient, recorder::Track track);
    bool keeps_keystrokes() const { return keystrokes_.has_value(); }
    // Before it is forwarded. Beside the counts, which are the caller's.
    Status typed(std::uint32_t channel, View bytes, Monotonic now);
    // Something is not in the file yet: tick() is wanted every 50 ms.
    bool waits() const { return writer_.backlog() > 0 || (keystrokes_ && keystrokes_->pending()); }

    // Seals what is due and commits once a second. An error means that the session cannot be recorded any more.
    Status tick(Monotonic now);
    void confirmed(std::uint64_t count, Monotonic now);
    // True while the client's input has to wait.
    bool stalled(Monotonic now) const;
    // Everything into the file; what EndSession then carries.
    recorder::Commit finish();

private:
    Monotonic start_;
    recorder::Digest header_hash_;
    recorder::Writer writer_;
    std::optional<recorder::KeystrokeSealer> keystrokes_;
    control::Link& link_;
    Monotonic confirmed_;  // when the broker last confirmed, or the commit under way went out
    Monotonic committed_;
    std::uint64_t sent_count_ = 0, confirmed_count_ = 0;
};

}  // namespace anteroom::worker
