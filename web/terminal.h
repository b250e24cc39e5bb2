// One terminal of a session, as messages: what is shown has passed the terminal's filter (recorder/follow.h), and what it shows in one go is
// one message. That another one begins to say something is a message too.
#pragma once

#include <map>

#include "recorder/follow.h"
#include "web/stage.h"

namespace anteroom::web {

class Terminal final : public Stage {
public:
    Terminal();
    Terminal(const Terminal&) = delete;

    Status event(const recorder::Event& event) override;
    bool flush(Outbox& out) override;
    void restart() override;
    void silent(bool, Duration) override {}
    Status finish() override;

    // A restart; then of several only this one, until it ends. None: one after the other.
    void restart_with(std::optional<std::uint32_t> channel);
    // Instead of a beginning.
    Status resume(const recorder::KeyFrame& frame);
    // Those that have said something.
    std::set<std::uint32_t> channels() const;
    std::size_t count() const { return lives_.size(); }
    // As far as has been read.
    bool open_at(std::uint32_t channel, Duration at) const;

private:
    struct Life {
        Duration began{};
        std::optional<Duration> ended;
    };
    void gather();
    void heard(const recorder::Event& event);
    void ended(const recorder::Event& event);
    std::optional<std::uint32_t> only_, showing_;
    std::map<std::uint32_t, Life> lives_;
    std::set<std::uint32_t> announced_;  // since the restart
    recorder::FollowTo to_;
    std::optional<recorder::Follower> follower_;
    Outbox made_;
    std::string text_;
    Duration text_at_{};
    std::uint32_t text_channel_ = 0;
};

}  // namespace anteroom::web
