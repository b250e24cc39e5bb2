// A session from its permit to its end: the target's leg, the ends that time sets, the person's own keys, and the last words.
#include <malloc.h>

#include <algorithm>

#include "base/log.h"
#include "proxies/rdp/connection.h"

namespace anteroom::rdp {

namespace {

constexpr Duration target_limit = std::chrono::seconds(20), seal_limit = std::chrono::seconds(3), notice_limit = std::chrono::seconds(6),
                   full_limit = std::chrono::seconds(15), ask_again = std::chrono::seconds(10), count_every = std::chrono::seconds(1),
                   double_click = std::chrono::seconds(1);
constexpr const char* how_to_ask = "Click here, or press Ctrl+Alt+Shift+X, to ask for more time.";
constexpr std::uint16_t key_control = 0x1d, key_alt = 0x38, key_shift_left = 0x2a, key_shift_right = 0x36, key_x = 0x2d;

// What the client's own window says of the end (MS-RDPBCGR 2.2.5.1.1).
std::uint32_t error_info(const std::string& reason) {
    if (reason == "time-is-up") return ERRINFO_LOGON_TIMEOUT;
    if (reason == "idle") return ERRINFO_IDLE_TIMEOUT;
    if (reason == "target-closed") return ERRINFO_LOGOFF_BY_USER;
    return ERRINFO_RPC_INITIATED_DISCONNECT;
}

}  // namespace

Status Connection::begin(control::SessionPermit permit, std::vector<Fd> fds) {
    const auto now = MonotonicClock::now();
    link_.enter(control::permitted);
    TRY(gate_.open(permit));
    // The recording's clock began when the broker wrote its header.
    const auto age = std::chrono::duration_cast<Duration>(SystemClock().now() - permit.started);
    recording_.emplace(std::move(fds[1]), std::move(permit.keys), now - std::clamp<Duration>(age, Duration(0), target_limit), link_);
    TRY(recording_->seal_keystrokes_to(permit.keystrokes_to, recorder::Track::keyboard_mouse));
    permit_ = std::move(permit);
    if (!permit_.help.empty()) help_ = permit_.help;
    channels_.emplace(*client_, gate_, *recording_, permit_.desktop,
                      [this](const std::string& sentence) { announce({.text = sentence}, MonotonicClock::now()); });
    TargetLeg::Terms terms;
    terms.desktop = permit_.desktop;
    terms.person = permit_.person;
    terms.screen = client_->screen();
    terms.client = client_->settings();
    terms.channels = channels_->offer(hello_.channels);
    terms.give_up = now + target_limit;
    target_ = TRY(TargetLeg::make(std::move(fds[0]), std::move(terms), *this));
    channels_->join(*target_);
    ending_.set(Monotonic(Duration(permit_.expires)), Monotonic(Duration(permit_.deadline)), now);
    deadline_ = ending_.deadline();
    last_activity_ = now;
    asking_ = Asking::nothing;
    lobby_->call_back();
    if (!permit_.notice.empty()) lobby_->say(permit_.notice);
    lobby_->busy("Connecting to " + permit_.target + " as " + permit_.account + " ...");
    return recording_->append(
        recorder::Track::resize, std::uint8_t{0}, 0,
        wire::encode(recorder::Resize{static_cast<std::uint16_t>(client_->screen().width), static_cast<std::uint16_t>(client_->screen().height)}), now);
}

Status Connection::step_target(Monotonic now) {
    if (!target_) return ok();
    const auto before = target_->state();
    target_->step(now);
    if (auto identity = target_->take_identity()) TRY(link_.send(*identity));
    if (before == TargetLeg::State::connecting && live()) {
        TRY(link_.send(control::TargetReady{true, ""}));
        link_.enter(control::live);
        went_live(now);
    }
    if (before != TargetLeg::State::failed && target_->state() == TargetLeg::State::failed) {
        TRY(link_.send(control::TargetReady{false, target_->why()}));
        end("target-" + target_->why(), target_->sentence());
    }
    return ok();
}

// A target that does not read is sent nothing more, and not for ever.
bool Connection::target_full(Monotonic now) {
    if (!target_ || !target_->full()) full_since_.reset();
    else if (!full_since_) full_since_ = now;
    return full_since_.has_value();
}

void Connection::went_live(Monotonic now) {
    lobby_->busy("");
    desk_->show_target(*target_, *recording_, {permit_.desktop.lossless, permit_.desktop.filmed});
    if (!permit_.desktop.filmed) (void)recording_->marker(recorder::MarkerKind::note, 0, "the screen is not recorded: policy says record: facts", now);
    if (auto opened = say_opening(now); !opened) broken_ = opened.error();
    if (hello_.monitors > 1) announce({.text = "Several monitors were asked for; this session shows one."}, now);
    if (kept({recorder::KeyKind::locks, static_cast<std::uint16_t>(lock_flags_), 0})) target_->lock_keys(lock_flags_);
    last_activity_ = now;
    ::malloc_trim(0);  // the lobby's pictures, the logon's buffers
}

// What the session is, and what is missing in it: in one sentence's time, unless the strip has no room for both.
Status Connection::say_opening(Monotonic now) {
    constexpr std::size_t room = 110;
    std::string missing;
    for (const auto& one : TRY(channels_->tell_withheld(now))) missing += (missing.empty() ? "No " : ", no ") + one;
    if (!missing.empty()) missing += ".";
    const bool together = permit_.notice.size() + missing.size() < room;
    const auto& notice = permit_.notice;
    if (!notice.empty()) desk_->say({.text = together && !missing.empty() ? notice + " " + missing : notice, .lasts = notice_limit}, now);
    if (!missing.empty() && (notice.empty() || !together)) desk_->say({.text = missing, .lasts = notice_limit}, now);
    const auto depth = client_->screen().depth;
    if (permit_.desktop.lossless && depth < 24)
        announce({.text = std::string("Your client shows ") +
                          (depth == 15   ? "32,768"
                           : depth == 16 ? "65,536"
                                         : "few") +
                          " colours: not for diagnosis.",
                  .urgent = true},
                 now);
    return ok();
}

// To the person, at the screen's edge, and into the recording.
void Connection::announce(Strip strip, Monotonic now) {
    if (recording_) (void)recording_->marker(recorder::MarkerKind::warning, 0, strip.text, now);
    if (desk_->on_target()) desk_->say(std::move(strip), now);
    else lobby_->say(strip.text);
}

void Connection::change_end(const control::ChangeEnd& change) {
    const auto now = MonotonicClock::now();
    ending_.set(Monotonic(Duration(change.expires)), Monotonic(Duration(change.deadline)), now);
    deadline_ = ending_.deadline();
    if (!change.text.empty()) announce({.text = change.text, .urgent = true, .of_time = true}, now);
}

// The worker warns by itself: also when there is no broker.
void Connection::step_ending(Monotonic now) {
    if (link_.state() != control::live) return;
    auto notice = ending_.due(now);
    // What was said of the time while nobody could see it: what is left is said anew.
    if (desk_->take_time_unseen() && !notice) notice = worker::Ending::Notice{worker::Ending::Due::warning, ending_.next_end() - now, ending_.in_grace()};
    if (!notice || notice->due == worker::Ending::Due::over) return;
    const bool invites = permit_.extendable && notice->due == worker::Ending::Due::warning;
    announce({.text = worker::sentence(*notice, invites ? how_to_ask : ""), .urgent = true, .of_time = true, .invites = invites}, now);
    if (notice->due != worker::Ending::Due::grace) return;
    if (auto sent = link_.send(control::GraceBegun{}); !sent) log::warn("grace.unsent", {{"error", sent.error().detail}});
}

void Connection::ask_for_more(Monotonic now) {
    const std::string left = worker::time_left(std::max(ending_.next_end() - now, Duration(0))) + " left.";
    const auto answer = [&](const std::string& text) { desk_->say({.text = text + " " + left, .of_time = true}, now); };
    if (!permit_.extendable) return answer("No more time can be asked for in this session.");
    if (asked_more_ != Monotonic() && now - asked_more_ < ask_again) return answer("More time was asked for a moment ago.");
    if (auto sent = link_.send(control::AskExtension{}); !sent) return;
    asked_more_ = now;
    answer("Asked for more time.");
    (void)recording_->marker(recorder::MarkerKind::approval, 0, "asked for more time", now);
}

// A click is Anteroom's where a sentence invites to it, and so is the second half of a double click there; every other is the target's.
bool Connection::own_click(std::uint16_t x, std::uint16_t y) {
    const auto* strip = desk_->strip_at(x, y);
    if (strip == nullptr) return false;
    const auto now = MonotonicClock::now();
    if (!strip->invites) return asked_more_ != Monotonic() && now - asked_more_ < double_click;
    ask_for_more(now);
    return true;
}

// Ctrl+Alt+Shift+X is Anteroom's; every other key is the target's. The Alt on the right is none: as AltGr it comes with a Ctrl that nobody
// pressed, and with Shift and X types a letter (Polish, for one).
bool Connection::own_keys(std::uint16_t flags, std::uint16_t code) {
    const bool down = (flags & KBD_FLAGS_RELEASE) == 0;
    if (code == key_control) control_ = down;
    if (code == key_alt && (flags & KBD_FLAGS_EXTENDED) == 0) alt_ = down;
    if (code == key_shift_left || code == key_shift_right) shift_ = down;
    if (code != key_x || !control_ || !alt_ || !shift_) return false;
    if (down) ask_for_more(MonotonicClock::now());
    return true;
}

Status Connection::count_input(Monotonic now) {
    if (counts_.keys + counts_.clicks + counts_.wheel == 0 || now - counted_at_ < count_every) return ok();
    counted_at_ = now;
    return recording_->append(recorder::Track::keyboard_mouse, recorder::InputKind::counts, 0, wire::encode(std::exchange(counts_, {})), now);
}

void Connection::step_ends(Monotonic now) {
    if (!end_reason_.empty()) return;
    if (now >= deadline_) {
        const bool in = link_.state() != control::exchanged;
        return end(in ? "time-is-up" : "login-timeout", in ? "Your time is up; the session was ended." : "The login took too long.");
    }
    if (recording_ && permit_.idle > Duration(0) && now - last_activity_ >= permit_.idle)
        return end("idle", "The session was silent for " + duration_text(permit_.idle) + " and was ended.");
    if (refused_ && lobby_->over(now)) return end("refused", "");
    if (full_since_ && now - *full_since_ >= full_limit) return end("target-closed", "The target takes nothing any more.");
    if (target_ && target_->state() == TargetLeg::State::closed) end("target-closed", "The target closed the connection.");
}

void Connection::end(std::string reason, std::string sentence) {
    if (!end_reason_.empty()) return;
    end_reason_ = std::move(reason);
    goodbye_ = std::move(sentence);
}

// The last frame, the recording's last bytes, the broker's seal; then the last words are shown, and only then the client is let go.
void Connection::say_goodbye() {
    const auto now = MonotonicClock::now();
    if (channels_) (void)channels_->close();
    if (auto left = desk_->leave_target(now); !left) log::error("recording.failed", {{"error", left.error().detail}});
    if (recording_) {
        if (counts_.keys + counts_.clicks + counts_.wheel > 0)
            (void)recording_->append(recorder::Track::keyboard_mouse, recorder::InputKind::counts, 0, wire::encode(counts_), now);
        if (!goodbye_.empty()) (void)recording_->marker(recorder::MarkerKind::note, 0, end_reason_ + ": " + goodbye_, now);
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
    if (target_) target_->close();
    if (end_reason_ == "client-left" || !client_) return;
    if (!goodbye_.empty() && client_->ready()) {
        lobby_->call_back();
        lobby_->busy("");
        lobby_->farewell(goodbye_);
        linger();
    }
    client_->close(error_info(end_reason_));
}

// The last screen, for as long as it takes to read it, or until a key is pressed. The gateway holds the time that is left.
void Connection::linger() {
    for (auto now = MonotonicClock::now(); client_->step() && !lobby_->over(now); now = MonotonicClock::now()) {
        desk_->show_lobby(*lobby_, now);
        (void)desk_->step(now);
        while (lobby_->take_answer()) {}
        std::vector<pollfd> fds;
        client_->append_descriptors(fds);
        ::poll(fds.data(), fds.size(), 100);
    }
}

}  // namespace anteroom::rdp
