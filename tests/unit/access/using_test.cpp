// Using what is granted, windows, emergencies, and a clock that is set.
#include <gmock/gmock.h>

#include "tests/unit/access/scene.h"

namespace anteroom::access::testing {
namespace {

using ::testing::HasSubstr;

using Using = AccessTest;
using BreakGlass = AccessTest;
using ClockThatJumps = AccessTest;

std::string first_connection() { return with(hospital, "max: 4h, ticket", "max: 4h, clock: first-connection, ticket"); }

TEST_F(Using, CoversAnyNumberOfConnectionsAndIsActiveFromTheFirst) {
    const auto request = granted();
    const auto used = must(access->use(PersonId("sam"), mri3, "mri-service"));
    ASSERT_TRUE(used);
    EXPECT_EQ(used->state, RequestState::active);
    EXPECT_EQ(used->ends, request.ends);
    (void)must(access->use(PersonId("sam"), mri3, "mri-service"));
    EXPECT_EQ(records("access.activated").size(), 1u);
    EXPECT_FALSE(must(access->use(PersonId("sam"), mri3, "another-rule")));
    EXPECT_FALSE(must(access->use(PersonId("sam"), mri4, "mri-service")));
    EXPECT_FALSE(must(access->use(PersonId("dana"), mri3, "mri-service")));
}

TEST_F(Using, FromOutsideOnlyWhatWasAskedForFromOutsideCounts) {
    apply(with(hospital, "agreement: { signed: 2025-01-15, expires: 2028-01-15 } }",
               "agreement: { signed: 2025-01-15, expires: 2028-01-15 }, networks: { from: [203.0.113.0/24], otherwise: ask } }"));
    const auto inside = granted();
    EXPECT_EQ(must(access->grants(PersonId("sam"), mri3, "203.0.113.9")).size(), 1u);
    EXPECT_TRUE(must(access->grants(PersonId("sam"), mri3, "192.0.2.7")).empty()) << "the approver was not told of that";
    (void)must(access->withdraw(inside.id, PersonId("sam")));
    auto outside = wish();
    outside.source_ip = "192.0.2.7";
    const auto request = must(access->create(outside));
    (void)must(access->approve(request.id, factor("dana"), std::nullopt, false));
    EXPECT_EQ(must(access->grants(PersonId("sam"), mri3, "192.0.2.7")).size(), 1u);
}

TEST_F(Using, StartsTheClockWithTheFirstConnectionWherePolicySaysSo) {
    apply(first_connection());
    const auto request = granted();
    EXPECT_FALSE(request.ends);
    clock.advance(24h);
    EXPECT_TRUE(may_connect());
    EXPECT_EQ(must(access->use(PersonId("sam"), mri3, "mri-service"))->ends, clock.now() + 2h);
    clock.advance(2h);
    EXPECT_FALSE(may_connect());
    must(access->tick());
    EXPECT_EQ(now_of(request.id).state, RequestState::ended);
    EXPECT_EQ(records("access.ended").size(), 1u);
}

TEST_F(Using, ForgetsAnApprovalThatNobodyUsesInAWeek) {
    apply(first_connection());
    const auto request = granted();
    clock.advance(7 * 24h);
    EXPECT_FALSE(must(access->use(PersonId("sam"), mri3, "mri-service")));
    must(access->tick());
    EXPECT_EQ(now_of(request.id).state, RequestState::expired);
}

TEST_F(Using, OpensAWindowForAVendorsPeopleOnOneTarget) {
    EXPECT_FALSE(may_connect());
    const auto window = must(access->open_window({TargetId("mri-3"), VendorId("acme"), 3h, "CHG-77", "unix:root"}));
    EXPECT_EQ(window.ends, clock.now() + 3h);
    EXPECT_EQ(decide().ends, window.ends);
    EXPECT_FALSE(may_connect(mri4));
    EXPECT_NE(decide(mri3, "dana").verdict, policy::Decision::Verdict::permit) << "not for people of the house";
    EXPECT_NE(decide({TargetId("mri-3"), AccountId("root")}).verdict, policy::Decision::Verdict::permit) << "what could not be asked for";
    EXPECT_EQ(records("window.opened").at(0).fields.at("ticket"), "CHG-77");
    EXPECT_EQ(alerts("window.opened").size(), 1u);
    EXPECT_FALSE(must(access->use(PersonId("sam"), mri3, "mri-service"))) << "no request's grant";
    clock.advance(3h);
    EXPECT_FALSE(may_connect());
    EXPECT_TRUE(must(access->windows(false)).empty());
    EXPECT_EQ(must(access->windows(true)).size(), 1u);
}

TEST_F(Using, RefusesWindowsThatAreNone) {
    EXPECT_THAT(refusal(access->open_window({TargetId("mri-3"), VendorId("acme"), 5h, "CHG-77", "unix:root"})), HasSubstr("at most 4 h"));
    EXPECT_NE(refusal(access->open_window({TargetId("mri-3"), VendorId("acme"), 1h, "", "unix:root"})), "");
    EXPECT_NE(refusal(access->open_window({TargetId("mri-3"), VendorId("acme"), 1h, "CHG\n77", "unix:root"})), "");
    EXPECT_NE(refusal(access->open_window({TargetId("mri-3"), VendorId("acme"), -1h, "CHG-77", "unix:root"})), "");
    EXPECT_NE(refusal(access->open_window({TargetId("mri-9"), VendorId("acme"), 1h, "CHG-77", "unix:root"})), "");
    EXPECT_NE(refusal(access->open_window({TargetId("mri-3"), VendorId("other"), 1h, "CHG-77", "unix:root"})), "");
    EXPECT_TRUE(must(access->windows(true)).empty());
}

TEST_F(BreakGlass, IsActiveAtOnceAndToldToItsChannelsInTheSameMoment) {
    EXPECT_TRUE(must(access->may_break_glass(PersonId("carl"), mri3, "")));
    const auto request = must(access->break_glass(PersonId("carl"), mri3, "patient on the table", "10.0.0.7", clock.now(), false));
    EXPECT_EQ(request.state, RequestState::active);
    EXPECT_EQ(request.ends, clock.now() + 1h);
    EXPECT_EQ(request.review_due, clock.now() + 24h);
    EXPECT_EQ(must(access->emergency_of(PersonId("carl"), mri3)), request);
    EXPECT_FALSE(must(access->emergency_of(PersonId("carl"), mri4)));
    EXPECT_TRUE(must(access->grants(PersonId("carl"), mri3)).empty()) << "it is not a grant of a rule";
    const auto alert = alerts("break-glass.used").at(0);
    EXPECT_EQ(alert.at("channel").as_string(), "pager");
    EXPECT_EQ(alert.at("loudness").as_int64(), 2);
    EXPECT_EQ(records("break-glass.used").at(0).fields.at("reason"), "patient on the table");
    EXPECT_EQ(must(access->break_glass(PersonId("carl"), mri3, "again", "10.0.0.7", clock.now(), false)).id, request.id);
    EXPECT_EQ(alerts("break-glass.used").size(), 1u);
}

TEST_F(BreakGlass, NeedsAnEntryAReasonAndAFreshCode) {
    EXPECT_FALSE(must(access->may_break_glass(PersonId("sam"), mri3, "")));
    EXPECT_NE(refusal(access->break_glass(PersonId("sam"), mri3, "x", "", clock.now(), false)), "");
    EXPECT_NE(refusal(access->break_glass(PersonId("carl"), {TargetId("mri-3"), AccountId("root")}, "x", "", clock.now(), false)), "");
    EXPECT_THAT(refusal(access->break_glass(PersonId("carl"), mri3, "", "", clock.now(), false)), HasSubstr("missing"));
    EXPECT_THAT(refusal(access->break_glass(PersonId("carl"), mri3, "a\nb", "", clock.now(), false)), HasSubstr("one line"));
    EXPECT_THAT(refusal(access->break_glass(PersonId("carl"), mri3, "x", "", clock.now() - 6min, false)), HasSubstr("fresh code"));
    must(here->people.set_disabled(PersonId("carl"), true));
    EXPECT_NE(refusal(access->break_glass(PersonId("carl"), mri3, "x", "", clock.now(), false)), "");
    EXPECT_TRUE(must(access->emergencies(true)).empty());
}

TEST_F(BreakGlass, IsReviewedOnceBySomebodyElseWhenItIsOver) {
    apply(with(hospital, "privacy: { members: [person:ruth] }", "privacy: { members: [person:ruth, group:clinic] }"));
    add("carl2", "", "", {"clinic"});
    const auto request = must(access->break_glass(PersonId("carl"), mri3, "patient", "", clock.now(), false));
    store::Session session;
    session.id = SessionId(random_id());
    session.person = PersonId("carl");
    session.target = mri3.target;
    session.started = clock.now();
    must(here->sessions.insert(session));
    EXPECT_THAT(refusal(access->review(request.id, factor("ruth"), "justified", "")), HasSubstr("still running"));
    must(here->sessions.end(session.id, clock.now(), "closed", "complete"));
    clock.advance(1h);
    must(access->tick());
    EXPECT_EQ(now_of(request.id).state, RequestState::ended);
    EXPECT_THAT(refusal(access->review(request.id, factor("carl"), "justified", "")), HasSubstr("of their own"));
    EXPECT_THAT(refusal(access->review(request.id, factor("dana"), "justified", "")), HasSubstr("does not name you"));
    EXPECT_THAT(refusal(access->review(request.id, factor("ruth"), "fine", "")), HasSubstr("justified, partly or unjustified"));
    EXPECT_THAT(refusal(access->review(request.id, factor("ruth"), "partly", "")), HasSubstr("note"));
    EXPECT_EQ(must(access->emergencies(false)).size(), 1u);
    EXPECT_THAT(refusal(access->review(request.id, factor("ruth"), "partly", "x", "two\nlines")), HasSubstr("follow-up"));
    const auto standing = [&](const char* who) { return must(access->reviewing(PersonId(who), {now_of(request.id)})).at(0); };
    EXPECT_TRUE(standing("ruth").named);
    EXPECT_EQ(standing("ruth").why_not, "");
    EXPECT_FALSE(standing("dana").named);
    EXPECT_THAT(standing("dana").why_not, HasSubstr("does not name you"));
    EXPECT_THAT(standing("carl").why_not, HasSubstr("of their own"));
    const auto after = must(access->review(request.id, factor("ruth"), "unjustified", "no patient was there", "talk to carl", {{"way", "console"}}));
    EXPECT_EQ(after.outcome, "unjustified");
    EXPECT_EQ(after.follow_up, "talk to carl");
    EXPECT_EQ(after.reviewed, clock.now());
    EXPECT_THAT(standing("ruth").why_not, HasSubstr("ruth has reviewed it already"));
    EXPECT_EQ(records("break-glass.reviewed").size(), 1u);
    EXPECT_EQ(records("break-glass.reviewed").at(0).fields.at("follow_up"), "talk to carl");
    EXPECT_EQ(records("break-glass.reviewed").at(0).fields.at("way"), "console");
    EXPECT_EQ(records("incident.opened").size(), 1u);
    EXPECT_EQ(alerts("incident.opened").size(), 2u) << "the channel of the entry, and the one for alarms or reviews";
    EXPECT_THAT(refusal(access->review(request.id, factor("carl2"), "justified", "")), HasSubstr("ruth has reviewed it already"));
    EXPECT_TRUE(must(access->emergencies(false)).empty());
    EXPECT_EQ(must(access->emergencies(true)).size(), 1u);
}

TEST_F(BreakGlass, GetsLouderWhileItsReviewIsOverdueAndNeverStops) {
    const auto request = must(access->break_glass(PersonId("carl"), mri3, "patient", "", clock.now(), false));
    clock.advance(12h);
    must(access->tick());
    EXPECT_EQ(alerts("break-glass.review-due").size(), 1u);
    EXPECT_TRUE(records("break-glass.overdue").empty());
    clock.advance(12h);
    must(access->tick());
    must(access->tick());
    ASSERT_EQ(records("break-glass.overdue").size(), 1u);
    EXPECT_EQ(alerts("break-glass.review-overdue").at(0).at("loudness").as_int64(), 2);
    clock.advance(1h);
    must(access->tick());
    EXPECT_EQ(alerts("break-glass.review-overdue").at(0).at("loudness").as_int64(), 3);
    clock.advance(100h);
    must(access->tick());
    EXPECT_EQ(alerts("break-glass.review-overdue").size(), 3u) << "one for a night in which the broker was down";
    EXPECT_EQ(alerts("break-glass.review-overdue").at(0).at("loudness").as_int64(), 9);
    EXPECT_EQ(refusal(access->break_glass(PersonId("carl"), mri3, "the next patient", "", clock.now(), false)), "") << "care goes on";
    (void)must(access->review(request.id, factor("ruth"), "justified", ""));
    clock.advance(10h);
    must(access->tick());
    EXPECT_EQ(alerts("break-glass.review-overdue").size(), 3u);
}

TEST_F(BreakGlass, MarksADrillEverywhereAndNeverTakesItForARealOne) {
    const auto drill = must(access->break_glass(PersonId("carl"), mri3, "exercise", "", clock.now(), true));
    EXPECT_TRUE(drill.drill);
    EXPECT_THAT(std::string(alerts("break-glass.used").at(0).at("summary").as_string()), ::testing::StartsWith("DRILL: "));
    EXPECT_TRUE(alerts("break-glass.used").at(0).at("drill").as_bool());
    EXPECT_EQ(records("break-glass.used").at(0).fields.at("drill"), "yes");
    const auto real = must(access->break_glass(PersonId("carl"), mri3, "patient", "", clock.now(), false));
    EXPECT_NE(real.id, drill.id);
    EXPECT_EQ(must(access->emergency_of(PersonId("carl"), mri3))->id, real.id);
    clock.advance(1h);
    must(access->tick());
    (void)must(access->review(drill.id, factor("ruth"), "unjustified", "went badly"));
    EXPECT_TRUE(records("incident.opened").empty());
}

TEST_F(BreakGlass, IsNotRevokedNorExtendedNorApproved) {
    const auto request = must(access->break_glass(PersonId("carl"), mri3, "patient", "", clock.now(), false));
    EXPECT_THAT(refusal(access->revoke(request.id, factor("dana"), "no")), HasSubstr("reviewed, not revoked"));
    EXPECT_NE(refusal(access->approve(request.id, factor("dana"), {}, false)), "");
    EXPECT_THAT(refusal(access->ask_extension(request.id, 1h)), HasSubstr("hard limit"));
    clock.advance(10min);
    EXPECT_EQ(must(access->withdraw(request.id, PersonId("carl"))).ends, clock.now());
    EXPECT_FALSE(must(access->emergency_of(PersonId("carl"), mri3)));
    EXPECT_EQ(must(access->emergencies(false)).size(), 1u) << "and is reviewed all the same";
}

// How long the person could connect, in real time.
Duration usable(Scene& scene, const std::function<void(int minute)>& each) {
    Duration out{};
    for (int minute = 0; minute < 60 * 80; ++minute) {
        each(minute);
        must(scene.access->tick());
        if (scene.may_connect()) out += 1min;
        scene.clock.advance(1min);
    }
    return out;
}

class ClockJump : public ::testing::TestWithParam<std::pair<int, int>>, protected Scene {};

TEST_P(ClockJump, NeverLengthensAGrant) {
    const auto [hours, restart_too] = GetParam();
    (void)granted();
    const auto length = usable(*this, [&, by = hours](int minute) {
        if (minute != 30) return;
        clock.jump_wall(std::chrono::hours(by));
        if (restart_too != 0) restart();
    });
    EXPECT_LE(length, 2h + 2min);
    if (hours < 0) EXPECT_GE(length, 2h - 3min) << "and does not take from it either";
    else EXPECT_LE(length, 30min + (hours < 2 ? 30min : 0min)) << "set forward, it ends early";
    const auto jumps = records("clock.jumped");
    if (restart_too == 0 || hours < 0) ASSERT_EQ(jumps.size(), 1u);
    if (!jumps.empty()) EXPECT_EQ(jumps[0].fields.at("direction"), hours < 0 ? "back" : "forward");
}
INSTANTIATE_TEST_SUITE_P(AnHourAndADay, ClockJump,
                         ::testing::Values(std::pair(-1, 0), std::pair(1, 0), std::pair(-24, 0), std::pair(24, 0), std::pair(-1, 1), std::pair(-24, 1)));

TEST_F(ClockThatJumps, DoesNotLengthenByManySmallSteps) {
    (void)granted();
    EXPECT_LE(usable(*this,
                     [&](int minute) {
                         if (minute % 10 == 5) clock.jump_wall(-90s);
                     }),
              2h + 2min);
}

TEST_F(ClockThatJumps, MovesWindowsAndEmergenciesButNotWhatIsYetToCome) {
    (void)must(access->open_window({TargetId("mri-4"), VendorId("acme"), 3h, "CHG-77", "unix:root"}));
    const auto emergency = must(access->break_glass(PersonId("carl"), mri3, "patient", "", clock.now(), false));
    auto later = wish();
    later.not_before = clock.now() + 48h;
    const auto tomorrow = must(access->approve(must(access->create(later)).id, factor("dana"), {}, false));
    clock.jump_wall(-24h);
    must(access->tick());
    EXPECT_EQ(must(access->windows(false)).size(), 1u);
    EXPECT_LE(decide(mri4).ends, clock.now() + 3h);
    const auto moved = now_of(emergency.id);
    EXPECT_EQ(moved.ends, *emergency.ends - 24h);
    EXPECT_EQ(moved.review_due, *emergency.review_due - 24h);
    EXPECT_EQ(now_of(tomorrow.id).starts, later.not_before);
    EXPECT_EQ(*now_of(tomorrow.id).ends - *now_of(tomorrow.id).starts, 2h);
}

TEST_F(ClockThatJumps, DoesNotMindDaylightSaving) {
    // In Chicago 2026-03-08 has 23 hours: a grant lasts its hours all the same.
    clock.advance(*parse_rfc3339("2026-03-08T07:30:00Z") - clock.now());
    const auto request = granted();
    EXPECT_EQ(*request.ends - *request.starts, 2h);
    EXPECT_EQ(usable(*this, [](int) {}), 2h);
    EXPECT_TRUE(records("clock.jumped").empty());
}

}  // namespace
}  // namespace anteroom::access::testing
