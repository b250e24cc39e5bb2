// What an index adds to a replay: the timeline, search in what was shown, and where replay can begin. Whatever is wrong with it, there
// is none: a replay does without.
#pragma once

#include "recorder/index.h"
#include "web/commands.h"
#include "web/messages.h"

namespace anteroom::web {

class Outline {
public:
    static constexpr Duration look_every = std::chrono::seconds(2);
    static constexpr std::size_t most_hits = 200, most_moments = 20'000;
    // `file`: may be none.
    Outline(Fd file, View data_key, const recorder::Digest& header_hash);

    // Says the timeline when it has grown, and whether it did. `now`: of the clock that tells how long ago it was looked at.
    bool look(Monotonic now, Outbox& out);
    void search(const Search& search, Outbox& out) const;
    // The last key frame at or before; none: begin at the beginning.
    std::optional<recorder::KeyFrame> before(Duration at, std::uint32_t channel) const;
    // That are terminals.
    std::set<std::uint32_t> channels() const;
    // It says what is open at that moment.
    bool reaches(Duration at) const;
    struct Shown {
        std::uint32_t channel = 0;
        bool among_others = false;  // up to that moment two were open at once
    };
    // The terminal that a viewer sees at that moment: the preferred one while it is open, else one after the other.
    std::optional<Shown> shown_at(Duration at, std::optional<std::uint32_t> preferred) const;

private:
    void drop(const Error& why) const;
    void say(Monotonic now, Outbox& out);
    mutable std::optional<recorder::Index> index_;
    Monotonic next_look_{};  // a long timeline is told less often
    std::uint64_t told_pieces_ = 0;
    bool told_ = false, whole_ = false;
};

}  // namespace anteroom::web
