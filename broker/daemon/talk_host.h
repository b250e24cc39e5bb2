// TalkHost: one worker's conversation and the stage it stands on. What a conversation asks for while it is being called is done
// after it has returned, so that nothing is changed under its feet.
#pragma once

#include <deque>
#include <functional>

#include "broker/talk/conversation.h"

namespace anteroom::daemon {

class TalkHost final : public talk::Stage {
public:
    struct Door {
        std::function<void(const control::Say&)> say;
        std::function<void(const control::AskLine&)> ask;
        std::function<void(const policy::Ask&)> connect;
        std::function<void(int status, const std::string& sentence)> end;
    };
    explicit TalkHost(Door door) : door_(std::move(door)) {}

    // Another conversation takes the place of the one that was.
    void hold(std::unique_ptr<talk::Conversation> conversation);
    // The conversation is over; nothing it asked for is done any more.
    void drop();
    // Which conversation it is: what comes back late belongs to the one that asked for it, or to nobody.
    std::uint64_t turn() const { return turn_; }
    void come_back(std::uint64_t turn, const std::function<void()>& what);

    Status audience(control::Audience audience);
    Status line(control::TypedLine line);
    // Where a question stands unanswered for too long, somebody has left a signed-in screen behind: it ends (45 CFR 164.312(a)(2)(iii)).
    static constexpr Duration longest_silence = std::chrono::minutes(10);
    void tick(Monotonic now);
    void changed(const access::Request& request);

    // talk::Stage
    void say(const std::string& text) override;
    void ask(const std::string& prompt, bool echo) override;
    void connect(const policy::Ask& ask) override;
    void end(int status, const std::string& sentence) override;
    void hand_over(std::unique_ptr<talk::Conversation> next) override;

private:
    void call(const std::function<void(talk::Conversation&)>& what);
    void settle();

    Door door_;
    std::unique_ptr<talk::Conversation> conversation_;
    std::optional<control::Audience> audience_;
    std::deque<std::function<void()>> after_;
    std::uint64_t turn_ = 0;
    std::optional<Monotonic> asked_since_;
    std::uint32_t number_ = 0;  // of the newest question
    bool asked_ = false, begun_ = false;
    int inside_ = 0;
};

}  // namespace anteroom::daemon
