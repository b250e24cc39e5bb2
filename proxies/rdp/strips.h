// Strips: what is said over a live session, one sentence at a time. What is urgent or about the time that is left goes before what is
// calm, and calm never takes the place of urgent. Each stands long enough to be read; what had to give way before that comes back.
// Pure: it takes the time.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>

#include "base/clock.h"

namespace anteroom::rdp {

struct Strip {
    std::string text;
    bool urgent = false;
    bool of_time = false;  // about the time that is left: a newer one makes older ones untrue
    bool invites = false;  // a click on it asks for more time
    Duration lasts = std::chrono::seconds(12);
};

class Strips {
public:
    static constexpr Duration enough = std::chrono::seconds(6);  // to read a sentence, where the next one waits
    static constexpr std::size_t most_waiting = 8;               // all of them are in the recording

    void say(Strip strip, Monotonic now) {
        if (strip.of_time) {
            std::erase_if(waiting_, [](const Strip& one) { return one.of_time; });
            if (shown_ && shown_->of_time) shown_.reset();
        }
        const auto same = [&](const Strip& one) { return one.text == strip.text; };
        if ((shown_ && same(*shown_)) || std::any_of(waiting_.begin(), waiting_.end(), same)) return;
        if (shown_ && before_others(strip) && !before_others(*shown_)) {
            if (now - since_ < enough) waiting_.push_front(std::move(*shown_));
            shown_.reset();
        }
        const auto at = before_others(strip) ? std::find_if_not(waiting_.begin(), waiting_.end(), before_others) : waiting_.end();
        waiting_.insert(at, std::move(strip));
        if (waiting_.size() > most_waiting) waiting_.pop_back();
        (void)step(now);
    }

    // True when another sentence than before stands there, or none any more.
    bool step(Monotonic now) {
        const bool over = shown_ && now >= until();
        if (over) shown_.reset();
        if (shown_ || waiting_.empty()) return over;
        shown_ = std::move(waiting_.front());
        waiting_.pop_front();
        since_ = now;
        return true;
    }

    const Strip* shown() const { return shown_ ? &*shown_ : nullptr; }
    // Of what is shown.
    Monotonic until() const {
        const bool another = !waiting_.empty() && (before_others(waiting_.front()) || !before_others(*shown_));
        return since_ + (another ? std::min(shown_->lasts, enough) : shown_->lasts);
    }
    void clear() {
        waiting_.clear();
        shown_.reset();
    }

private:
    static bool before_others(const Strip& strip) { return strip.urgent || strip.of_time; }

    std::deque<Strip> waiting_;  // in the order in which they come
    std::optional<Strip> shown_;
    Monotonic since_{};
};

}  // namespace anteroom::rdp
