// Sleeping is computed against the recording's clock, so rounding does not add up over an eight-hour session.
#include "recorder/play.h"

#include <cmath>

namespace anteroom::recorder {

namespace {

constexpr std::size_t most_left_out = 20;

class Playback {
public:
    Playback(const PlayOptions& options, const PlayTo& to) : options_(options), to_(to), screen_(options.channel), shown_(options.from) {}

    Status run(Reader& reader) {
        while (true) {
            const auto piece = TRY(reader.next());
            if (!piece) return tell();
            for (const auto& event : piece->events) TRY(show(event));
        }
    }
    Status restore() { return to_.write(screen_.finish()); }

private:
    Status show(const Event& event) {
        const std::string text = screen_.event(event);
        if (const auto said = screen_.left_out(); said && left_out_.size() < most_left_out) left_out_.push_back(*said);
        const bool terminal = event.track == Track::terminal_output && screen_.is(event.channel);
        if (text.empty() && !terminal) return ok();
        TRY(wait_until(event.at));
        return text.empty() ? ok() : to_.write(text);
    }

    // On the restored screen, which is restored again.
    Status tell() {
        if (left_out_.empty()) return ok();
        TRY(restore());
        for (const auto& one : left_out_) TRY(to_.write("\r\n\x1b[0;7manteroom: " + one + "\x1b[0m\r\n"));
        return ok();
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
    OneTerminal screen_;
    std::vector<std::string> left_out_;
    Duration shown_;
    double owed_ = 0;  // a fraction of a microsecond
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
