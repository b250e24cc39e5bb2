// The conversation before there is a target: who hears it, what they typed, and how the target takes over.
#include "proxies/ssh/connection.h"

namespace anteroom::ssh {

namespace {
// How long is the broker's to say, through the gateway too; this only bounds a worker that nobody remembers.
constexpr Duration talk_limit = std::chrono::hours(24);
}  // namespace

void Connection::begin_talk(const control::BeginTalk& talk) {
    talk_.emplace(talk.reads);
    link_.enter(control::talking);
    deadline_ = MonotonicClock::now() + talk_limit;
}

Relay* Connection::audience() {
    for (auto& relay : relays_)
        if (audience_ != 0 && relay->number() == audience_) return relay.get();
    return nullptr;
}

Result<bool> Connection::step_talk() {
    if (auto* heard = audience(); heard != nullptr && heard->client_closed()) leave_talk(*heard);
    if (!target_) TRY(seat_audience());
    auto* heard = audience();
    bool moved = false;
    if (heard != nullptr) moved = target_ || refused_ ? heard->flush(*talk_) : heard->step_talk(*talk_);
    while (auto answer = talk_->take_answer()) {
        moved = true;
        if (link_.state() == control::talking) TRY(link_.send(*answer));
    }
    if (target_ || refused_) moved |= end_talk(heard);
    return moved;
}

// The first channel that starts something; the others wait for the target.
Status Connection::seat_audience() {
    for (auto& relay : relays_) {
        if (relay->client_closed()) relay->close();
        const auto found = relay->step_waiting(gate_, !talk_->has_audience());
        if (!found) continue;
        audience_ = relay->number();
        talk_->begin(*found);
        if (link_.state() == control::talking) TRY(link_.send(*found));
    }
    return ok();
}

void Connection::leave_talk(Relay& relay) {
    talk_->leave();
    audience_ = 0;
    relay.close();
}

// There is a target, or there will be none: what was said is read to its end first.
bool Connection::end_talk(Relay* heard) {
    if (!talk_->output().empty() && heard != nullptr) return false;
    if (heard == nullptr && !target_) return false;  // nobody has come yet to hear why not
    if (refused_) {
        if (heard != nullptr) heard->end_with(refusal_status_);
    } else if (target_->state() != TargetLeg::State::ready) {
        return false;
    }
    talk_.reset();
    audience_ = 0;
    return true;
}

void Connection::hand_over() {
    if (!talk_) return;
    Bytes typed = talk_->finish();
    if (auto* heard = audience(); heard != nullptr) heard->carry(std::move(typed));
}

}  // namespace anteroom::ssh
