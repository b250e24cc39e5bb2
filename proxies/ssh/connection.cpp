// The loop: control messages, client, target, relays, clocks. It sleeps only after a round in which nothing moved.
#include "proxies/ssh/connection.h"

#include <poll.h>

#include "base/log.h"
#include "proxies/worker/sandbox.h"

namespace anteroom::ssh {

namespace {

constexpr Duration greeting_limit = std::chrono::seconds(10), signing_limit = std::chrono::seconds(10), alive_every = std::chrono::seconds(20);
constexpr int tick_ms = 50, messages_a_round = 64;
constexpr const char* unrecordable = "The session cannot be recorded any more and was ended.";

// Why something was refused: at once where nothing has been started that it could garble.
void hint(Relay& relay, const std::string& text) {
    if (relay.used()) relay.announce(text, false, MonotonicClock::now());
    else relay.tell(text);
}

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
    moved |= talk_ ? TRY(step_talk()) : false;
    moved |= TRY(step_relays(now));
    step_ending(now);
    keep_alive(now);
    gate_.tick(now);
    if (moved) last_moved_ = now;
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
    if (packet.is<control::LoginAnswer>()) {
        const auto answer = TRY(packet.as<control::LoginAnswer>());
        if (answer.deadline != 0) deadline_ = Monotonic(Duration(answer.deadline));
        long_login_ = long_login_ || answer.deadline != 0;
        return front_->answer(answer);
    }
    if (packet.is<control::SessionPermit>()) return begin(TRY(packet.as<control::SessionPermit>()), std::move(packet.fds));
    if (packet.is<control::SessionRefusal>()) {
        refused(TRY(packet.as<control::SessionRefusal>()), MonotonicClock::now());
        return ok();
    }
    if (packet.is<control::BeginTalk>()) {
        begin_talk(TRY(packet.as<control::BeginTalk>()));
        return ok();
    }
    if (packet.is<control::Say>() && talk_) {
        talk_->say(TRY(packet.as<control::Say>()).text);
        return ok();
    }
    if (packet.is<control::AskLine>() && talk_) {
        talk_->ask(TRY(packet.as<control::AskLine>()));
        return ok();
    }
    if (packet.is<control::Tell>()) {
        const auto tell = TRY(packet.as<control::Tell>());
        announce(tell.text, tell.ring, MonotonicClock::now());
        return ok();
    }
    if (packet.is<control::ChangeEnd>()) {
        change_end(TRY(packet.as<control::ChangeEnd>()));
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
        if (use.kind == "agent" && !relays_.empty()) hint(*relays_.back(), Gate::sentence(use));
    }
    if (!front_->connected()) end("client-left", "");
    return moved;
}

// Also while nothing but waiting happens. It counts as nobody's activity.
void Connection::keep_alive(Monotonic now) {
    if (front_->state() != Front::State::accepted && !long_login_) return;
    if (now - alive_at_ < alive_every) return;
    if (alive_at_ != Monotonic()) front_->keep_alive();
    alive_at_ = now;
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
            if (!relays_.empty()) hint(*relays_.back(), Gate::sentence(use));
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
        if (relay->used()) return hint(*relay, Gate::sentence(use));
}

}  // namespace anteroom::ssh
