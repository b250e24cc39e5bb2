// Who may have how many bytes of the screen track. While all tiles together stay within the budget, everybody; above it, the tiles
// share it fairly: who takes less than an equal share takes what he needs, who takes more waits (max-min fairness). So a video starves
// itself and never the text beside it. Pure: time comes in.
#pragma once

#include <vector>

#include "base/clock.h"

namespace anteroom::recorder {

class ScreenBudget {
public:
    // What was taken is forgotten with this time constant: in the long run no more than `bytes` in each such time.
    static constexpr Duration memory = std::chrono::seconds(10);
    explicit ScreenBudget(std::uint64_t bytes) : bytes_(static_cast<float>(bytes)) {}

    void reset(std::size_t tiles);
    void pass(Monotonic now);  // forgets, and sets the share; before the questions of a frame
    bool permits(std::size_t tile) const { return total_ <= bytes_ || spent_[tile] <= share_; }
    bool relaxed() const { return total_ <= bytes_ / 4; }
    void charge(std::size_t tile, float bytes) {
        spent_[tile] += bytes;
        total_ += bytes;
    }

private:
    void find_share();
    float bytes_, total_ = 0, share_ = 0;
    std::vector<float> spent_;
    Monotonic passed_{};
};

}  // namespace anteroom::recorder
