// A wall clock that is set must never make a grant longer. It is compared with CLOCK_BOOTTIME, and with its own last reading that the
// database keeps once a minute. Set back by more than two minutes: the ends of open grants and windows move back by as much, so that
// they last as long as they would have. Set forward: things end early, as their times say. Either is audited. Smaller steps are let
// pass until they add up, since the reading that is compared with only ever moves forward.
#include <charconv>

#include "broker/access/access.h"
#include "broker/access/telling.h"

namespace anteroom::access {

namespace {

constexpr std::string_view setting = "access.clock";
constexpr Duration tolerance = std::chrono::minutes(2), keep_every = std::chrono::minutes(1);

std::optional<Time> time_in(const std::optional<std::string>& text) {
    std::int64_t number = 0;
    if (!text) return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    return error == std::errc() && end == text->data() + text->size() ? std::optional(from_micros(number)) : std::nullopt;
}

void move_back(std::optional<Time>& time, Duration by) {
    if (time) time = *time - by;
}

// What began at a time that the clock has shown goes back with it; what is yet to come keeps its hour.
bool set_back(Request& request, Duration by, Time was) {
    if (request.emergency) move_back(request.review_due, by);
    if (!request.starts || *request.starts > was) return request.emergency;
    move_back(request.starts, by);
    move_back(request.ends, by);
    request.waits_until -= by;
    return true;
}

}  // namespace

Result<Time> Access::now() {
    const auto wall = here_.clock.now();
    const auto at = here_.clock.monotonic();
    if (!seen_) {
        const auto kept = time_in(TRY(here_.settings.get(setting)));
        if (kept && wall < *kept - tolerance) TRY(jumped(wall - *kept, *kept, wall));
        seen_ = Seen{wall, at};
    }
    const auto expected = seen_->wall + (at - seen_->at);
    const auto off = wall - expected;
    if (off > tolerance || off < -tolerance) TRY(jumped(off, expected, wall));
    if (off > Duration(0) || off < -tolerance) seen_ = Seen{wall, at};
    // A disk that is full must not keep anybody from asking what time it is: it is written down the next time.
    if ((!kept_ || at - *kept_ >= keep_every) && here_.settings.set(setting, std::to_string(micros(wall)))) kept_ = at;
    return wall;
}

Status Access::jumped(Duration by, Time expected, Time wall) {
    std::vector<Request> moved;
    std::int64_t windows = 0;
    TRY(here_.database.transaction([&]() -> Status {
        const auto rows = by < Duration(0) ? TRY(here_.requests.open()) : std::vector<store::RequestRow>();
        for (auto& request : TRY(requests_of(rows))) {
            if (!is_open(request.state) && !request.emergency) continue;
            if (!set_back(request, -by, expected)) continue;
            TRY(write({request, {}, {}}, false));
            moved.push_back(std::move(request));
        }
        if (by < Duration(0))
            for (const auto& window : TRY(here_.windows.open(expected))) {
                TRY(here_.windows.move(window.id, window.opened + by, window.ends + by));
                ++windows;
            }
        TRY(here_.settings.set(setting, std::to_string(micros(wall))));
        TRY(here_.log->append({audit::Kind::clock_jumped,
                               "",
                               "",
                               "",
                               {{"direction", by < Duration(0) ? "back" : "forward"},
                                {"by", duration_text(by < Duration(0) ? -by : by)},
                                {"expected", rfc3339(expected)},
                                {"shows", rfc3339(wall)},
                                {"requests_moved", std::to_string(moved.size())},
                                {"windows_moved", std::to_string(windows)}}}));
        return ok();
    }));
    for (const auto& request : moved) tell(request);
    return ok();
}

}  // namespace anteroom::access
