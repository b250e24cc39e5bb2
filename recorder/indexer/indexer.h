// Pieces of a recording in, entries of its index out. Knows neither files nor keys. Channels, lines and moments are bounded: what is
// left out is said.
#pragma once

#include <map>
#include <set>

#include "recorder/event_lines.h"
#include "recorder/indexer/activity.h"
#include "recorder/indexer/plain_lines.h"
#include "recorder/indexer/terminal_channel.h"

namespace anteroom::indexer {

class Indexer {
public:
    static constexpr std::size_t most_terminals = 12, most_streams = 64, most_known = 4096;

    explicit Indexer(Sink sink);
    // The next one, in order.
    Status piece(const recorder::Piece& piece);
    // Nothing has come for so long: what stands still on the terminals is written down.
    Status quiet(Duration since);
    // What can be said so far: activity, and how far this goes.
    Status flush();
    // After the last piece. `whole`: the recording's final frame was reached.
    Status finish(bool whole);

private:
    Status event(const recorder::Event& event);
    Status terminal(const recorder::Event& event);
    Status stream(const recorder::Event& event);
    Status line(const recorder::EventLine& line);
    Status key_frame(const recorder::Event& event, const recorder::Piece& piece);
    Status end_channel(std::uint32_t channel, Duration at);
    void count(const recorder::Event& event);
    Status refuse(const recorder::Event& event);

    Sink sink_;
    Room room_;
    ActivityCounter activity_;
    std::map<std::uint32_t, std::unique_ptr<TerminalChannel>> terminals_;
    std::map<std::uint32_t, Size> sizes_;  // said before the first output
    std::map<std::uint32_t, PlainLines> streams_;
    std::set<std::uint32_t> refused_, beside_;
    recorder::EventLines lines_;
    std::uint32_t line_channel_ = 0;
    std::uint64_t pieces_ = 0, flushed_ = 0;
    std::size_t pictures_ = 0;  // bytes of all key frames
    Duration at_{};
};

}  // namespace anteroom::indexer
