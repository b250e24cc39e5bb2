// A torn last piece is only a piece that is not there yet: the reader stays before it and looks again.
#include "recorder/follow.h"

#include "recorder/tracks.h"

namespace anteroom::recorder {

namespace {

constexpr std::size_t max_note = 200, most_beside = 4096;

std::string text_of(View bytes) { return printable(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), max_note); }

}  // namespace

Status Follower::run(Reader& reader) {
    const Status followed = [&]() -> Status {
        while (true) {
            while (TRY(step(reader))) continue;
            if (reader.state() != State::live) return ok();
            TRY(to_.wait(follow_every));
        }
    }();
    if (followed) return finish();
    (void)restore();  // what ended it is what is told
    return fail(followed.error());
}

Result<bool> Follower::step(Reader& reader) {
    const auto piece = TRY(reader.next());
    if (!piece) return false;
    for (const auto& one : piece->events) TRY(event(one));
    return true;
}

Status Follower::finish() {
    if (lines_) TRY(lines_->finish());
    TRY(restore());
    const std::string text = plain_.finish();
    return text.empty() ? ok() : to_.show(at_, channel_.value_or(0), text);
}

Status Follower::resume(Duration at, std::uint32_t channel, View state) {
    filter_ = TerminalFilter();
    plain_ = PlainOutput();
    channel_ = channel;
    shown_ = true;
    at_ = at;
    std::string text;
    filter_.feed(state, text);
    return to_.show(at, channel, text);
}

Status Follower::event(const Event& event) {
    at_ = event.at;
    if (lines_ || (!shown_ && shows(event) == Shows::desktop)) return desktop(event);
    switch (event.track) {
        case Track::terminal_output: TRY(output(event)); break;
        case Track::exec: TRY(exec(event)); break;
        case Track::resize: TRY(resize(event)); break;
        case Track::channel_output:
        case Track::channel_summary:
        case Track::gap: break;
        // Who sits at the terminal that is shown is told there.
        case Track::marker: return channel_ == event.channel && shown_ ? ok() : to_.note(event.at, event.channel, text_of(event.bytes));
        default: return ok();
    }
    return plain(event);
}

Status Follower::plain(const Event& event) {
    const bool seen = fixed_ ? fixed_ == event.channel : !shown_;
    const bool prints = event.track == Track::channel_output && event.kind != static_cast<std::uint8_t>(Stream::input);
    if (prints && !seen && !fixed_ && beside_.size() < most_beside && beside_.insert(event.channel).second)
        TRY(to_.note(event.at, event.channel, "it prints beside the terminal, where it is not shown: look at this channel"));
    const std::string text = plain_.event(event, seen);
    return text.empty() ? ok() : to_.show(event.at, event.channel, text);
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
    std::string text = shown_ ? "" : plain_.give_way();
    shown_ = true;
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

Status Follower::resize(const Event& event) {
    if (!to_.size || (channel_ && channel_ != event.channel)) return ok();
    const auto size = wire::decode<Resize>(event.bytes);
    return size ? to_.size(event.at, size->columns, size->rows) : ok();
}

Status Follower::restore() {
    if (!shown_) return ok();
    shown_ = false;
    const std::string text = filter_.finish();
    filter_ = TerminalFilter();
    plain_.disturbed();
    return to_.show(at_, channel_.value_or(0), text);
}

}  // namespace anteroom::recorder
