// A conversation's stage: questions that nobody answers end it, and waiting for others does not.
#include "broker/daemon/talk_host.h"

#include <gtest/gtest.h>

namespace anteroom::daemon {
namespace {

struct Asking final : talk::Conversation {
    Asking(talk::Stage& on, std::string with, bool stays) : stage(on), prompt(std::move(with)), stays_(stays) {}
    void begin(const control::Audience&) override { stage.ask(prompt, true); }
    void answered(Secret) override { stage.ask(prompt, true); }
    void left() override {}
    bool patient() const override { return stays_; }
    talk::Stage& stage;
    std::string prompt;
    bool stays_;
};

struct Standing {
    std::string sentence;
    std::uint32_t asked = 0;
    Monotonic now = MonotonicClock::now();
    TalkHost host{{[](const control::Say&) {}, [this](const control::AskLine& line) { asked = line.number; }, [](const policy::Ask&) {},
                   [this](int, const std::string& said) { sentence = said; }}};

    explicit Standing(const std::string& prompt, bool patient = false) {
        host.hold(std::make_unique<Asking>(host, prompt, patient));
        (void)host.audience({});
    }
    void wait(std::chrono::seconds longer) {
        for (const auto ends = now + longer; now < ends; now += std::chrono::seconds(1)) host.tick(now);
    }
    void answer() { (void)host.line({asked, Secret::copy_of("1"), false}); }
};

TEST(TalkHost, EndsWhereAQuestionStandsUnansweredForTenMinutes) {
    Standing at("Choice: ");
    at.wait(std::chrono::seconds(595));
    EXPECT_EQ(at.sentence, "");
    at.wait(std::chrono::seconds(10));
    EXPECT_NE(at.sentence.find("Nothing was typed for 10 minutes"), std::string::npos);
}

TEST(TalkHost, GoesOnAsLongAsSomebodyAnswers) {
    Standing at("Choice: ");
    for (int i = 0; i < 5; ++i) {
        at.wait(std::chrono::seconds(500));
        at.answer();
    }
    EXPECT_EQ(at.sentence, "");
}

TEST(TalkHost, LetsThoseWaitWhoWaitForOthers) {
    Standing without_question(""), patient("Decide: ", true);
    for (auto* at : {&without_question, &patient}) {
        at->wait(std::chrono::hours(3));
        EXPECT_EQ(at->sentence, "");
    }
}

}  // namespace
}  // namespace anteroom::daemon
