// Deciding: who may, with what, and what a second decision reads.
#include <gmock/gmock.h>

#include "tests/unit/access/scene.h"

namespace anteroom::access::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Deciding = AccessTest;

std::string policy_with(const std::string& approval) { return with(hospital, "{ by: [role:admins], count: 1, max: 4h, ticket: \"CHG-[0-9]+\" }", approval); }

TEST_F(Deciding, ApprovesWithAFreshCodeAndOpensTheTarget) {
    const auto request = asked();
    const auto yes = must(access->approve(request.id, factor("dana"), 30min, false));
    EXPECT_EQ(yes.state, RequestState::approved);
    EXPECT_EQ(yes.ends, clock.now() + 30min);
    const auto decision = decide();
    EXPECT_EQ(decision.verdict, policy::Decision::Verdict::permit);
    EXPECT_EQ(decision.ends, yes.ends);
    EXPECT_FALSE(may_connect(mri4)) << "for what was asked, and nothing else";
    const auto record = records("access.approved").at(0);
    EXPECT_EQ(record.fields.at("by"), "dana");
    EXPECT_EQ(record.fields.at("length"), "30 min");
    EXPECT_EQ(record.fields.at("shortened_to"), "30 min");
    EXPECT_EQ(record.fields.at("ends"), rfc3339(*yes.ends));
    EXPECT_EQ(alerts("request.approved").size(), 1u);
    EXPECT_EQ(told.back().state, RequestState::approved);
}

TEST_F(Deciding, RefusesTheRequesterTheirSecondAccountAndStrangers) {
    auto both = policy_with("{ by: [role:admins, vendor:acme, person:sam2, person:old], max: 4h }");
    apply(both);
    add("sam2", "SAM@Acme.Example");
    add("mallory", "mallory@acme.example");
    const auto request = asked();
    EXPECT_THAT(refusal(access->approve(request.id, factor("sam"), {}, false)), HasSubstr("of their own"));
    EXPECT_THAT(refusal(access->approve(request.id, factor("sam2"), {}, false)), HasSubstr("of their own"));
    EXPECT_THAT(refusal(access->approve(request.id, factor("mallory"), {}, false)), HasSubstr("does not name you"));
    EXPECT_THAT(refusal(access->deny(request.id, factor("mallory"), "no")), HasSubstr("does not name you"));
    EXPECT_FALSE(access->may_decide(PersonId("sam2"), request));
    EXPECT_TRUE(access->may_decide(PersonId("dana"), request));
    EXPECT_EQ(now_of(request.id), request);
    EXPECT_TRUE(records("access.approved").empty());
}

TEST_F(Deciding, RefusesTheRequesterWhoIsInAnApprovingGroup) {
    must(here->people.set_groups(PersonId("sam"), {"imaging"}));
    const auto request = asked();
    EXPECT_THAT(refusal(access->approve(request.id, factor("sam"), {}, false)), HasSubstr("of their own"));
}

TEST_F(Deciding, DropsAYesWhoseGiverLostTheRoleInBetween) {
    apply(policy_with("{ by: [group:imaging, person:erin], count: 2, max: 4h }"));
    must(here->people.set_groups(PersonId("dana"), {"imaging"}));
    must(here->people.set_groups(PersonId("gina"), {"imaging"}));
    const auto request = asked();
    EXPECT_EQ(must(access->approve(request.id, factor("dana"), {}, false)).state, RequestState::requested);
    must(here->people.set_groups(PersonId("dana"), {}));
    const auto second = must(access->approve(request.id, factor("gina"), {}, false));
    EXPECT_EQ(second.state, RequestState::requested) << "one yes is left";
    ASSERT_EQ(second.yeses.size(), 1u);
    EXPECT_EQ(records("access.approved").at(1).fields.at("dropped"), "dana");
    EXPECT_EQ(records("access.approved").at(1).fields.at("waits_for"), "1 of imaging, erin");
    EXPECT_THAT(refusal(access->approve(request.id, factor("dana"), {}, false)), HasSubstr("does not name you"));
    must(here->people.set_disabled(PersonId("gina"), true));
    EXPECT_EQ(must(access->approve(request.id, factor("erin"), {}, false)).state, RequestState::requested) << "gina is disabled by now";
}

TEST_F(Deciding, LeavesOneOutcomeAndTellsTheSecondWhoWasFirst) {
    const auto request = asked();
    auto erin = factor("erin");
    (void)must(access->approve(request.id, factor("dana"), {}, false));
    const auto when = here->time_text(clock.now());
    EXPECT_EQ(refusal(access->deny(request.id, erin, "no")), "Request 1 is decided: dana approved it at " + when + ".");
    EXPECT_EQ(access->deny(request.id, erin, "no").error().kind, ErrorKind::conflict);
    EXPECT_EQ(records("access.approved").size() + records("access.denied").size(), 1u);
}

TEST_F(Deciding, DeniesWithAReasonForThePerson) {
    const auto request = asked();
    EXPECT_THAT(refusal(access->deny(request.id, factor("dana"), "")), HasSubstr("missing"));
    EXPECT_THAT(refusal(access->deny(request.id, factor("dana"), "a\x1b[2J")), HasSubstr("one line"));
    const auto no = must(access->deny(request.id, factor("dana"), "scanner in use"));
    EXPECT_EQ(no.decision, "scanner in use");
    EXPECT_THAT(refusal(access->approve(request.id, factor("erin"), {}, false)), HasSubstr("dana denied it"));
    EXPECT_FALSE(alerts("request.denied").at(0).contains("reason"));
}

TEST_F(Deciding, NeedsACodeThatIsFresh) {
    const auto request = asked();
    const auto old = factor("dana");
    clock.advance(6min);
    EXPECT_THAT(refusal(access->approve(request.id, old, {}, false)), HasSubstr("fresh code"));
    EXPECT_THAT(refusal(access->deny(request.id, old, "no")), HasSubstr("fresh code"));
}

TEST_F(Deciding, NeedsCodesThatThePersonEnrolledThemselvesWherePolicySaysSo) {
    apply(with(hospital, "version: 1\n", "version: 1\nmfa: { self_enrolled: required }\n"));
    enrolled("dana", "unix:root");
    enrolled("erin", "person:dana");
    const auto request = asked();
    EXPECT_THAT(refusal(access->approve(request.id, factor("dana"), {}, false)), HasSubstr("enrolled yourself"));
    EXPECT_THAT(refusal(access->approve(request.id, factor("erin"), {}, false)), HasSubstr("enrolled yourself"));
    enrolled("erin", "person:erin");
    EXPECT_EQ(refusal(access->approve(request.id, factor("erin"), {}, false)), "");
    EXPECT_EQ(refusal(access->revoke(request.id, factor("dana"), "no is always safe")), "");
}

TEST_F(Deciding, HasItsSentenceConfirmed) {
    apply(policy_with("{ by: [role:admins], max: 4h, confirm: \"Scanner idle, room told\" }"));
    const auto request = asked();
    EXPECT_THAT(must(access->card(request)).confirm, ElementsAre("Scanner idle, room told"));
    EXPECT_THAT(refusal(access->approve(request.id, factor("dana"), {}, false)), HasSubstr("Scanner idle, room told"));
    EXPECT_EQ(refusal(access->approve(request.id, factor("dana"), {}, true)), "");
    EXPECT_EQ(records("access.approved").at(0).fields.at("confirmed"), "Scanner idle, room told");
}

TEST_F(Deciding, DoesNotApproveWhatPolicyNoLongerPermits) {
    const auto request = asked();
    apply(with(hospital, "who: [role:service]", "who: [group:nobody]"));
    EXPECT_THAT(refusal(access->approve(request.id, factor("dana"), {}, false)), HasSubstr("stays open until it expires"));
    EXPECT_EQ(now_of(request.id).state, RequestState::requested);
    apply(hospital);
    EXPECT_EQ(refusal(access->approve(request.id, factor("dana"), {}, false)), "");
    apply(with(hospital, "max: 4h", "max: 10m"));
    EXPECT_LE(must(access->grants(PersonId("sam"), mri3)).at(0).ends, clock.now() + 10min) << "never more than policy gives by now";
    apply(with(hospital, "who: [role:service]", "who: [group:nobody]"));
    EXPECT_FALSE(may_connect());
}

TEST_F(Deciding, EscalatesToFurtherPeopleAfterAWhile) {
    apply(policy_with("{ by: [person:dana], max: 4h, escalate: { after: 5m, to: [person:gina] } }"));
    const auto request = asked();
    EXPECT_THAT(refusal(access->approve(request.id, factor("gina"), {}, false)), HasSubstr("does not name you"));
    EXPECT_TRUE(must(access->waiting_for(PersonId("gina"))).empty());
    clock.advance(4min + 59s);
    must(access->tick());
    EXPECT_TRUE(records("access.escalated").empty());
    clock.advance(1s);
    must(access->tick());
    must(access->tick());
    ASSERT_EQ(records("access.escalated").size(), 1u);
    EXPECT_EQ(records("access.escalated").at(0).fields.at("waits_for"), "1 of dana, gina");
    EXPECT_EQ(alerts("request.escalated").size(), 1u);
    EXPECT_EQ(must(access->waiting_for(PersonId("gina"))).size(), 1u);
    EXPECT_EQ(must(access->approve(request.id, factor("gina"), {}, false)).state, RequestState::approved);
}

TEST_F(Deciding, LetsAStandInDecideOnTheDaysOfTheirDelegation) {
    const std::string delegation =
        "delegations:\n  - { from: person:dana, to: person:gina, since: 2026-03-05, until: 2026-03-06 }\n"
        "  - { from: person:gina, to: person:ruth, since: 2026-03-01, until: 2026-03-30 }\n"
        "  - { from: person:sam, to: person:erin, since: 2026-03-01, until: 2026-03-30 }\n";
    apply(policy_with("{ by: [person:dana, person:sam], count: 1, max: 4h }") + delegation);
    auto request = asked();
    EXPECT_FALSE(access->may_decide(PersonId("gina"), request)) << "tomorrow";
    EXPECT_THAT(refusal(access->approve(request.id, factor("erin"), {}, false)), HasSubstr("in the name of the person who made it"));
    clock.advance(15h);  // midnight in UTC
    EXPECT_TRUE(access->may_decide(PersonId("gina"), request));
    EXPECT_FALSE(access->may_decide(PersonId("ruth"), request)) << "it is not passed on";
    const auto yes = must(access->approve(request.id, factor("gina"), {}, false));
    EXPECT_EQ(yes.yeses.at(0).standing_in_for, PersonId("dana"));
    EXPECT_EQ(records("access.approved").at(0).fields.at("standing_in_for"), "dana");
    (void)must(access->withdraw(request.id, PersonId("sam")));
    clock.advance(48h);
    request = asked();
    EXPECT_FALSE(access->may_decide(PersonId("gina"), request)) << "its last day is over";
}

TEST_F(Deciding, CountsAnApproverAndTheStandInOnce) {
    apply(policy_with("{ by: [person:dana, person:erin], count: 2, max: 4h }") +
          "delegations:\n  - { from: person:dana, to: person:gina, since: 2026-03-01, until: 2026-03-30 }\n");
    const auto request = asked();
    EXPECT_EQ(must(access->approve(request.id, factor("gina"), {}, false)).state, RequestState::requested);
    EXPECT_THAT(refusal(access->approve(request.id, factor("dana"), {}, false)), HasSubstr("already"));
    EXPECT_TRUE(must(access->waiting_for(PersonId("dana"))).empty());
    EXPECT_EQ(must(access->waiting_for(PersonId("erin"))).size(), 1u);
    EXPECT_EQ(must(access->approve(request.id, factor("erin"), {}, false)).state, RequestState::approved);
}

TEST_F(Deciding, GivesMoreTimeWhileTheGrantRuns) {
    const auto request = granted();
    const auto ends = *request.ends;
    clock.advance(1h);
    EXPECT_THAT(refusal(access->ask_extension(request.id, 3h)), HasSubstr("at most 2 h can be added"));
    (void)must(access->ask_extension(request.id, 1h));
    EXPECT_EQ(records("access.extension-asked").size(), 1u);
    EXPECT_EQ(must(access->waiting_for(PersonId("erin"))).size(), 1u);
    EXPECT_THAT(refusal(access->extend(request.id, factor("sam"), true, false)), HasSubstr("of their own"));
    EXPECT_EQ(must(access->extend(request.id, factor("erin"), true, false)).ends, ends + 1h);
    EXPECT_EQ(records("access.extended").size(), 1u);
    EXPECT_EQ(decide().ends, ends + 1h);
    (void)must(access->ask_extension(request.id, 30min));
    EXPECT_EQ(must(access->extend(request.id, factor("dana"), false, false)).ends, ends + 1h);
    EXPECT_EQ(records("access.extension-denied").size(), 1u);
    EXPECT_EQ(access->extend(request.id, factor("erin"), true, false).error().kind, ErrorKind::conflict);
    EXPECT_EQ(alerts("extension.decided").size(), 2u);
}

TEST_F(Deciding, RevokesWhatRuns) {
    const auto request = granted();
    EXPECT_THAT(refusal(access->revoke(request.id, factor("gina"), "no")), HasSubstr("does not name you"));
    EXPECT_THAT(refusal(access->revoke(request.id, factor("erin"), "")), HasSubstr("missing"));
    const auto over = must(access->revoke(request.id, factor("erin"), "wrong scanner"));
    EXPECT_EQ(over.state, RequestState::revoked);
    EXPECT_FALSE(may_connect());
    EXPECT_EQ(records("access.revoked").at(0).fields.at("revoked_because"), "wrong scanner");
    EXPECT_EQ(told.back().state, RequestState::revoked);
}

TEST_F(Deciding, ProvesASecondFactorOnceAndStopsGuessing) {
    EXPECT_TRUE(proven("dana"));
    EXPECT_THAT(refusal(proven("dana")), HasSubstr("used already"));
    clock.advance(60s);
    for (int i = 0; i < max_code_attempts; ++i) EXPECT_FALSE(prove_second_factor(*here, PersonId("dana"), Secret::copy_of("000000")));
    std::string why;
    const auto good = Secret::copy_of(*identity::totp_generate(codes.at("dana"), clock.now()));
    EXPECT_FALSE(prove_second_factor(*here, PersonId("dana"), good, &why));
    EXPECT_EQ(why, "too many codes");
    must(here->people.set_disabled(PersonId("erin"), true));
    EXPECT_FALSE(proven("erin"));
    EXPECT_FALSE(prove_second_factor(*here, PersonId("nobody"), good));
    EXPECT_FALSE(prove_second_factor(*here, PersonId("gina"), Secret()));
}

}  // namespace
}  // namespace anteroom::access::testing
