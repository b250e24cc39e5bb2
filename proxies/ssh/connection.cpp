// The loop: control messages, client, target, relays, clocks. It sleeps only after a round in which nothing moved.
#include "proxies/ssh/connection.h"

#include <poll.h>

#include "base/log.h"
#include "proxies/worker/sandbox.h"

namespace anteroom::ssh {

namespace {

constexpr Duration greeting_limit = std::chrono::seconds(10), signing_limit = std::chrono::seconds(10), target_limit = std::chrono::seconds(20);
constexpr Duration seal_limit = std::chrono::seconds(3), linger = std::chrono::seconds(10), patience = std::chrono::milliseconds(700),
                   refusal_limit = std::chrono::minutes(1);
constexpr int tick_ms = 50, messages_a_round = 64;
constexpr const char* unrecordable = "The session cannot be recorded any more and was ended.";

pollfd watched(ssh_session session) {
    const bool writes = (ssh_get_poll_flags(session) & SSH_WRITE_PENDING) != 0;
    return {ssh_get_fd(session), static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), 0};
}

}  // namespace

Result<control::WorkerWelcome> Connection::greet() {
    TRY(link_.send(control::WorkerHello{}));
    auto packet = TRY(link_.receive_within(greeting_limit));
    if (!packet.is<control::WorkerWelcome>()) return fail(ErrorKind::refused, "the broker does not welcome this worker");
    auto welcome = TRY(packet.as<control::WorkerWelcome>());
    link_.enter(control::open);
    return welcome;
}

Status Connection::run(Fd client) {
    const auto welcome = TRY(greet());
    deadline_ = Monotonic(Duration(welcome.deadline));
    last_activity_ = MonotonicClock::now();
    max_channels_ = welcome.max_channels;
    TRY(set_nonblocking(link_.fd()));
    front_event_.reset(ssh_event_new());
    target_event_.reset(ssh_event_new());
    front_ = TRY(Front::make(std::move(client), welcome, link_, [this](const std::string& algorithm, View hash) { return sign_exchange(algorithm, hash); }));
    TRY(worker::close_sandbox());
    auto served = loop();
    say_goodbye();
    return served;
}

Bytes Connection::sign_exchange(const std::string& algorithm, View hash) {
    if (!link_.send(control::SignExchange{algorithm, to_bytes(hash)})) return {};
    const auto end = MonotonicClock::now() + signing_limit;
    while (MonotonicClock::now() < end) {
        auto packet = link_.receive_within(signing_limit);
        if (!packet) return {};
        if (!packet->is<control::ExchangeSignature>()) {
            early_.push_back(std::move(*packet));
            continue;
        }
        auto answer = packet->as<control::ExchangeSignature>();
        if (!answer) return {};
        if (link_.state() == control::open) link_.enter(control::exchanged);
        return std::move(answer->signature);
    }
    return {};
}

int Connection::wait_ms(Monotonic now) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, recording_ ? tick_ms : 250));
}

// Sleeps until the broker, the client or the target has something, then lets libssh take what is there.
void Connection::wait(int timeout_ms) {
    pollfd fds[] = {{link_.fd(), POLLIN, 0}, watched(front_->session()), target_ ? watched(target_->session()) : pollfd{-1, 0, 0}};
    ::poll(fds, 3, timeout_ms);
    if (fds[1].revents != 0) ssh_event_dopoll(front_event_.get(), 0);
    if (fds[2].revents != 0) ssh_event_dopoll(target_event_.get(), 0);
}

Status Connection::loop() {
    while (end_reason_.empty()) {
        const auto moved = step(MonotonicClock::now());
        if (!moved) {
            end("protocol", "");
            return fail(moved.error());
        }
        if (!end_reason_.empty()) break;
        // A write may have read from the other leg meanwhile: look at everything again before sleeping.
        wait(*moved ? 0 : wait_ms(MonotonicClock::now()));
    }
    return ok();
}

Result<bool> Connection::step(Monotonic now) {
    if (!Custody::violation().empty()) return fail(ErrorKind::refused, Custody::violation());
    bool moved = TRY(take_packets());
    moved |= TRY(step_front());
    moved |= TRY(step_target(now));
    moved |= TRY(step_relays(now));
    gate_.tick(now);
    if (moved) last_activity_ = now;
    if (recording_) {
        if (auto ticked = recording_->tick(now); !ticked) {
            log::error("recording.failed", {{"error", ticked.error().detail}});
            end("recording-failed", unrecordable);
        }
    }
    return moved | step_ends(now);
}

Result<bool> Connection::take_packets() {
    bool any = false;
    while (true) {
        control::Packet packet;
        if (!early_.empty()) {
            packet = std::move(early_.front());
            early_.pop_front();
        } else {
            auto received = link_.receive();
            if (!received) {
                if (received.error().kind == ErrorKind::timeout) return any;
                return fail(received.error());
            }
            packet = std::move(*received);
        }
        any = true;
        TRY(handle(std::move(packet)));
    }
}

Status Connection::handle(control::Packet packet) {
    if (packet.is<control::LoginAnswer>()) return front_->answer(TRY(packet.as<control::LoginAnswer>()));
    if (packet.is<control::SessionPermit>()) return begin(TRY(packet.as<control::SessionPermit>()), std::move(packet.fds));
    if (packet.is<control::SessionRefusal>()) {
        auto refusal = TRY(packet.as<control::SessionRefusal>());
        refusal_ = std::move(refusal.sentence);
        refusal_status_ = refusal.menu ? 0 : 1;
        refused_at_ = MonotonicClock::now();
        link_.enter(control::accepted);
        return ok();
    }
    if (packet.is<control::TargetVerdict>()) {
        auto verdict = TRY(packet.as<control::TargetVerdict>());
        if (target_) target_->verdict(std::move(verdict));
        return ok();
    }
    if (packet.is<control::Committed>()) {
        if (recording_) recording_->confirmed(TRY(packet.as<control::Committed>()).count, MonotonicClock::now());
        return ok();
    }
    if (packet.is<control::Terminate>()) {
        end("terminated", TRY(packet.as<control::Terminate>()).sentence);
        return ok();
    }
    return fail(ErrorKind::refused, "an unexpected " + std::string(packet.name()));
}

Status Connection::begin(control::SessionPermit permit, std::vector<Fd> fds) {
    const auto now = MonotonicClock::now();
    link_.enter(control::permitted);
    TRY(gate_.open(permit));
    Fd agent = fds.size() > 2 ? std::move(fds[2]) : Fd();
    // The recording's clock began when the broker wrote its header.
    const auto age = std::chrono::duration_cast<Duration>(SystemClock().now() - permit.started);
    recording_.emplace(std::move(fds[1]), std::move(permit.keys), now - std::clamp<Duration>(age, Duration(0), target_limit), link_);
    target_ = TRY(TargetLeg::make(std::move(fds[0]), std::move(agent), permit, link_, now + target_limit));
    deadline_ = Monotonic(Duration(permit.deadline));
    idle_ = permit.idle;
    help_ = permit.help;
    around_.emplace(Surroundings{gate_, *recording_, front_->session(), target_->session(), permit.bulk_limit, permit.notice});
    return ok();
}

Result<bool> Connection::step_front() {
    bool moved = TRY(front_->step(front_event_.get()));
    if (front_->state() == Front::State::closed) {
        end("login-refused", "");
        return true;
    }
    if (front_->state() != Front::State::accepted) return moved;
    if (!asked_) {
        TRY(link_.send(control::OpenSession{front_->client_version()}));
        link_.enter(control::opening);
        asked_ = true;
    }
    bool more = true;
    for (int i = 0; more && i < messages_a_round; ++i) {
        auto message = front_->next_message();
        more = message.has_value();
        if (!more) break;
        take_message(std::move(*message));
        moved = true;
    }
    // Only when none is left: no message in libssh's queue speaks of a channel that is freed here.
    if (!more) std::erase_if(relays_, [](const auto& relay) { return relay->finished(); });
    for (const auto& name : front_->take_silent_refusals()) {
        const policy::Use use = name == "auth-agent-req@openssh.com" ? policy::Use{"agent", ""} : policy::Use{"request", name};
        gate_.refuse(use);
        if (use.kind == "agent" && !relays_.empty()) relays_.back()->tell(Gate::sentence(use));
    }
    if (!front_->connected()) end("client-left", "");
    return moved;
}

void Connection::take_message(ClientMessage message) {
    ssh_message raw = message.message.get();
    switch (ssh_message_type(raw)) {
        case SSH_REQUEST_CHANNEL_OPEN:
            if (ssh_message_subtype(raw) != SSH_CHANNEL_SESSION || relays_.size() >= max_channels_) return refuse_open(raw);
            if (Channel channel(ssh_message_channel_request_open_reply_accept(raw)); channel)
                relays_.push_back(std::make_unique<Relay>(std::move(channel), ++next_channel_));
            return;
        case SSH_REQUEST_CHANNEL:
            // A request for a channel that is gone is dropped unanswered: libssh may have freed it.
            for (auto& relay : relays_)
                if (relay->owns(ssh_message_channel_request_channel(raw)) && !relay->finished()) return relay->enqueue(std::move(message));
            return;
        case SSH_REQUEST_GLOBAL: {
            const policy::Use use{"forward:remote", std::to_string(ssh_message_global_request_port(raw))};
            gate_.refuse(use);
            ssh_message_reply_default(raw);
            if (!relays_.empty()) relays_.back()->tell(Gate::sentence(use));
            return;
        }
        default: ssh_message_reply_default(raw);
    }
}

void Connection::refuse_open(ssh_message message) {
    policy::Use use{"channel", "unknown"};
    switch (ssh_message_subtype(message)) {
        case SSH_CHANNEL_SESSION: use = {"session", "more than " + std::to_string(max_channels_) + " channels"}; break;
        case SSH_CHANNEL_DIRECT_TCPIP: {
            const char* host = ssh_message_channel_request_open_destination(message);
            use = {"forward:local",
                   std::string(host == nullptr ? "" : host) + ":" + std::to_string(ssh_message_channel_request_open_destination_port(message))};
            break;
        }
        case SSH_CHANNEL_FORWARDED_TCPIP: use = {"forward:remote", ""}; break;
        case SSH_CHANNEL_X11: use = {"x11", ""}; break;
        default: break;
    }
    gate_.refuse(use);
    if (recording_) (void)recording_->marker(recorder::MarkerKind::refusal, 0, use.kind + " " + use.detail, MonotonicClock::now());
    ssh_message_reply_default(message);
    for (auto& relay : relays_)
        if (relay->used()) return relay->tell(Gate::sentence(use));
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
    if (target_->state() == TargetLeg::State::failed && refusal_.empty()) {
        TRY(link_.send(control::TargetReady{false, target_->why()}));
        refusal_ = target_->sentence() + (help_.empty() ? "" : " " + help_);
        refused_at_ = now;
    }
    // Channels cannot be opened by a target: whatever it asks for is refused.
    if (target_->state() == TargetLeg::State::ready)
        while (Message message = Message(ssh_message_get(target_->session()))) ssh_message_reply_default(message.get());
    return moved;
}

Result<bool> Connection::step_relays(Monotonic now) {
    bool moved = false;
    if (!refusal_.empty()) {
        for (auto& relay : relays_) moved |= relay->step_refused(refusal_, refusal_status_);
        return moved;
    }
    if (!target_ || target_->state() != TargetLeg::State::ready) return false;
    const bool stalled = recording_->stalled(now);
    for (auto& relay : relays_) {
        const auto stepped = relay->step(*around_, now, stalled);
        if (!stepped) {
            log::error("recording.failed", {{"error", stepped.error().detail}});
            end("recording-failed", unrecordable);
            return true;
        }
        moved |= *stepped;
    }
    return moved;
}

bool Connection::step_ends(Monotonic now) {
    if (!end_reason_.empty()) return true;
    if (now >= deadline_) {
        const bool in = front_->state() == Front::State::accepted;
        end(in ? "time-is-up" : "login-timeout", in ? "Your time is up; the session was ended." : "The login took too long.");
    } else if (recording_ && idle_ > Duration(0) && now - last_activity_ >= idle_) {
        end("idle", "The session was silent for " + duration_text(idle_) + " and was ended.");
    } else if (!refusal_.empty() && now - refused_at_ > refusal_limit) {
        end("refused", "");
    } else if (!refusal_.empty() && relays_.empty() && (next_channel_ > 0 || now - refused_at_ > linger)) {
        end(target_ ? "target-" + target_->why() : "refused", next_channel_ > 0 ? "" : refusal_);
    } else if (refusal_.empty() && target_ && target_->state() == TargetLeg::State::ready && !target_->connected()) {
        bool busy = false;  // what the target sent last is still on its way to the client
        for (auto& relay : relays_) busy = busy || !relay->drained();
        if (!busy || now - last_activity_ > std::chrono::seconds(2)) end("target-closed", "The target closed the connection.");
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
        for (auto& relay : relays_)
            if (!relay->finished()) relay->tell("anteroom: " + goodbye_ + (help_.empty() || !refusal_.empty() ? "" : " " + help_));
    if (recording_) {
        if (spoken) (void)recording_->marker(recorder::MarkerKind::note, 0, end_reason_ + ": " + goodbye_, MonotonicClock::now());
        const auto last = recording_->finish();
        if (link_.send(control::EndSession{end_reason_, last})) {
            link_.enter(control::ended);
            const auto until = MonotonicClock::now() + seal_limit;
            while (MonotonicClock::now() < until) {
                auto packet = link_.receive_within(until - MonotonicClock::now());
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
