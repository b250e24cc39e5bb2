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
        if (strip.of_time) (void)drop_of_time();
        const auto same = [&](const Strip& one) { return one.text == strip.text; };
        if ((shown_ && same(*shown_)) || std::any_of(waiting_.begin(), waiting_.end(), same)) return;
        if (shown_ && before_others(strip) && !before_others(*shown_)) {
            if (seen(now) < enough) waiting_.push_front(std::move(*shown_));
            shown_.reset();
        }
        const auto at = before_others(strip) ? std::find_if_not(waiting_.begin(), waiting_.end(), before_others) : waiting_.end();
        waiting_.insert(at, std::move(strip));
        if (waiting_.size() > most_waiting) waiting_.pop_back();
        (void)next(now);
    }

    // True when another sentence than before stands there, or none any more.
    bool step(Monotonic now) {
        const bool over = shown_ && !hidden_ && now >= until();
        if (over) shown_.reset();
        return next(now) || over;
    }

    // Nobody can see it any more: its time does not run.
    void hide(Monotonic now) {
        if (!hidden_) hidden_ = now;
    }
    // It can be seen again. True when there were sentences of the time that have become untrue meanwhile: they are gone.
    bool show(Monotonic now) {
        if (!hidden_) return false;
        const auto away = now - *hidden_;
        since_ = now - seen(now);
        hidden_.reset();
        return away >= enough && drop_of_time();
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
    // How long it could be seen.
    Duration seen(Monotonic now) const { return (hidden_ ? std::max(*hidden_, since_) : now) - since_; }
    bool next(Monotonic now) {
        if (shown_ || waiting_.empty()) return false;
        shown_ = std::move(waiting_.front());
        waiting_.pop_front();
        since_ = now;
        return true;
    }
    bool drop_of_time() {
        bool any = std::erase_if(waiting_, [](const Strip& one) { return one.of_time; }) > 0;
        if (shown_ && shown_->of_time) {
            shown_.reset();
            any = true;
        }
        return any;
    }
    static bool before_others(const Strip& strip) { return strip.urgent || strip.of_time; }

    std::deque<Strip> waiting_;  // in the order in which they come
    std::optional<Strip> shown_;
    Monotonic since_{};
    std::optional<Monotonic> hidden_;  // since when
};

}  // namespace anteroom::rdp
