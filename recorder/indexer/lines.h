// Which lines are written down: each as it was shown, none twice while it stands, and no more than a budget when a screen is rewritten
// all the time. What is left out is counted.
#pragma once

#include <string>
#include <unordered_set>

#include "recorder/index.h"

namespace anteroom::indexer {

using Sink = std::function<Status(const recorder::Indexed&)>;

// So many a second, and so many at once.
class Budget {
public:
    Budget(double a_second, double at_once) : a_second_(a_second), at_once_(at_once), left_(at_once) {}
    bool take(Duration now, double amount = 1);

private:
    double a_second_, at_once_, left_;
    Duration at_{};
};

// What one index may hold, and what one has left out.
struct Room {
    static constexpr std::size_t most_text = 256u << 20, most_moment_text = 12u << 20, most_moments = 60'000, longest_line = 4096;
    std::size_t text = 0, moment_text = 0, moments = 0;
    bool said_full = false;
};

class Lines {
public:
    Lines(std::uint32_t channel, const Sink& sink, Room& room) : channel_(channel), sink_(&sink), room_(&room) {}
    // Of a terminal whose upper line has left it, or of a stream: each counts.
    Status passed(Duration at, const std::string& line);
    // What stands there now: lines that did not stand there the last time are written. `unsure`: the number of one that may still change,
    // which is not.
    Status standing(Duration at, const std::vector<std::string>& lines, std::optional<std::size_t> unsure = std::nullopt);
    // A gap is said when lines were left out, at most once a minute; `last`: now.
    Status tell_left_out(Duration at, bool last = false);

private:
    Status write(Duration at, const std::string& line);

    std::uint32_t channel_;
    const Sink* sink_;
    Room* room_;
    Budget passing_{2000, 20'000}, rewriting_{10, 1000};
    std::unordered_set<std::size_t> standing_;  // hashes
    std::uint64_t left_out_ = 0;
    Duration left_out_at_{}, told_{-1};
};

// A moment, if there is room for it: its text is made printable and cut.
Status tell(const Sink& sink, Room& room, recorder::Moment moment);

}  // namespace anteroom::indexer
