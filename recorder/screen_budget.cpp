// The share is where water poured over all tiles' takings would stand: no tile keeps more, and together they keep the budget.
#include "recorder/screen_budget.h"

#include <cmath>
#include <numeric>

namespace anteroom::recorder {

void ScreenBudget::reset(std::size_t tiles) {
    // What another size took is owed still: its bytes stand in the recording.
    const float each = tiles == 0 ? 0 : total_ / static_cast<float>(tiles);
    spent_.assign(tiles, each);
}

void ScreenBudget::pass(Monotonic now) {
    constexpr Duration step = std::chrono::milliseconds(200);
    if (now - passed_ >= step) {
        const float kept = std::exp(-static_cast<float>((now - passed_).count()) / static_cast<float>(memory.count()));
        for (float& spent : spent_) spent *= kept;
        total_ = std::accumulate(spent_.begin(), spent_.end(), 0.0F);
        passed_ = now;
    }
    share_ = bytes_;
    if (total_ > bytes_) find_share();
}

void ScreenBudget::find_share() {
    share_ = bytes_ / static_cast<float>(spent_.size());
    for (int round = 0; round < 16; ++round) {
        float below = 0;
        std::size_t above = 0;
        for (const float spent : spent_) {
            if (spent > share_) ++above;
            else below += spent;
        }
        if (above == 0) return;
        const float next = (bytes_ - below) / static_cast<float>(above);
        if (next <= share_ * 1.001F) return;
        share_ = next;
    }
}

}  // namespace anteroom::recorder
