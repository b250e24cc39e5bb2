// Connection: the life of one RDP worker. It drives the client's leg, the lobby, the target's leg and the broker's channel from one
// loop, and it ends in one place, with one reason, whatever happened: sealed recording, a sentence for the person, exit.
#pragma once

#include <deque>

#include "proxies/rdp/channel_relay.h"
#include "proxies/rdp/desk.h"
#include "proxies/rdp/lobby/keymap.h"
#include "proxies/worker/ending.h"

namespace anteroom::rdp {

class Connection final : private ClientLeg::Listener, private TargetLeg::Listener {
public:
    Connection(control::Link link, Fonts fonts) : link_(std::move(link)), gate_(link_), fonts_(std::move(fonts)) {}

    // Greets the broker, closes the sandbox, serves the client until the end. An error is for the log.
    Status run(Fd plain);

private:
    Status greet();
    Status loop();
    Status step(Monotonic now);
    void wait(Monotonic now);

    void type_utf16(std::uint16_t unit);

    // ---- the broker (connection.cpp)
    Status take_packets();
    Status handle(control::Packet packet);

    // ---- signing in, and the conversation before there is a target (connection_lobby.cpp)
    void begin_login();
    void ask_name();
    void sign_in();
    Status log_in(control::LoginStep step);
    Status answered_login(control::LoginAnswer answer);
    void next_prompt();
    void take_answers();
    void take_login_answer(Lobby::Answer answer);
    void refused(const std::string& sentence);

    // ---- the session (connection_session.cpp)
    Status begin(control::SessionPermit permit, std::vector<Fd> fds);
    Status step_target(Monotonic now);
    bool target_full(Monotonic now);
    void went_live(Monotonic now);
    void change_end(const control::ChangeEnd& change);
    Status say_opening(Monotonic now);
    void announce(Strip strip, Monotonic now);
    void step_ending(Monotonic now);
    void step_ends(Monotonic now);
    void ask_for_more(Monotonic now);
    bool own_click(std::uint16_t x, std::uint16_t y);
    bool own_keys(std::uint16_t flags, std::uint16_t code);
    Status count_input(Monotonic now);
    bool kept(const recorder::DesktopKey& key);
    void end(std::string reason, std::string sentence);
    void say_goodbye();
    void linger();
    bool live() const { return target_ && target_->state() == TargetLeg::State::up; }

    // ---- ClientLeg::Listener
    void client_said(ClientHello hello) override;
    void client_ready() override;
    void key(std::uint16_t flags, std::uint16_t code) override;
    void unicode_key(std::uint16_t flags, std::uint16_t code) override;
    void lock_keys(std::uint32_t flags) override;
    void mouse(std::uint16_t flags, std::uint16_t x, std::uint16_t y, bool extended) override;
    void client_channel(std::uint16_t id, View chunk, std::uint32_t flags, std::uint32_t total) override;
    void repaint(const RECTANGLE_16& area) override { desk_->damage(area); }
    // ---- TargetLeg::Listener
    void target_painted(const RECTANGLE_16& area) override;
    bool target_resized(std::uint32_t width, std::uint32_t height) override { return desk_->target_resized(width, height); }
    void target_channel(const std::string& name, View chunk, std::uint32_t flags, std::uint32_t total) override;
    void pointer_at(std::uint16_t x, std::uint16_t y) override { desk_->pointer_at(x, y); }
    void pointer_system(std::uint32_t type) override { desk_->pointer_system(type); }
    void pointer_new(const POINTER_NEW_UPDATE& pointer) override { desk_->pointer_new(pointer); }
    void pointer_cached(std::uint32_t index) override { desk_->pointer_cached(index); }

    control::Link link_;
    worker::Gate gate_;
    Fonts fonts_;
    std::unique_ptr<ClientLeg> client_;
    std::optional<Desk> desk_;
    std::optional<Lobby> lobby_;
    std::optional<Keymap> keymap_;
    ClientHello hello_;

    // The login: what the broker still wants answered, and what has been.
    enum class Asking : std::uint8_t { nothing, user, prompts, broker };
    Asking asking_ = Asking::nothing;
    std::string user_;
    Secret password_;  // from Client Info, for the first prompt that asks for one
    std::deque<control::Prompt> prompts_;
    std::vector<Secret> given_;
    unsigned failed_logins_ = 0;

    std::unique_ptr<TargetLeg> target_;
    std::optional<worker::Recording> recording_;
    std::optional<ChannelRelay> channels_;
    control::SessionPermit permit_;
    worker::Ending ending_;
    std::optional<Monotonic> full_since_;  // the target takes nothing
    recorder::InputCounts counts_;
    Monotonic counted_at_{}, deadline_{}, last_activity_{}, asked_more_{};
    bool began_ = false, refused_ = false, announced_ = false;
    std::uint32_t lock_flags_ = 0;
    std::uint16_t high_surrogate_ = 0;
    bool control_ = false, alt_ = false, shift_ = false;
    std::string help_, end_reason_, goodbye_;
    std::optional<Error> broken_;  // found within a call of FreeRDP's
};

}  // namespace anteroom::rdp
