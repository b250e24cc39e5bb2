// Time comes in at the edge: decisions take a Time, programs hold a Clock. Wall time has microseconds (as stored);
// Monotonic is CLOCK_BOOTTIME, which a changed wall clock does not move and which counts suspend.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace anteroom {

using Duration = std::chrono::microseconds;
using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

struct MonotonicClock {
    using duration = std::chrono::microseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<MonotonicClock, duration>;
    static constexpr bool is_steady = true;
    static time_point now();
};
using Monotonic = MonotonicClock::time_point;

class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    virtual Monotonic monotonic() const = 0;
};

class SystemClock final : public Clock {
public:
    Time now() const override;
    Monotonic monotonic() const override;
};

// For tests: time stands until advanced.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Time start) : now_(start) {}
    Time now() const override { return now_; }
    Monotonic monotonic() const override { return monotonic_; }
    void advance(Duration by) {
        now_ += by;
        monotonic_ += by;
    }
    void jump_wall(Duration by) { now_ += by; }

private:
    Time now_;
    Monotonic monotonic_{};
};

inline std::int64_t micros(Time time) { return time.time_since_epoch().count(); }
inline Time from_micros(std::int64_t value) { return Time(Duration(value)); }
inline std::int64_t unix_seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); }

std::string rfc3339(Time time);                          // 2026-01-02T03:04:05.678901Z
Result<Time> parse_rfc3339(std::string_view text);       // with Z or an offset, fraction optional
Result<Duration> parse_duration(std::string_view text);  // 90s, 30m, 4h, 2d; one number and one unit
std::string duration_text(Duration duration);            // for people: "1 h 30 min", "17 s"

}  // namespace anteroom
