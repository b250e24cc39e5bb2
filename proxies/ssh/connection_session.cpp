// A session from its permit to its end: the target's leg, the relays, the ends that time sets, and the last words.
#include <algorithm>

#include "base/log.h"
#include "proxies/ssh/connection.h"
#include "proxies/ssh/plain_text.h"

namespace anteroom::ssh {

namespace {

constexpr Duration seal_limit = std::chrono::seconds(3), linger = std::chrono::seconds(10), patience = std::chrono::milliseconds(700),
                   refusal_limit = std::chrono::minutes(1), target_limit = std::chrono::seconds(20);
constexpr const char* unrecordable = "The session cannot be recorded any more and was ended.";
constexpr const char* keys_for_more = "Enter, then Ctrl-] and x asks for more time.";
constexpr Duration ask_again = std::chrono::seconds(10);
constexpr std::size_t longest_notice = 4096;

}  // namespace

void Connection::refused(control::SessionRefusal refusal, Monotonic now) {
    refusal_ = std::move(refusal.sentence);
    refusal_status_ = refusal.menu ? 0 : 1;
    refused_ = true;
    refused_at_ = now;
    if (!target_) link_.enter(control::accepted);
    if (!talk_) return;
    talk_->ask({});
    if (!refusal_.empty()) talk_->say(refusal_);
}

Status Connection::begin(control::SessionPermit permit, std::vector<Fd> fds) {
    const auto now = MonotonicClock::now();
    link_.enter(control::permitted);
    TRY(gate_.open(permit));
    Fd agent = fds.size() > 2 ? std::move(fds[2]) : Fd();
    // The recording's clock began when the broker wrote its header.
    const auto age = std::chrono::duration_cast<Duration>(SystemClock().now() - permit.started);
    recording_.emplace(std::move(fds[1]), std::move(permit.keys), now - std::clamp<Duration>(age, Duration(0), target_limit), link_);
    TRY(recording_->seal_keystrokes_to(permit.keystrokes_to, recorder::Track::terminal_input));
    target_ = TRY(TargetLeg::make(std::move(fds[0]), std::move(agent), permit, link_, now + target_limit));
    ending_.set(Monotonic(Duration(permit.expires)), Monotonic(Duration(permit.deadline)), now);
    deadline_ = ending_.deadline();
    extendable_ = permit.extendable;
    last_activity_ = now;
    idle_ = permit.idle;
    help_ = permit.help;
    if (extendable_) permit.notice += (permit.notice.empty() ? "" : "\r\n") + std::string("anteroom: ") + keys_for_more;
    hand_over();
    around_.emplace(Surroundings{gate_, *recording_, front_->session(), target_->session(), permit.bulk_limit, permit.notice});
    return ok();
}

Result<bool> Connection::step_target(Monotonic now) {
    if (!target_) return false;
    const auto before = target_->state();
    bool moved = target_->step(target_event_.get(), now);
    if (before != target_->state()) moved = true;
    if (before != TargetLeg::State::ready && target_->state() == TargetLeg::State::ready) {
        TRY(link_.send(control::TargetReady{true, ""}));
        link_.enter(control::live);
    }
    if (target_->state() == TargetLeg::State::failed && !refused_) {
        TRY(link_.send(control::TargetReady{false, target_->why()}));
        refused({target_->sentence() + (help_.empty() ? "" : " " + help_), false}, now);
    }
    // Channels cannot be opened by a target: whatever it asks for is refused.
    if (target_->state() == TargetLeg::State::ready)
        while (Message message = Message(ssh_message_get(target_->session()))) ssh_message_reply_default(message.get());
    return moved;
}

Result<bool> Connection::step_relays(Monotonic now) {
    bool moved = false;
    if (refused_) {
        for (auto& relay : relays_)
            if (relay->number() != audience_) moved |= relay->step_refused(refusal_, refusal_status_);
        return moved;
    }
    if (!target_ || target_->state() != TargetLeg::State::ready) return false;
    const bool stalled = recording_->stalled(now);
    for (auto& relay : relays_) {
        if (talk_ && relay->number() == audience_) continue;  // what was said before comes first
        const auto stepped = relay->step(*around_, now, stalled);
        if (!stepped) {
            log::error("recording.failed", {{"error", stepped.error().detail}});
            end("recording-failed", unrecordable);
            return true;
        }
        moved |= *stepped;
        if (relay->take_activity()) last_activity_ = now;
        heed_keys(*relay, now);
    }
    return moved;
}

void Connection::announce(const std::string& text, bool ring, Monotonic now) {
    if (recording_) (void)recording_->marker(recorder::MarkerKind::warning, 0, text, now);
    bool heard = false;
    for (auto& relay : relays_) {
        if (relay->finished()) continue;
        relay->announce(text, ring, now);
        heard = true;
    }
    // Nobody is there yet: it stands under the notice of the first terminal.
    if (heard || !around_ || around_->notice.size() + text.size() > longest_notice) return;
    for (const auto& line : plain_lines(text)) around_->notice += (around_->notice.empty() ? "" : "\r\n") + ("anteroom: " + line);
}

void Connection::change_end(const control::ChangeEnd& change) {
    const auto now = MonotonicClock::now();
    ending_.set(Monotonic(Duration(change.expires)), Monotonic(Duration(change.deadline)), now);
    deadline_ = ending_.deadline();
    if (!change.text.empty()) announce(change.text, true, now);
}

// The worker warns by itself: also when there is no broker.
void Connection::step_ending(Monotonic now) {
    if (link_.state() != control::live) return;
    const auto notice = ending_.due(now);
    if (!notice || notice->due == Ending::Due::over) return;
    announce(worker::sentence(*notice, extendable_ ? keys_for_more : ""), true, now);
    if (notice->due != Ending::Due::grace) return;
    if (auto sent = link_.send(control::GraceBegun{}); !sent) log::warn("grace.unsent", {{"error", sent.error().detail}});
}

// Anteroom's own keys, from one terminal; the answer is shown there only.
void Connection::heed_keys(Relay& relay, Monotonic now) {
    for (const auto key : relay.take_keys()) {
        const std::string left = worker::time_left(std::max(ending_.next_end() - now, Duration(0))) + " left.";
        if (key == EscapeKeys::Key::help) {
            relay.announce((extendable_ ? "Enter, then Ctrl-]: x asks for more time, Ctrl-] once more sends it to the target. " : "") + left, false, now);
        } else if (!extendable_) {
            relay.announce("No more time can be asked for in this session. " + left, false, now);
        } else if (asked_more_ != Monotonic() && now - asked_more_ < ask_again) {
            relay.announce("More time was asked for a moment ago.", false, now);
        } else if (auto sent = link_.send(control::AskExtension{}); sent) {
            asked_more_ = now;
            relay.announce("Asked for more time. " + left, false, now);
            (void)recording_->marker(recorder::MarkerKind::approval, relay.number(), "asked for more time", now);
        }
    }
}

bool Connection::step_ends(Monotonic now) {
    if (!end_reason_.empty()) return true;
    if (now >= deadline_) {
        const bool in = front_->state() == Front::State::accepted;
        end(in ? "time-is-up" : "login-timeout", in ? "Your time is up; the session was ended." : "The login took too long.");
    } else if (recording_ && idle_ > Duration(0) && now - last_activity_ >= idle_) {
        end("idle", "The session was silent for " + duration_text(idle_) + " and was ended.");
    } else if (refused_ && now - refused_at_ > refusal_limit) {
        end("refused", "");
    } else if (refused_ && relays_.empty() && (next_channel_ > 0 || now - refused_at_ > linger)) {
        end(target_ ? "target-" + target_->why() : "refused", next_channel_ > 0 ? "" : refusal_);
    } else if (!refused_ && target_ && target_->state() == TargetLeg::State::ready && !target_->connected()) {
        bool busy = false;  // what the target sent last is still on its way to the client
        for (auto& relay : relays_) busy = busy || !relay->drained();
        if (!busy || now - last_moved_ > std::chrono::seconds(2)) end("target-closed", "The target closed the connection.");
    }
    return !end_reason_.empty();
}

void Connection::end(std::string reason, const std::string& sentence) {
    if (!end_reason_.empty()) return;
    end_reason_ = std::move(reason);
    goodbye_ = sentence;
}

// The last bytes of the recording, the broker's seal, and only then the client is let go.
void Connection::say_goodbye() {
    const bool spoken = !goodbye_.empty();
    if (spoken)
        for (auto& relay : relays_) relay->farewell(goodbye_ + (help_.empty() || refused_ ? "" : " " + help_));
    if (recording_) {
        if (spoken) (void)recording_->marker(recorder::MarkerKind::note, 0, end_reason_ + ": " + goodbye_, MonotonicClock::now());
        const auto last = recording_->finish();
        if (link_.send(control::EndSession{end_reason_, last})) {
            link_.enter(control::ended);
            const auto until = MonotonicClock::now() + seal_limit;
            while (MonotonicClock::now() < until) {
                auto packet = link_.receive_within(until - MonotonicClock::now());
                if (!packet && packet.error().kind == ErrorKind::refused) continue;  // it was under way when the session ended
                if (!packet || packet->is<control::SessionSealed>()) break;
            }
        }
    }
    const bool had_channels = next_channel_ > 0;
    for (auto& relay : relays_) relay->close();
    // A client shows what its channels said before it hangs up by itself, and drops it when it is hung up on.
    const auto until = MonotonicClock::now() + (had_channels ? patience : Duration(0));
    while (front_->connected() && MonotonicClock::now() < until) wait(20);
    relays_.clear();
    front_->disconnect(spoken ? goodbye_ : "Goodbye.");
}

}  // namespace anteroom::ssh
