// The discipline of RECORDING: commit each second, stall at 1 MiB or 2 s, give up at 10 s.
#include "proxies/worker/recording.h"

namespace anteroom::worker {

namespace {
constexpr Duration commit_every = std::chrono::seconds(1), stall_after = std::chrono::seconds(2), resend_after = std::chrono::seconds(3),
                   end_after = std::chrono::seconds(10);
constexpr std::size_t stall_bytes = 1u << 20;
}  // namespace

Status Recording::seal_keystrokes_to(View recipient, recorder::Track track) {
    if (!recipient.empty()) keystrokes_.emplace(TRY(recorder::KeystrokeSealer::make(recipient, header_hash_, track, start_)));
    return ok();
}

Status Recording::typed(std::uint32_t channel, View bytes, Monotonic now) { return keystrokes_ ? keystrokes_->typed(writer_, channel, bytes, now) : ok(); }

Status Recording::tick(Monotonic now) {
    if (keystrokes_) TRY(keystrokes_->tick(writer_, now));
    TRY(writer_.tick(now));
    const auto state = writer_.commit();
    // One under way at a time; again when no answer comes, as a broker that was restarted knows nothing of it.
    const bool in_flight = sent_count_ > confirmed_count_ && now - committed_ < resend_after;
    if (!in_flight && state.count > confirmed_count_ && now - committed_ >= commit_every) {
        if (sent_count_ == confirmed_count_) confirmed_ = now;
        TRY(link_.send(control::CommitRecording{state}));
        sent_count_ = state.count;
        committed_ = now;
    }
    if (sent_count_ > confirmed_count_ && now - confirmed_ > end_after) return fail(ErrorKind::timeout, "the recording has not been confirmed for 10 s");
    return ok();
}

void Recording::confirmed(std::uint64_t count, Monotonic now) {
    confirmed_count_ = std::max(confirmed_count_, std::min(count, sent_count_));
    confirmed_ = now;
}

bool Recording::stalled(Monotonic now) const { return writer_.backlog() > stall_bytes || (sent_count_ > confirmed_count_ && now - confirmed_ > stall_after); }

recorder::Commit Recording::finish() {
    // A failed flush leaves what was written before: the broker sees the same file.
    if (keystrokes_)
        if (auto sealed = keystrokes_->flush(writer_, MonotonicClock::now()); !sealed) return writer_.commit();
    if (auto flushed = writer_.flush(); !flushed) return writer_.commit();
    return writer_.commit();
}

}  // namespace anteroom::worker
