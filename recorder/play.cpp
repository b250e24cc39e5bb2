// Sleeping is computed against the recording's clock, so rounding does not add up over an eight-hour session.
#include "recorder/play.h"

#include <cmath>

namespace anteroom::recorder {

namespace {

class Playback {
public:
    Playback(const PlayOptions& options, const PlayTo& to) : options_(options), to_(to), channel_(options.channel), shown_(options.from) {}

    Status run(Reader& reader) {
        while (true) {
            const auto piece = TRY(reader.next());
            if (!piece) return ok();
            for (const auto& event : piece->events) TRY(show(event));
        }
    }
    Status restore() { return to_.write(filter_.finish()); }

private:
    Status show(const Event& event) {
        if (event.track != Track::terminal_output) return ok();
        if (!channel_) channel_ = event.channel;
        if (event.channel != *channel_) return ok();
        TRY(wait_until(event.at));
        std::string text;
        filter_.feed(event.bytes, text);
        return text.empty() ? ok() : to_.write(text);
    }

    Status wait_until(Duration at) {
        if (at <= shown_) return ok();
        Duration pause = at - shown_;
        shown_ = at;
        if (options_.idle_cap) pause = std::min(pause, *options_.idle_cap);
        const double wanted = static_cast<double>(pause.count()) / options_.speed + owed_;
        const double whole = std::floor(wanted);
        owed_ = wanted - whole;
        const Duration wait(static_cast<std::int64_t>(whole));
        return wait.count() > 0 ? to_.sleep(wait) : ok();
    }

    const PlayOptions& options_;
    const PlayTo& to_;
    std::optional<std::uint32_t> channel_;
    Duration shown_;
    double owed_ = 0;  // a fraction of a microsecond
    TerminalFilter filter_;
};

}  // namespace

Status play(Reader& reader, const PlayOptions& options, const PlayTo& to) {
    if (!(options.speed > 0.001) || options.speed > 1e6) return fail(ErrorKind::invalid, "the speed is not between 0.001 and 1000000");
    Playback playback(options, to);
    const Status played = playback.run(reader);
    const Status restored = playback.restore();
    return played ? restored : played;
}

}  // namespace anteroom::recorder
