// Follows a recording while it is written: what there is at once, then every piece as it is sealed, until the broker's final
// frame. What is shown of a terminal has passed the TerminalFilter, always; waiting and output are injected.
#pragma once

#include "recorder/event_lines.h"
#include "recorder/plain_output.h"

namespace anteroom::recorder {

inline constexpr Duration follow_every = std::chrono::milliseconds(100);  // with seal_after: well below a second behind

struct FollowTo {
    std::function<Status(Duration)> wait;  // an error (interrupted, key pressed) ends the following and is returned
    // Of the one terminal that is shown; while there is none, of commands without one (recorder/plain_output.h).
    std::function<Status(Duration at, std::uint32_t channel, std::string_view text)> show;
    // What happens beside it: channels that begin and end, refusals. One printable line.
    std::function<Status(Duration at, std::uint32_t channel, std::string_view line)> note;
    // The size of the terminal that is shown; may be left out.
    std::function<Status(Duration at, std::uint16_t columns, std::uint16_t rows)> size = {};
};

// A desktop's session is shown as lines (its picture is seen in the console). Of any other, one terminal: `channel`, or the first that says something, and
// after its end the next that does. Commands without a terminal are shown while none is; beside one they are told of, and shown as the `channel`. The reader
// must be a live one, or one at its beginning. However it ends, the last thing shown is the terminal's restoration.
class Follower {
public:
    explicit Follower(const FollowTo& to, std::optional<std::uint32_t> channel = std::nullopt) : to_(to), fixed_(channel), channel_(channel) {}
    // Until the final frame. An error of the reader is returned as it is.
    Status run(Reader& reader);
    // The same by hand, for who has other things to do and waits elsewhere: one piece, and false where none is there (while the
    // reader is live: not yet). finish() is the end of it, once.
    Result<bool> step(Reader& reader);
    Status event(const Event& event);  // or one event, for who reads the pieces himself
    // Instead of a beginning: this terminal is the one that is shown, and `state` (an index's key frame) brings an empty one to where it is.
    Status resume(Duration at, std::uint32_t channel, View state);
    Status finish();

private:
    Status output(const Event& event);
    Status exec(const Event& event);
    Status resize(const Event& event);
    Status restore();
    Status plain(const Event& event);
    Status desktop(const Event& event);

    const FollowTo& to_;
    std::optional<EventLines> lines_;  // of a desktop
    std::optional<std::uint32_t> fixed_, channel_;
    TerminalFilter filter_;
    PlainOutput plain_;
    std::set<std::uint32_t> beside_;  // commands that were told of beside a terminal
    Duration at_{};
    bool shown_ = false;  // something of channel_
};

}  // namespace anteroom::recorder
