// The loop: control messages, client, target, clocks. It sleeps until one of them has something, and not a moment less.
#include "proxies/rdp/connection.h"

#include "base/log.h"
#include "proxies/worker/sandbox.h"

namespace anteroom::rdp {

namespace {

constexpr Duration greeting_limit = std::chrono::seconds(10), tick = std::chrono::milliseconds(50), idle_look = std::chrono::seconds(1),
                   blink = std::chrono::milliseconds(500);
constexpr int preamble_limit_ms = 10'000;
constexpr const char* unrecordable = "The session cannot be recorded any more and was ended.";

// The front writes it in one piece, before anything else.
Result<Preamble> read_preamble(int fd) {
    std::array<std::uint8_t, Preamble::size> bytes{};
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t got = ::read(fd, bytes.data() + have, bytes.size() - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) {
            pollfd waiting{fd, POLLIN, 0};
            if (::poll(&waiting, 1, preamble_limit_ms) == 0) return fail(ErrorKind::timeout, "the front says nothing");
            continue;
        }
        if (got <= 0) return fail(ErrorKind::not_found, "the front is gone");
        have += static_cast<std::size_t>(got);
    }
    Preamble preamble;
    if (!Preamble::decode(bytes, preamble)) return fail(ErrorKind::invalid, "not the front's preamble");
    return preamble;
}

}  // namespace

Status Connection::greet() {
    TRY(link_.send(control::WorkerHello{}));
    auto packet = TRY(link_.receive_within(greeting_limit));
    if (!packet.is<control::WorkerWelcome>()) return fail(ErrorKind::refused, "the broker does not welcome this worker");
    auto welcome = TRY(packet.as<control::WorkerWelcome>());
    link_.enter(control::exchanged);  // there is no key exchange to be signed: the login may begin
    deadline_ = Monotonic(Duration(welcome.deadline));
    help_ = welcome.help;
    lobby_.emplace(welcome.banner, welcome.help);
    return ok();
}

Status Connection::run(Fd plain) {
    TRY(greet());
    TRY(set_nonblocking(link_.fd()));
    TRY(set_nonblocking(plain.get()));
    worker::SandboxLimits limits;
    limits.descriptors = 256;
    limits.data_bytes = 768u << 20;
    limits.desktop = true;
    TRY(worker::close_sandbox(limits));
    const auto preamble = TRY(read_preamble(plain.get()));
    client_ = TRY(ClientLeg::make(std::move(plain), preamble, *this));
    desk_.emplace(*client_, fonts_);
    last_activity_ = MonotonicClock::now();
    auto served = loop();
    say_goodbye();
    return served;
}

Status Connection::loop() {
    while (end_reason_.empty()) {
        auto stepped = step(MonotonicClock::now());
        if (!stepped) {
            end("protocol", "");
            return stepped;
        }
        if (end_reason_.empty()) wait(MonotonicClock::now());
    }
    return ok();
}

Status Connection::step(Monotonic now) {
    TRY(take_packets());
    // What could not be recorded is not taken; what could not be passed on waits at the target, and at the client.
    const bool stalled = recording_ && recording_->stalled(now);
    const bool full = target_full(now);
    if (!stalled && !(full ? client_->drain() : client_->step())) {
        end("client-left", "");
        return ok();
    }
    if (!stalled && !(channels_ && channels_->congested())) TRY(step_target(now));
    if (broken_) return fail(*broken_);
    take_answers();
    if (channels_) TRY(channels_->flush());
    if (lobby_ && !desk_->on_target()) desk_->show_lobby(*lobby_, now);
    auto recorded = desk_->step(now);
    if (recorded && recording_) recorded = count_input(now);
    if (recorded && recording_) recorded = recording_->tick(now);
    if (!recorded) {
        log::error("recording.failed", {{"error", recorded.error().detail}});
        end("recording-failed", unrecordable);
    }
    step_ending(now);
    step_ends(now);
    gate_.tick(now);
    return ok();
}

void Connection::wait(Monotonic now) {
    Monotonic next = std::min(deadline_, now + idle_look);
    if (const auto due = desk_->due()) next = std::min(next, *due);
    if (recording_ && recording_->waits()) next = std::min(next, now + tick);
    if (!desk_->on_target()) next = std::min(next, now + blink);
    std::vector<pollfd> fds{{link_.fd(), POLLIN, 0}};
    const bool stalled = recording_ && recording_->stalled(now);
    const bool full = target_ && full_since_;
    if (full) fds.push_back(target_->room());
    else if (!stalled) client_->append_descriptors(fds);
    if (target_ && !stalled && !(channels_ && channels_->congested())) target_->append_descriptors(fds);
    if (stalled) next = std::min(next, now + tick);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
    ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000)));
}

Status Connection::take_packets() {
    while (true) {
        auto received = link_.receive();
        if (!received && received.error().kind == ErrorKind::timeout) return ok();
        if (!received) return fail(received.error());
        TRY(handle(std::move(*received)));
    }
}

Status Connection::handle(control::Packet packet) {
    const auto now = MonotonicClock::now();
    if (packet.is<control::LoginAnswer>()) return answered_login(TRY(packet.as<control::LoginAnswer>()));
    if (packet.is<control::SessionPermit>()) return begin(TRY(packet.as<control::SessionPermit>()), std::move(packet.fds));
    if (packet.is<control::SessionRefusal>()) {
        refused(TRY(packet.as<control::SessionRefusal>()).sentence);
        return ok();
    }
    if (packet.is<control::BeginTalk>()) {
        link_.enter(control::talking);
        asking_ = Asking::broker;
        deadline_ = Monotonic::max();  // the gateway holds the one that counts
        const auto screen = client_->screen();
        const auto room = Lobby::room(static_cast<int>(screen.width), static_cast<int>(screen.height));
        return link_.send(control::Audience{control::ChannelUse::shell, true, static_cast<std::uint16_t>(std::clamp(room.columns, 20, 500)),
                                            static_cast<std::uint16_t>(std::clamp(room.rows, 5, 500)), ""});
    }
    if (packet.is<control::Say>()) {
        lobby_->busy("");
        lobby_->say(TRY(packet.as<control::Say>()).text);
        return ok();
    }
    if (packet.is<control::AskLine>()) {
        auto ask = TRY(packet.as<control::AskLine>());
        if (ask.prompt.empty()) lobby_->call_back();
        else lobby_->ask({ask.number, std::move(ask.prompt), ask.echo, ""});
        return ok();
    }
    if (packet.is<control::Tell>()) {
        const auto tell = TRY(packet.as<control::Tell>());
        announce({.text = tell.text, .urgent = tell.ring}, now);
        return ok();
    }
    if (packet.is<control::ChangeEnd>()) {
        change_end(TRY(packet.as<control::ChangeEnd>()));
        return ok();
    }
    if (packet.is<control::TargetVerdict>()) {
        if (target_) target_->verdict(TRY(packet.as<control::TargetVerdict>()));
        return ok();
    }
    if (packet.is<control::Committed>()) {
        if (recording_) recording_->confirmed(TRY(packet.as<control::Committed>()).count, now);
        return ok();
    }
    if (packet.is<control::Terminate>()) {
        end("terminated", TRY(packet.as<control::Terminate>()).sentence);
        return ok();
    }
    return fail(ErrorKind::refused, "an unexpected " + std::string(packet.name()));
}

// ---- what the client does ----------------------------------------------------------------------------------------------

void Connection::client_said(ClientHello hello) { hello_ = std::move(hello); }

void Connection::client_ready() {
    if (!keymap_) {
        keymap_.emplace(client_->keyboard_layout());
        lobby_->keyboard(std::string(keymap_->name()), keymap_->caps_lock());
        desk_->pointer_system(SYSPTR_DEFAULT);
        begin_login();
    }
    desk_->ready();
}

void Connection::key(std::uint16_t flags, std::uint16_t code) {
    last_activity_ = MonotonicClock::now();
    if (desk_->on_target()) {
        if ((flags & KBD_FLAGS_RELEASE) == 0) ++counts_.keys;
        if (own_keys(flags, code)) return;
        if (live() && kept({recorder::KeyKind::scancode, flags, code})) target_->key(flags, code);
        return;
    }
    if (!keymap_ || (flags & KBD_FLAGS_EXTENDED1) != 0) return;  // Pause comes as other keys with a mark
    const auto scancode = static_cast<std::uint16_t>(code | ((flags & KBD_FLAGS_EXTENDED) != 0 ? 0x100 : 0));
    const auto meaning = keymap_->event(scancode, (flags & KBD_FLAGS_RELEASE) == 0);
    if (const auto* pressed = std::get_if<Key>(&meaning)) lobby_->press(*pressed);
    if (const auto* character = std::get_if<char32_t>(&meaning)) lobby_->type(*character);
    if (const auto second = keymap_->also()) lobby_->type(*second);
    lobby_->keyboard(std::string(keymap_->name()), keymap_->caps_lock());
}

void Connection::unicode_key(std::uint16_t flags, std::uint16_t code) {
    last_activity_ = MonotonicClock::now();
    if (desk_->on_target()) {
        if ((flags & KBD_FLAGS_RELEASE) == 0) ++counts_.keys;
        if (live() && kept({recorder::KeyKind::unicode, flags, code})) target_->unicode_key(flags, code);
        return;
    }
    if ((flags & KBD_FLAGS_RELEASE) != 0) return;
    if (code == '\r' || code == '\n') lobby_->press(Key::enter);
    else if (code == '\b') lobby_->press(Key::backspace);
    else if (code == 0x1b) lobby_->press(Key::escape);
    else type_utf16(code);
}

// Characters beyond the first 65,536 come as two events.
void Connection::type_utf16(std::uint16_t unit) {
    const auto high = std::exchange(high_surrogate_, std::uint16_t{0});
    if (unit >= 0xD800 && unit < 0xDC00) high_surrogate_ = unit;
    else if (unit < 0xDC00 || unit > 0xDFFF) lobby_->type(unit);
    else if (high != 0) lobby_->type(0x10000u + ((high - 0xD800u) << 10) + (unit - 0xDC00u));
}

void Connection::lock_keys(std::uint32_t flags) {
    if (keymap_) {
        keymap_->synchronize((flags & KBD_SYNC_CAPS_LOCK) != 0, (flags & KBD_SYNC_NUM_LOCK) != 0);
        lobby_->keyboard(std::string(keymap_->name()), keymap_->caps_lock());
    }
    lock_flags_ = flags;
    if (live() && kept({recorder::KeyKind::locks, static_cast<std::uint16_t>(flags), 0})) target_->lock_keys(flags);
}

// Sealed away before it is passed on, where policy says that keystrokes are.
bool Connection::kept(const recorder::DesktopKey& key) {
    if (broken_) return false;
    if (auto typed = recording_->typed(0, recorder::encode(key), MonotonicClock::now()); !typed) broken_ = typed.error();
    return !broken_;
}

void Connection::mouse(std::uint16_t flags, std::uint16_t x, std::uint16_t y, bool extended) {
    last_activity_ = MonotonicClock::now();
    const bool click = (flags & PTR_FLAGS_DOWN) != 0 && (extended || (flags & (PTR_FLAGS_BUTTON1 | PTR_FLAGS_BUTTON2 | PTR_FLAGS_BUTTON3)) != 0);
    const bool wheel = !extended && (flags & (PTR_FLAGS_WHEEL | PTR_FLAGS_HWHEEL)) != 0;
    if (desk_->on_target()) {
        counts_.clicks += click ? 1 : 0;
        counts_.wheel += wheel ? 1 : 0;
        if (!wheel) desk_->mouse_moved(x, y);
        if (click && own_click(x, y)) return;
        if (live()) target_->mouse(flags, x, y, extended);
        return;
    }
    if (wheel) lobby_->scroll((flags & PTR_FLAGS_WHEEL_NEGATIVE) != 0 ? -3 : 3);
    else if (click) lobby_->click(x, y);
}

// Silence is silence in both directions: who watches what moves is at work. A clock that ticks counts, too: whether a desktop that is
// left alone is locked is its own affair.
void Connection::target_painted(const RECTANGLE_16& area) {
    last_activity_ = MonotonicClock::now();
    desk_->target_painted(area);
}

void Connection::client_channel(std::uint16_t id, View chunk, std::uint32_t flags, std::uint32_t total) {
    if (!channels_ || broken_) return;
    if (auto carried = channels_->from_client(id, chunk, flags, total); !carried) broken_ = carried.error();
    if (channels_->take_carried()) last_activity_ = MonotonicClock::now();
}

void Connection::target_channel(const std::string& name, View chunk, std::uint32_t flags, std::uint32_t total) {
    if (!channels_ || broken_) return;
    if (auto carried = channels_->from_target(name, chunk, flags, total); !carried) broken_ = carried.error();
    if (channels_->take_carried()) last_activity_ = MonotonicClock::now();
}

}  // namespace anteroom::rdp
