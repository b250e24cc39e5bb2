// A torn last piece is only a piece that is not there yet: the reader stays before it and looks again.
#include "recorder/follow.h"

#include "recorder/tracks.h"

namespace anteroom::recorder {

namespace {

constexpr std::size_t max_note = 200;

std::string text_of(View bytes) { return printable(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), max_note); }

}  // namespace

Status Follower::run(Reader& reader) {
    const Status followed = [&]() -> Status {
        while (true) {
            TRY(all_there_is(reader));
            if (reader.state() != State::live) return ok();
            TRY(to_.wait(follow_every));
        }
    }();
    if (lines_ && followed) TRY(lines_->finish());
    const Status restored = restore();
    return followed ? restored : followed;
}

Status Follower::all_there_is(Reader& reader) {
    while (true) {
        const auto piece = TRY(reader.next());
        if (!piece) return ok();
        for (const auto& event : piece->events) TRY(see(event));
    }
}

Status Follower::see(const Event& event) {
    at_ = event.at;
    if (lines_ || (!shown_ && shows(event) == Shows::desktop)) return desktop(event);
    switch (event.track) {
        case Track::terminal_output: return output(event);
        case Track::exec: return exec(event);
        // Who sits at the terminal that is shown is told there.
        case Track::marker: return channel_ == event.channel && shown_ ? ok() : to_.note(event.at, event.channel, text_of(event.bytes));
        default: return ok();
    }
}

Status Follower::desktop(const Event& event) {
    if (!lines_) {
        lines_.emplace([this](const EventLine& line) { return to_.note(line.at, 0, std::string(line.what) + ": " + line.text); });
        TRY(to_.note(event.at, event.channel, "a desktop: its picture is seen in the console; what happens beside it follows"));
    }
    return lines_->event(event);
}

Status Follower::output(const Event& event) {
    if (!channel_) channel_ = event.channel;
    if (event.channel != *channel_) return ok();
    shown_ = true;
    std::string text;
    filter_.feed(event.bytes, text);
    return text.empty() ? ok() : to_.show(event.at, event.channel, text);
}

Status Follower::exec(const Event& event) {
    const auto kind = static_cast<ExecKind>(event.kind);
    if ((kind == ExecKind::exit_status || kind == ExecKind::exit_signal) && channel_ == event.channel) {
        TRY(restore());
        channel_ = fixed_;
    }
    constexpr std::array names{"shell", "command: ", "subsystem: ", "exit status ", "ended by signal "};
    return event.kind < names.size() ? to_.note(event.at, event.channel, names.at(event.kind) + text_of(event.bytes)) : ok();
}

Status Follower::restore() {
    if (!shown_) return ok();
    shown_ = false;
    const std::string text = filter_.finish();
    filter_ = TerminalFilter();
    return to_.show(at_, channel_.value_or(0), text);
}

}  // namespace anteroom::recorder
