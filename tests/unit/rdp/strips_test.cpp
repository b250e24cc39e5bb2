// What is said over a live session: its order, and that nothing is gone before it could be read.
#include "proxies/rdp/strips.h"

#include <gtest/gtest.h>

namespace anteroom::rdp {
namespace {

using std::chrono::seconds;

struct StripsTest : ::testing::Test {
    Strips strips;
    Monotonic now{seconds(1000)};
    std::string shown() const { return strips.shown() == nullptr ? "" : strips.shown()->text; }
    void after(Duration time) {
        now += time;
        (void)strips.step(now);
    }
    void calm(const std::string& text) { strips.say({.text = text}, now); }
    void urgent(const std::string& text) { strips.say({.text = text, .urgent = true}, now); }
};

TEST_F(StripsTest, ShowsOneForItsTime) {
    strips.say({.text = "recorded", .lasts = seconds(7)}, now);
    EXPECT_EQ(shown(), "recorded");
    EXPECT_EQ(strips.until(), now + seconds(7));
    after(seconds(7) - std::chrono::milliseconds(1));
    EXPECT_EQ(shown(), "recorded");
    after(std::chrono::milliseconds(1));
    EXPECT_EQ(shown(), "");
}

TEST_F(StripsTest, LetsNothingWipeTheOpeningNotice) {
    calm("THE GLASS IS BROKEN");
    calm("one monitor");
    EXPECT_EQ(shown(), "THE GLASS IS BROKEN");
    after(Strips::enough);
    EXPECT_EQ(shown(), "one monitor");
    after(seconds(12));
    EXPECT_EQ(shown(), "");
}

TEST_F(StripsTest, ShowsWhatIsUrgentAtOnceAndBringsBackWhatGaveWay) {
    calm("THE GLASS IS BROKEN");
    after(seconds(1));
    urgent("1 minute left");
    EXPECT_EQ(shown(), "1 minute left");
    calm("not allowed");
    EXPECT_EQ(shown(), "1 minute left");
    after(seconds(12) - std::chrono::milliseconds(1));
    EXPECT_EQ(shown(), "1 minute left") << "calm ones wait until urgent ones are over";
    after(std::chrono::milliseconds(1));
    EXPECT_EQ(shown(), "THE GLASS IS BROKEN");
    after(Strips::enough);
    EXPECT_EQ(shown(), "not allowed");
}

TEST_F(StripsTest, DoesNotBringBackWhatCouldBeRead) {
    calm("read");
    after(Strips::enough);
    urgent("1 minute left");
    after(seconds(12));
    EXPECT_EQ(shown(), "");
}

TEST_F(StripsTest, QueuesUrgentOnesBehindEachOtherAndBeforeCalmOnes) {
    urgent("first");
    calm("calm");
    urgent("second");
    EXPECT_EQ(shown(), "first");
    after(Strips::enough);
    EXPECT_EQ(shown(), "second");
    after(seconds(12));
    EXPECT_EQ(shown(), "calm");
}

TEST_F(StripsTest, TakesBackWhatIsNoLongerTrueOfTheTime) {
    strips.say({.text = "1 minute left", .urgent = true, .of_time = true, .invites = true}, now);
    strips.say({.text = "asked for more time", .of_time = true}, now);
    EXPECT_EQ(shown(), "asked for more time");
    urgent("somebody watches");
    strips.say({.text = "20 more minutes", .urgent = true, .of_time = true}, now);
    EXPECT_EQ(shown(), "somebody watches");
    after(Strips::enough);
    EXPECT_EQ(shown(), "20 more minutes");
    after(seconds(12));
    EXPECT_EQ(shown(), "");
}

TEST_F(StripsTest, DoesNotRunOutWhileNobodyCanSeeIt) {
    calm("one monitor");
    after(seconds(2));
    strips.hide(now);
    now += seconds(600);
    strips.hide(now);
    urgent("somebody watches");
    EXPECT_EQ(shown(), "somebody watches");
    now += seconds(600);
    EXPECT_FALSE(strips.show(now));
    EXPECT_EQ(shown(), "somebody watches");
    EXPECT_EQ(strips.until(), now + seconds(12));
    after(seconds(12));
    EXPECT_EQ(shown(), "one monitor") << "two seconds were not enough to read it";
    strips.hide(now + seconds(5));
    now += seconds(100);
    EXPECT_FALSE(strips.show(now));
    EXPECT_EQ(strips.until(), now + seconds(7)) << "of its twelve seconds five were seen";
}

TEST_F(StripsTest, DropsWhatWasSaidOfTheTimeWhenNobodyCouldSeeIt) {
    strips.hide(now);
    strips.say({.text = "5 minutes left", .urgent = true, .of_time = true}, now);
    urgent("somebody watches");
    now += seconds(250);
    EXPECT_TRUE(strips.show(now)) << "to be said anew";
    after(Duration(0));
    EXPECT_EQ(shown(), "somebody watches");
    strips.say({.text = "50 s left", .urgent = true, .of_time = true}, now);
    after(Strips::enough);
    EXPECT_EQ(shown(), "50 s left");
    strips.hide(now);
    now += std::chrono::milliseconds(100);
    EXPECT_FALSE(strips.show(now)) << "a moment's pause makes nothing untrue";
    EXPECT_EQ(shown(), "50 s left");
}

TEST_F(StripsTest, SaysNothingTwiceAndKeepsNoRowWithoutEnd) {
    urgent("first");
    for (int i = 0; i < 3; ++i) calm("the same");
    after(seconds(12));
    EXPECT_EQ(shown(), "the same");
    after(seconds(12));
    EXPECT_EQ(shown(), "");
    for (int i = 0; i < 1000; ++i) calm("sentence " + std::to_string(i));
    urgent("heard all the same");
    EXPECT_EQ(shown(), "heard all the same");
    unsigned count = 0;
    for (; strips.shown() != nullptr; ++count) after(seconds(12));
    EXPECT_LE(count, Strips::most_waiting + 1);
}

}  // namespace
}  // namespace anteroom::rdp
