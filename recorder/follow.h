// Follows a recording while it is written: what there is at once, then every piece as it is sealed, until the broker's final
// frame. What is shown of a terminal has passed the TerminalFilter, always; waiting and output are injected.
#pragma once

#include "recorder/event_lines.h"
#include "recorder/terminal_filter.h"

namespace anteroom::recorder {

inline constexpr Duration follow_every = std::chrono::milliseconds(100);  // with seal_after: well below a second behind

struct FollowTo {
    std::function<Status(Duration)> wait;  // an error (interrupted, key pressed) ends the following and is returned
    // Of the one terminal that is shown.
    std::function<Status(Duration at, std::uint32_t channel, std::string_view text)> show;
    // What happens beside it: channels that begin and end, refusals. One printable line.
    std::function<Status(Duration at, std::uint32_t channel, std::string_view line)> note;
};

// A desktop's session is shown as lines (its picture is seen in the console). Of any other, one terminal: `channel`, or the first that says something, and
// after its end the next that does. The reader must be a live one, or one at its beginning. However it ends, the last thing shown is the terminal's
// restoration.
class Follower {
public:
    explicit Follower(const FollowTo& to, std::optional<std::uint32_t> channel = std::nullopt) : to_(to), fixed_(channel), channel_(channel) {}
    // Until the final frame. An error of the reader is returned as it is.
    Status run(Reader& reader);

private:
    Status all_there_is(Reader& reader);
    Status see(const Event& event);
    Status output(const Event& event);
    Status exec(const Event& event);
    Status restore();

    Status desktop(const Event& event);

    const FollowTo& to_;
    std::optional<EventLines> lines_;  // of a desktop
    std::optional<std::uint32_t> fixed_, channel_;
    TerminalFilter filter_;
    Duration at_{};
    bool shown_ = false;  // something of channel_
};

}  // namespace anteroom::recorder
