// Numbers questions, matches answers, and keeps calls from nesting.
#include "broker/daemon/talk_host.h"

namespace anteroom::daemon {

void TalkHost::hold(std::unique_ptr<talk::Conversation> conversation) {
    conversation_ = std::move(conversation);
    ++turn_;
    asked_ = begun_ = false;
    if (!audience_) return;
    begun_ = true;
    call([this](talk::Conversation& now) { now.begin(*audience_); });
}

void TalkHost::drop() {
    after_.clear();
    ++turn_;
    after_.push_back([this] { conversation_.reset(); });
    if (inside_ == 0) settle();
}

Status TalkHost::audience(control::Audience audience) {
    const bool second = audience_.has_value();  // on another channel, after the first was closed
    audience_ = std::move(audience);
    if (!conversation_ || second) return ok();
    begun_ = true;
    call([this](talk::Conversation& now) { now.begin(*audience_); });
    return ok();
}

Status TalkHost::line(control::TypedLine line) {
    constexpr std::size_t longest = 4096;
    if (!begun_ || line.text.size() > longest) return fail(ErrorKind::refused, "a line that nobody asked for");
    if (line.left) {
        call([](talk::Conversation& now) { now.left(); });
        return ok();
    }
    // An answer to a question that was called back meanwhile says nothing.
    if (!asked_ || line.number != number_) return ok();
    asked_ = false;
    call([&](talk::Conversation& now) { now.answered(std::move(line.text)); });
    return ok();
}

void TalkHost::tick(Monotonic now) {
    if (!begun_ || !conversation_) return;
    if (!asked_ || conversation_->patient()) asked_since_.reset();
    else if (!asked_since_) asked_since_ = now;
    else if (now - *asked_since_ >= longest_silence) {
        asked_ = false;
        end(1, "Nothing was typed for 10 minutes. Please connect again; a request that you made stays open.");
        return settle();
    }
    call([](talk::Conversation& conversation) { conversation.tick(); });
}

void TalkHost::changed(const access::Request& request) {
    if (begun_) call([&](talk::Conversation& now) { now.changed(request); });
}

void TalkHost::come_back(std::uint64_t turn, const std::function<void()>& what) {
    if (turn == turn_) call([&](talk::Conversation&) { what(); });
}

void TalkHost::call(const std::function<void(talk::Conversation&)>& what) {
    if (!conversation_) return;
    ++inside_;
    what(*conversation_);
    --inside_;
    if (inside_ == 0) settle();
}

void TalkHost::settle() {
    while (!after_.empty()) {
        const auto next = std::move(after_.front());
        after_.pop_front();
        next();
    }
}

void TalkHost::say(const std::string& text) { door_.say({text}); }

void TalkHost::ask(const std::string& prompt, bool echo) {
    asked_ = !prompt.empty();
    asked_since_.reset();
    door_.ask({++number_, prompt, echo});
}

void TalkHost::connect(const policy::Ask& ask) {
    after_.push_back([this, ask] { door_.connect(ask); });
}

void TalkHost::end(int status, const std::string& sentence) {
    after_.push_back([this, status, sentence] { door_.end(status, sentence); });
}

void TalkHost::hand_over(std::unique_ptr<talk::Conversation> next) {
    auto held = std::make_shared<std::unique_ptr<talk::Conversation>>(std::move(next));
    after_.push_back([this, held] { hold(std::move(*held)); });
}

}  // namespace anteroom::daemon
