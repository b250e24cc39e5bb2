// A terminal that has ended stays as it is until something else is shown.
#include "recorder/one_terminal.h"

namespace anteroom::recorder {

namespace {

constexpr std::size_t most_told = 1024;

bool ends(const Event& event) {
    const auto kind = static_cast<ExecKind>(event.kind);
    return event.track == Track::exec && (kind == ExecKind::exit_status || kind == ExecKind::exit_signal);
}

}  // namespace

bool OneTerminal::is(std::uint32_t channel) {
    if (!channel_) channel_ = channel;
    return channel == *channel_;
}

std::string OneTerminal::event(const Event& event) {
    std::string text;
    if (event.track == Track::terminal_output) {
        if (is(event.channel)) text = output(event);
        else if (!named_) leave_out(event.channel, "Another terminal");
    }
    if (ends(event) && open_ && channel_ == event.channel) {
        open_ = false;
        plain_.disturbed();
    }
    const bool seen = named_ ? named_ == event.channel : !open_;
    const bool prints = event.track == Track::channel_output && event.kind != static_cast<std::uint8_t>(Stream::input);
    if (prints && !seen && !named_) leave_out(event.channel, "What a command prints beside the terminal");
    const std::string plain = plain_.event(event, seen);
    if (!plain.empty() && !std::exchange(restored_, true)) {
        text += filter_.finish();
        filter_ = TerminalFilter();
    }
    return text + plain;
}

std::string OneTerminal::output(const Event& event) {
    std::string text = plain_.give_way();
    open_ = true;
    restored_ = false;
    if (as_recorded_) repair_.feed(event.bytes, text);
    else filter_.feed(event.bytes, text);
    return text;
}

void OneTerminal::leave_out(std::uint32_t channel, std::string_view what) {
    if (told_.size() == most_told || !told_.insert(channel).second) return;
    left_out_ = std::string(what) + " (channel " + std::to_string(channel) + ") is not shown here: the console's replay shows it, and a bundle holds it.";
}

std::string OneTerminal::finish() {
    std::string text;
    if (!as_recorded_) text = filter_.finish();
    else if (!restored_) repair_.finish(text);
    return text + plain_.finish();
}

}  // namespace anteroom::recorder
