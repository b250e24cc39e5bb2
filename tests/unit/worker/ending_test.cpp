// The two ends of a session and what is told before each, under a clock that is moved by hand.
#include "proxies/worker/ending.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace anteroom::worker {
namespace {

using namespace std::chrono_literals;
using Due = Ending::Due;

class EndingTest : public ::testing::Test {
protected:
    void set(Duration expires, Duration deadline) { ending.set(now + expires, now + deadline, now); }
    // Everything that is due at this moment: "w300 g1800 over", in seconds left.
    std::string due() {
        std::string text;
        while (const auto notice = ending.due(now)) {
            const auto left = std::to_string(std::chrono::round<std::chrono::seconds>(notice->left).count());
            if (!text.empty()) text += " ";
            if (notice->due == Due::over) return text + "over";
            text += (notice->due == Due::grace ? "g" : notice->in_grace ? "W" : "w") + left;
        }
        return text;
    }
    // Everything that is told until so much later, looking every 50 ms as the worker does.
    std::string told_for(Duration length) {
        std::string text;
        for (const auto end = now + length; now < end;) {
            now += 50ms;
            const auto one = due();
            if (one.empty()) continue;
            text += (text.empty() ? "" : " ") + one;
            if (one.ends_with("over")) break;
        }
        return text;
    }
    Ending ending;
    Monotonic now{100h};
};

TEST_F(EndingTest, WarnsFiveMinutesAndOneMinuteBeforeAndEnds) {
    set(10min, 10min);
    EXPECT_EQ(due(), "");
    EXPECT_EQ(told_for(5min - 50ms), "");
    EXPECT_EQ(told_for(50ms), "w300");
    EXPECT_EQ(told_for(1h), "w60 over");
}

TEST_F(EndingTest, DoesNotWarnOfATimeThatWasNeverLonger) {
    set(4min, 4min);
    EXPECT_EQ(due(), "");
    EXPECT_EQ(told_for(1h), "w60 over");
    set(5min, 5min);
    EXPECT_EQ(told_for(1h), "w60 over");
    set(30s, 30s);
    EXPECT_EQ(told_for(1h), "over");
}

TEST_F(EndingTest, AGraceIsToldAndWarnedOfToo) {
    set(10min, 40min);
    EXPECT_FALSE(ending.in_grace());
    EXPECT_EQ(told_for(10min), "w300 w60 g1800");
    EXPECT_TRUE(ending.in_grace());
    EXPECT_EQ(told_for(1h), "W300 W60 over");
}

TEST_F(EndingTest, AShortGraceIsWarnedOfAsFarAsThereIsTime) {
    set(10min, 13min);
    EXPECT_EQ(told_for(1h), "w300 w60 g180 W60 over");
}

TEST_F(EndingTest, AnExtensionArmsTheWarningsAnew) {
    set(10min, 10min);
    EXPECT_EQ(told_for(9min), "w300 w60");
    set(11min, 11min);
    EXPECT_EQ(told_for(1h), "w300 w60 over");
}

TEST_F(EndingTest, AnExtensionLeavesTheGrace) {
    set(10min, 40min);
    told_for(15min);
    EXPECT_TRUE(ending.in_grace());
    set(20min, 50min);
    EXPECT_FALSE(ending.in_grace());
    EXPECT_EQ(told_for(2h), "w300 w60 g1800 W300 W60 over");
}

TEST_F(EndingTest, AnEarlierEndHolds) {
    set(10min, 40min);
    set(90s, 90s);
    EXPECT_EQ(told_for(1h), "w60 over");
    set(10min, 10min);
    ending.set(now - 1s, now - 1s, now);
    EXPECT_EQ(due(), "over");
}

TEST_F(EndingTest, AnEndThatIsOverWithAGraceBeginsItAtOnce) {
    set(10min, 10min);
    ending.set(now - 1s, now + 30min, now);
    EXPECT_EQ(due(), "g1800");
    EXPECT_EQ(due(), "");
}

TEST_F(EndingTest, NoSeparateEndMeansTheDeadline) {
    ending.set(Monotonic(), now + 10min, now);
    EXPECT_EQ(told_for(1h), "w300 w60 over");
    ending.set(now + 1h, now + 10min, now);
    EXPECT_EQ(told_for(1h), "w300 w60 over") << "nothing outlives the deadline";
}

TEST_F(EndingTest, AfterASleepOneIsToldWithWhatIsReallyLeft) {
    set(10min, 40min);
    now += 9min + 30s;
    EXPECT_EQ(due(), "w30");
    now += 20min;
    EXPECT_EQ(due(), "g630");
    now += 1h;
    EXPECT_EQ(due(), "over");
}

TEST_F(EndingTest, WhateverIsChangedItEndsAtTheDeadlineAndWarnsInTime) {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        const auto some = [&](int most) { return std::chrono::seconds(random() % static_cast<unsigned>(most)); };
        Duration grace{};
        for (int changes = 0; changes < 4; ++changes) {
            const Duration expires = 1s + some(3600);
            grace = random() % 2 == 0 ? Duration(0) : some(3600);
            set(expires, expires + grace);
            now += some(4000);
            const auto told = due();
            EXPECT_EQ(told.ends_with("over"), now >= ending.deadline()) << told;
            EXPECT_LE(std::count(told.begin(), told.end(), ' '), 1) << told;
        }
    }
}

TEST(EndingInWords, IsToTheSecondNearTheEndAndToTheMinuteBefore) {
    EXPECT_EQ(time_left(59s + 700ms), "1 min");
    EXPECT_EQ(time_left(9min + 12s), "9 min 12 s");
    EXPECT_EQ(time_left(31min + 12s), "31 min");
}

TEST(EndingInWords, SaysWhatIsComingAndHowMoreTimeIsAskedForWhereItCanBe) {
    EXPECT_EQ(sentence({Due::warning, 5min, false}, ""), "This session's time is over in 5 min.");
    EXPECT_EQ(sentence({Due::warning, 5min, false}, "Press x."), "This session's time is over in 5 min. Press x.");
    EXPECT_EQ(sentence({Due::warning, 1min, true}, ""), "This session is cut in 1 min.");
    EXPECT_EQ(sentence({Due::grace, 30min, true}, "Press x."), "The approved time is over; the session goes on for another 30 min under an alarm.")
        << "nothing is to be asked for any more";
}

}  // namespace
}  // namespace anteroom::worker
