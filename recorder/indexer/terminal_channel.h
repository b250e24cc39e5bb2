// One channel with a terminal: its output rendered, its lines written down, its key frames made when they are due.
#pragma once

#include "recorder/events.h"
#include "recorder/indexer/lines.h"
#include "recorder/indexer/terminal.h"
#include "recorder/indexer/titles.h"
#include "recorder/reader.h"
#include "recorder/terminal_filter.h"

namespace anteroom::indexer {

inline constexpr Duration key_frame_every = std::chrono::seconds(30);
inline constexpr std::size_t key_frame_bytes = 512 * 1024;

class TerminalChannel {
public:
    TerminalChannel(std::uint32_t number, const Size& size, const Sink& sink, Room& room);
    Status output(Duration at, View bytes);
    void typed(Duration at);
    Status resized(Duration at, const Size& size);
    // Between two pieces: `at` is the end of the one before, `next` the one that follows. The bytes of a key frame's picture, if one was made.
    Result<std::size_t> between(Duration at, const recorder::ReadFrom& next, Duration every);
    // Nothing has come up to `now`: what has stood still long enough is written down.
    Status quiet(Duration now) { return settle(now); }
    // The last lines.
    Status end(Duration at);

private:
    Status settle(Duration now);
    Status sweep(Duration at, bool with_cursor_line);
    void failed(const Status& status);

    std::uint32_t number_;
    const Sink* sink_;
    Room* room_;
    Lines lines_;
    recorder::TerminalFilter filter_;
    Titles titles_;
    Terminal terminal_;
    std::string title_;
    Duration at_{}, changed_{-1}, swept_{-1}, framed_{0}, typed_{-1};
    std::size_t since_frame_ = 0;
    bool dirty_ = false;  // something was shown since the last sweep
    Budget titles_budget_{1, 20};
    Status status_;  // of what happened inside a callback
};

}  // namespace anteroom::indexer
