// Warned of 5 min and 1 min before an end.
#include "proxies/worker/ending.h"

#include <algorithm>
#include <array>

namespace anteroom::worker {

namespace {
// The last first: as many as are armed stand at the front.
constexpr std::array<Duration, 2> thresholds{std::chrono::minutes(1), std::chrono::minutes(5)};
}  // namespace

void Ending::set(Monotonic expires, Monotonic deadline, Monotonic now) {
    deadline_ = deadline;
    expires_ = expires == Monotonic() ? deadline : std::min(expires, deadline);
    in_grace_ = false;
    arm(now);
}

// What is not longer than a warning's time is not warned of at once.
void Ending::arm(Monotonic now) {
    warnings_ = 0;
    while (warnings_ < thresholds.size() && next_end() - now > thresholds[warnings_]) ++warnings_;
}

std::optional<Ending::Notice> Ending::due(Monotonic now) {
    if (now >= deadline_) return Notice{Due::over, Duration(0), in_grace_};
    if (!in_grace_ && now >= expires_) {
        in_grace_ = true;
        arm(now);
        return Notice{Due::grace, deadline_ - now, true};
    }
    const Duration left = next_end() - now;
    // After a sleep several may have passed: one is told, with what is really left.
    bool passed = false;
    while (warnings_ > 0 && left <= thresholds[warnings_ - 1]) {
        --warnings_;
        passed = true;
    }
    if (!passed) return std::nullopt;
    return Notice{Due::warning, left, in_grace_};
}

}  // namespace anteroom::worker
