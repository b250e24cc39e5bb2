// What conversations share: one open question with what follows from its answer, and an end after which nothing happens any more.
#pragma once

#include <functional>

#include "broker/talk/conversation.h"
#include "broker/talk/words.h"

namespace anteroom::talk {

class Prompted : public Conversation {
public:
    void answered(Secret line) final {
        if (over_ || !then_) return;
        const auto then = std::exchange(then_, nullptr);
        then(std::move(line));
    }

protected:
    using Then = std::function<void(Secret line)>;
    Prompted(Party party, Stage& stage) : party_(std::move(party)), stage_(stage) {}

    void ask(const std::string& prompt, bool echo, Then then) {
        then_ = std::move(then);
        stage_.ask(prompt, echo);
    }
    void call_back() {
        if (std::exchange(then_, nullptr)) stage_.ask("", true);
    }
    void say(const std::string& text) { stage_.say(text); }
    // The last thing that is done: behind each of these, nothing of this object may be touched.
    void end(int status, const std::string& sentence) {
        over_ = true;
        stage_.end(status, sentence);
    }
    void refuse(const std::string& sentence) { end(1, sentence); }
    void connect(const policy::Ask& ask) {
        over_ = true;
        stage_.connect(ask);
    }
    void hand_over(std::unique_ptr<Conversation> next) {
        over_ = true;
        stage_.hand_over(std::move(next));
    }

    installation::Installation& here() { return party_.here; }
    access::Access& access() { return party_.access; }
    Time now() const { return party_.here.clock.now(); }

    Party party_;
    Stage& stage_;
    bool over_ = false;

private:
    Then then_;
};

}  // namespace anteroom::talk
