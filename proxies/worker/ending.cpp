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

std::string time_left(Duration left) {
    if (left < std::chrono::minutes(10)) return duration_text(std::chrono::round<std::chrono::seconds>(left));
    return duration_text(std::chrono::round<std::chrono::minutes>(left));
}

std::string sentence(const Ending::Notice& notice, std::string_view ask) {
    const auto left = time_left(notice.left);
    if (notice.due == Ending::Due::over) return "Your time is up.";
    if (notice.due == Ending::Due::grace) return "The approved time is over; the session goes on for another " + left + " under an alarm.";
    return (notice.in_grace ? "This session is cut in " : "This session's time is over in ") + left + "." + (ask.empty() ? "" : " " + std::string(ask));
}

}  // namespace anteroom::worker
