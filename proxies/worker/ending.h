// Ending: when a session ends and what its person is told before. Two ends: what was approved, and, where policy gives a
// grace, a later one that holds whatever happens. Pure: it takes the time and says what is due.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace anteroom::worker {

class Ending {
public:
    enum class Due : std::uint8_t {
        warning,  // `left` until the end that comes next
        grace,    // the approved time is over; `left` until the session is cut
        over,
    };
    struct Notice {
        Due due;
        Duration left;
        bool in_grace;  // the next end is the last
    };

    // New ends, from now on. `expires` 0 or later than `deadline` is `deadline`. Warnings are armed anew.
    void set(Monotonic expires, Monotonic deadline, Monotonic now);
    // What is due now, each once but `over`. Call until it gives nothing.
    std::optional<Notice> due(Monotonic now);
    bool in_grace() const { return in_grace_; }
    // The end that comes next, and the last.
    Monotonic next_end() const { return in_grace_ ? deadline_ : expires_; }
    Monotonic deadline() const { return deadline_; }

private:
    void arm(Monotonic now);

    Monotonic expires_{}, deadline_{};
    bool in_grace_ = false;
    unsigned warnings_ = 0;  // how many of the thresholds are still to come
};

// For people: to the second near the end, to the minute before.
std::string time_left(Duration left);
// What the person reads of a warning or of the grace that begins; `ask` is added to a warning: how more time is asked for, or nothing.
std::string sentence(const Ending::Notice& notice, std::string_view ask);

}  // namespace anteroom::worker
