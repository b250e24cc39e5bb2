// Ranges that were watched, and the moments of an emergency that have to be: pure.
#include "broker/console/moments.h"

#include <gtest/gtest.h>

#include <random>

namespace anteroom::console {
namespace {

const Time began = from_micros(1'772'614'800'000'000);

audit::Entry entry(const std::string& kind, std::int64_t at_ms, audit::Fields fields = {}) {
    audit::Entry out;
    out.kind = kind;
    out.time = began + std::chrono::milliseconds(at_ms);
    out.person = "carl";
    out.fields = std::move(fields);
    return out;
}

TEST(WatchedRanges, AreJoinedCutAndInOrder) {
    EXPECT_EQ(joined({}, {{5000, 6000}, {0, 1000}, {900, 2000}}, 60'000), (Ranges{{0, 2000}, {5000, 6000}}));
    EXPECT_EQ(joined({{0, 1000}}, {{1250, 2000}}, 60'000), (Ranges{{0, 2000}})) << "what lies between was on the screen";
    EXPECT_EQ(joined({{0, 1000}}, {{1251, 2000}}, 60'000), (Ranges{{0, 1000}, {1251, 2000}}));
    EXPECT_EQ(joined({}, {{-5, 10}, {59'000, 90'000}, {70'000, 80'000}, {30, 20}, {40, 40}}, 60'000), (Ranges{{0, 10}, {59'000, 60'000}}));
    EXPECT_EQ(joined({{0, 60'000}}, {{100, 200}}, 60'000), (Ranges{{0, 60'000}}));
}

TEST(WatchedRanges, NeverSayMoreThanWasToldAndStayFew) {
    std::mt19937 random(7);
    Ranges kept;
    std::vector<bool> told(600'000);
    for (int i = 0; i < 3000; ++i) {
        const std::int64_t from = random() % 600'000, to = std::min<std::int64_t>(from + random() % 200, 600'000);
        for (auto at = from; at < to; ++at) told[static_cast<std::size_t>(at)] = true;
        kept = joined(std::move(kept), {{from, to}}, 600'000);
        ASSERT_LE(kept.size(), most_ranges);
        ASSERT_TRUE(std::is_sorted(kept.begin(), kept.end()));
    }
    for (const auto& [from, to] : kept) {
        std::int64_t gap = 0;
        for (auto at = from; at < to; ++at) {
            gap = told[static_cast<std::size_t>(at)] ? 0 : gap + 1;
            ASSERT_LE(gap, joined_within_ms);
        }
    }
}

TEST(WatchedRanges, AreReadAsTheyWereWritten) {
    const Ranges some{{0, 10}, {300, 4000}, {5000, 5001}};
    EXPECT_EQ(text_of(some), "[[0,10],[300,4000],[5000,5001]]");
    EXPECT_EQ(*ranges_of(text_of(some)), some);
    EXPECT_EQ(*ranges_of("[]"), Ranges{});
    for (const char* wrong : {"", "[", "[[1,2]", "[[1,2]] ", "[[2,1]]", "[[-1,2]]", "[[1,2],[2,3]]", "[[1,2],[0,1]]", "[[1,2,3]]", "[1,2]", "[[1,2],]",
                              "[[99999999999999999999,1]]"})
        EXPECT_FALSE(ranges_of(wrong)) << wrong;
}

TEST(RequiredMoments, AreWhatWasRefusedUsedAndRaised) {
    const std::vector<audit::Entry> told{entry("session.start", 0),
                                         entry("capability.used", 100, {{"capability", "shell"}, {"detail", ""}}),
                                         entry("capability.used", 9000, {{"capability", "sftp:read"}, {"detail", "/etc/hosts"}}),
                                         entry("capability.refused", 12'000, {{"capability", "sftp:write"}, {"detail", "/etc/shadow"}}),
                                         entry("alarm", 20'000, {{"what", "agent"}, {"problem", "signed for nobody"}}),
                                         entry("recording.root", 60'000),
                                         entry("session.terminated", 70'000, {{"reason", "enough"}})};
    const auto moments = required_moments(told, began, 75'000);
    ASSERT_EQ(moments.size(), 4u);
    EXPECT_EQ(moments[0], (Required{100, "a shell"}));
    EXPECT_EQ(moments[1], (Required{12'000, "refused: write files (SFTP): /etc/shadow"}));
    EXPECT_EQ(moments[2], (Required{20'000, "alarm: signed for nobody"}));
    EXPECT_EQ(moments[3], (Required{70'000, "ended by carl: enough"}));
}

TEST(RequiredMoments, CloseTogetherAreOne) {
    std::vector<audit::Entry> told;
    for (const int at : {1000, 1500, 2999, 3000})
        told.push_back(entry("capability.used", at, {{"capability", "exec"}, {"detail", "ls " + std::to_string(at)}}));
    const auto moments = required_moments(told, began, 10'000);
    ASSERT_EQ(moments.size(), 2u);
    EXPECT_EQ(moments[0].text, "ran `ls 1000`, and 2 more");
    EXPECT_EQ(moments[1].text, "ran `ls 3000`");
}

TEST(RequiredMoments, AreNeverNoneNeverOutsideAndNeverWithoutEnd) {
    EXPECT_EQ(required_moments({}, began, 5000), (std::vector<Required>{{0, "the beginning"}}));
    EXPECT_EQ(required_moments(std::vector{entry("alarm", 9000)}, began, 5000).front().at_ms, 5000);
    EXPECT_EQ(required_moments(std::vector{entry("alarm", -9000)}, began, 5000).front().at_ms, 0);
    std::vector<audit::Entry> flood;
    for (int i = 0; i < 1000; ++i) flood.push_back(entry("capability.refused", i * 3000, {{"capability", "exec"}, {"detail", "x"}}));
    const auto moments = required_moments(flood, began, 3'000'000);
    EXPECT_EQ(moments.size(), 200u);
    EXPECT_EQ(moments.back().text, "refused to run `x`, and 4 more");
    EXPECT_EQ(moments.back().at_ms, 2'985'000) << "spread over the whole of it";
}

TEST(RequiredMoments, CarryNothingThatATerminalObeys) {
    const auto moments =
        required_moments(std::vector{entry("capability.refused", 0, {{"capability", "exec"}, {"detail", "\x1b]0;x\a" + std::string(5000, 'a')}})}, began, 1);
    EXPECT_EQ(moments.front().text.find('\x1b'), std::string::npos);
    EXPECT_LE(moments.front().text.size(), 210u);
}

TEST(AMoment, IsWatchedFromTwoSecondsBeforeToThreeBehind) {
    EXPECT_TRUE(was_watched({{8000, 13'000}}, 10'000, 60'000));
    EXPECT_TRUE(was_watched({{8500, 12'500}}, 10'000, 60'000)) << "a player's steps";
    EXPECT_FALSE(was_watched({{8501, 13'000}}, 10'000, 60'000));
    EXPECT_FALSE(was_watched({{8000, 12'499}}, 10'000, 60'000));
    EXPECT_FALSE(was_watched({{8000, 10'000}, {10'300, 13'000}}, 10'000, 60'000)) << "not through a gap";
    EXPECT_FALSE(was_watched({}, 10'000, 60'000));
    EXPECT_TRUE(was_watched({{0, 3000}}, 0, 60'000));
    EXPECT_TRUE(was_watched({{57'000, 60'000}}, 59'500, 60'000)) << "there is nothing behind the end";
    EXPECT_TRUE(was_watched({{57'000, 60'000}}, 64'000, 60'000)) << "a moment behind the last picture";
    EXPECT_FALSE(was_watched({{0, 50'000}}, 64'000, 60'000));
    EXPECT_FALSE(was_watched({}, 0, 100));
    EXPECT_TRUE(was_watched({}, 0, 0)) << "nothing was ever shown";
}

TEST(WhatWasTouched, IsToldOnceInWords) {
    const std::vector<audit::Entry> told{entry("capability.used", 0, {{"capability", "shell"}, {"detail", ""}}),
                                         entry("capability.used", 5, {{"capability", "exec"}, {"detail", "df -h"}}),
                                         entry("capability.used", 9, {{"capability", "exec"}, {"detail", "df -h"}}), entry("alarm", 10),
                                         entry("capability.refused", 11, {{"capability", "x11"}, {"detail", ""}})};
    EXPECT_EQ(touched_by(told, 10), (std::vector<std::string>{"a shell", "ran `df -h`", "refused: show windows (X11)"}));
    EXPECT_EQ(touched_by(told, 1).size(), 1u);
}

TEST(APlace, IsWrittenAsOnAClock) {
    EXPECT_EQ(place_text(0), "0:00");
    EXPECT_EQ(place_text(12'999), "0:12");
    EXPECT_EQ(place_text(3'723'000), "1:02:03");
}

}  // namespace
}  // namespace anteroom::console
