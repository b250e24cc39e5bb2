// Decisions: permits, forbids, agreements, networks and hours, and the sentences that leak nothing.
#include "policy/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/explain.h"
#include "tests/unit/policy/example.h"

namespace anteroom::policy {
namespace {

using test::at;
using test::document;
using test::monday_noon;
using test::mri;
using test::person;
using test::vendor;
using testing::HasSubstr;
using Verdict = Decision::Verdict;
using Reason = Decision::Reason;

const std::string asked =
    "    access: on-request                       # standing | on-request\n"
    "    approval: { by: [role:imaging-admins], count: 1, max: 4h, ticket: \"CHG-[0-9]+\" }";
Document standing() { return document(asked, "    access: standing\n    max: 2h"); }
Rule forbid(std::vector<std::string> what) {
    Rule out;
    out.id = "no";
    out.forbid = true;
    out.who = {Subject{}};
    out.allow = std::move(what);
    return out;
}

TEST(Evaluate, ARequestNeedsApprovalAndAGrantPermitsUntilItEnds) {
    const auto decision = evaluate(document(), vendor(), mri, monday_noon);
    EXPECT_EQ(decision.verdict, Verdict::needs_approval);
    EXPECT_EQ(decision.rule, "mri-service");
    EXPECT_EQ(decision.max, Duration(std::chrono::hours(4)));
    EXPECT_EQ(decision.ends, at("2026-06-16T00:00:00Z"));
    EXPECT_FALSE(AuthorizedTarget::from(decision, document(), mri));
    const Grant grant{"mri-service", monday_noon + std::chrono::hours(1)};
    const auto granted = evaluate(document(), vendor(), mri, monday_noon, {&grant, 1});
    EXPECT_EQ(granted.verdict, Verdict::permit);
    EXPECT_EQ(granted.ends, grant.ends);
    EXPECT_EQ(evaluate(document(), vendor(), mri, grant.ends, {&grant, 1}).verdict, Verdict::needs_approval);
    const Grant other{"another-rule", grant.ends};
    EXPECT_EQ(evaluate(document(), vendor(), mri, monday_noon, {&other, 1}).verdict, Verdict::needs_approval);
}

TEST(Evaluate, AStandingRulePermitsAndSaysWhenItEnds) {
    const auto policy = standing();
    const auto decision = evaluate(policy, vendor(), mri, monday_noon);
    EXPECT_EQ(decision.verdict, Verdict::permit);
    EXPECT_EQ(decision.allow, (std::vector<std::string>{"shell", "exec", "sftp:read"}));
    EXPECT_EQ(decision.max, Duration(std::chrono::hours(2)));
    EXPECT_EQ(decision.ends, at("2026-06-16T00:00:00Z"));
    const auto authorized = AuthorizedTarget::from(decision, policy, mri);
    ASSERT_TRUE(authorized);
    EXPECT_EQ(authorized->host(), "10.20.3.7");
    EXPECT_EQ(authorized->host_keys(), std::vector{test::key});
    EXPECT_FALSE(AuthorizedTarget::from(decision, policy, {mri.target, AccountId("root")}));
}

TEST(Evaluate, SaysTheSameOfAnUnknownTargetAndOneWithoutARule) {
    const auto policy = document();
    const auto nobody = person("eve");
    const auto unknown = evaluate(policy, nobody, {TargetId("mri-4"), mri.account}, monday_noon);
    const auto known = evaluate(policy, nobody, mri, monday_noon);
    const auto account = evaluate(policy, nobody, {mri.target, AccountId("admin")}, monday_noon);
    auto forbidding = policy;
    forbidding.rules.push_back(forbid({"*"}));
    const auto forbidden = evaluate(forbidding, nobody, mri, monday_noon);
    EXPECT_EQ(unknown.reason, Reason::unknown_target);
    EXPECT_EQ(known.reason, Reason::no_rule);
    EXPECT_EQ(account.reason, Reason::unknown_account);
    EXPECT_EQ(forbidden.reason, Reason::forbidden);
    EXPECT_EQ(unknown.sentence, known.sentence);
    EXPECT_EQ(unknown.sentence, account.sentence);
    EXPECT_EQ(unknown.sentence, forbidden.sentence);
    EXPECT_EQ(evaluate(policy, vendor(), {mri.target, AccountId("root")}, monday_noon).sentence, unknown.sentence);
    // Also what stands against the person reads the same for every target.
    auto away = vendor();
    away.source_ip = "198.51.100.1";
    EXPECT_EQ(evaluate(policy, away, {TargetId("mri-4"), mri.account}, monday_noon).sentence, evaluate(policy, away, mri, monday_noon).sentence);
}

TEST(Evaluate, AForbidBeatsEveryPermit) {
    auto policy = standing();
    policy.rules.push_back(forbid({"exec"}));
    auto decision = evaluate(policy, vendor(), mri, monday_noon);
    EXPECT_EQ(decision.verdict, Verdict::permit);
    const auto set = CapabilitySet::parse(decision.allow, decision.forbid).value();
    EXPECT_TRUE(set.permits({"shell", ""}));
    EXPECT_FALSE(set.permits({"exec", "ls"}));
    for (const auto& all : {std::vector<std::string>{"*"}, {}, {"shell", "exec", "sftp:*"}}) {
        policy.rules.back() = forbid(all);
        decision = evaluate(policy, vendor(), mri, monday_noon);
        EXPECT_EQ(decision.verdict, Verdict::deny);
        EXPECT_EQ(decision.reason, Reason::forbidden);
        EXPECT_EQ(decision.rule, "no");
    }
}

TEST(Evaluate, AForbidThatBeginsLaterEndsThePermit) {
    auto policy = standing();
    policy.rules.push_back(forbid({}));
    policy.rules.back().when = Schedule{.from_minute = 15 * 60, .until_minute = 16 * 60, .zone = "America/Chicago"};
    EXPECT_EQ(evaluate(policy, vendor(), mri, monday_noon).ends, at("2026-06-15T20:00:00Z"));
    EXPECT_EQ(evaluate(policy, vendor(), mri, at("2026-06-15T20:00:00Z")).reason, Reason::forbidden);
    policy.rules.back().when->zone = "Nowhere";  // an error never loosens a forbid
    EXPECT_EQ(evaluate(policy, vendor(), mri, monday_noon).reason, Reason::forbidden);
}

TEST(Evaluate, TheAgreementHoldsOnBothItsDays) {
    const auto policy = document("when: { days: [mon-fri], hours: \"07:00-19:00\", zone: America/Chicago }", "idle: 1h");
    const auto reason = [&](const char* time) { return evaluate(policy, vendor(), mri, at(time)).reason; };
    EXPECT_EQ(reason("2026-01-14T23:59:59.999999Z"), Reason::agreement_not_yet);
    EXPECT_EQ(reason("2026-01-15T00:00:00Z"), Reason::none);
    EXPECT_EQ(reason("2028-01-15T23:59:59.999999Z"), Reason::none);
    EXPECT_EQ(reason("2028-01-16T00:00:00Z"), Reason::agreement_expired);
    EXPECT_EQ(evaluate(policy, vendor(), mri, monday_noon).ends, at("2028-01-16T00:00:00Z"));
    EXPECT_THAT(evaluate(policy, vendor(), mri, at("2028-02-01T00:00:00Z")).sentence, HasSubstr("expired on 2028-01-15"));
    EXPECT_EQ(evaluate(document("agreement: { signed: 2026-01-15, expires: 2028-01-15 }, ", ""), vendor(), mri, monday_noon).reason, Reason::agreement_missing);
    auto stranger = vendor();
    stranger.vendor = VendorId("unheard-of");
    EXPECT_EQ(evaluate(policy, stranger, mri, monday_noon).reason, Reason::agreement_missing);
}

TEST(Evaluate, VendorsComeFromTheirNetworks) {
    auto away = vendor();
    for (const char* source : {"203.0.114.1", "", "::1", "203.0.113.7, 1.1.1.1"}) {
        away.source_ip = source;
        EXPECT_EQ(evaluate(document(), away, mri, monday_noon).reason, Reason::network) << source;
    }
    away.source_ip = "::ffff:203.0.113.200";
    EXPECT_EQ(evaluate(document(), away, mri, monday_noon).verdict, Verdict::needs_approval);
}

TEST(Evaluate, OutsideOfTheNetworksMayMeanAsking) {
    auto policy = document("networks: [203.0.113.0/24]", "networks: {from: [203.0.113.0/24], otherwise: ask}");
    auto away = vendor();
    away.source_ip = "198.51.100.1";
    EXPECT_EQ(evaluate(policy, away, mri, monday_noon).verdict, Verdict::needs_approval);
    policy.rules[0].access = Access::standing;  // with its approval left in place
    EXPECT_EQ(evaluate(policy, vendor(), mri, monday_noon).verdict, Verdict::permit);
    EXPECT_EQ(evaluate(policy, away, mri, monday_noon).verdict, Verdict::needs_approval);
    policy.rules[0].approval.reset();
    EXPECT_EQ(evaluate(policy, away, mri, monday_noon).reason, Reason::network);
}

TEST(Evaluate, SaysWhenItOpensNext) {
    const auto decision = evaluate(document(), vendor(), mri, at("2026-06-20T12:00:00Z"));
    EXPECT_EQ(decision.reason, Reason::schedule);
    EXPECT_EQ(decision.sentence, "This access is closed at this time. It opens next at 2026-06-22 07:00 -05:00.");
    EXPECT_EQ(evaluate(document("zone: America/Chicago }", "zone: America/Chicago, otherwise: ask }"), vendor(), mri, at("2026-06-20T12:00:00Z")).verdict,
              Verdict::needs_approval);
}

TEST(Evaluate, DisabledAndExpiredPeopleAreRefused) {
    auto facts = vendor();
    facts.person_expires = monday_noon + std::chrono::hours(1);
    EXPECT_EQ(evaluate(standing(), facts, mri, monday_noon).ends, facts.person_expires);
    EXPECT_EQ(evaluate(standing(), facts, mri, *facts.person_expires).reason, Reason::person_expired);
    facts.disabled = true;
    EXPECT_EQ(evaluate(standing(), facts, mri, monday_noon).rule, "person-disabled");
}

TEST(Evaluate, BreakGlassIsForThoseNamedAndUnderForbids) {
    auto policy = document();
    const auto engineer = person("kim", {"clinical-engineering"});
    const auto night = at("2026-06-20T06:00:00Z");
    const auto decision = evaluate_break_glass(policy, engineer, mri, night);
    EXPECT_EQ(decision.verdict, Verdict::permit);
    EXPECT_EQ(decision.rule, "night-imaging");
    EXPECT_EQ(decision.max, Duration(std::chrono::hours(1)));
    EXPECT_EQ(evaluate_break_glass(policy, person("eve"), mri, night).verdict, Verdict::deny);
    EXPECT_EQ(evaluate_break_glass(policy, vendor(), mri, night).verdict, Verdict::deny);
    policy.rules.push_back(forbid({"*"}));
    EXPECT_EQ(evaluate_break_glass(policy, engineer, mri, night).reason, Reason::forbidden);
}

TEST(Explain, ListsWhatIsReachableAndWhoMayReview) {
    const auto policy = document();
    const auto list = reachable(policy, vendor(), monday_noon);
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0].account.str(), "service");
    EXPECT_EQ(default_account(policy, vendor(), mri.target, monday_noon), mri.account);
    const auto engineer = person("kim", {"clinical-engineering"});
    EXPECT_EQ(default_account(policy, engineer, mri.target, monday_noon), std::nullopt);
    EXPECT_EQ(accounts_for(policy, engineer, mri.target, monday_noon).size(), 2u);
    EXPECT_TRUE(reachable(policy, engineer, monday_noon)[0].break_glass);
    EXPECT_TRUE(reachable(policy, person("eve"), monday_noon).empty());
    const std::vector people{vendor(), person("eve"), engineer};
    ASSERT_EQ(who_can(policy, people, mri.target, monday_noon).size(), 1u);
    const auto& labels = policy.targets.at(mri.target).labels;
    EXPECT_TRUE(may_review(policy, person("ruth"), mri.target, labels, monday_noon));
    EXPECT_FALSE(may_review(policy, person("dana"), mri.target, labels, monday_noon));
    EXPECT_TRUE(is_one_of(policy, person("x", {"imaging"}), policy.rule("mri-service")->approval->by));
}

TEST(Explain, SaysWhyAndWhatWouldChangeIt) {
    auto policy = standing();
    policy.rules.push_back(forbid({"exec"}));
    const auto text = explain(policy, vendor(), mri.target, mri.account, {"exec", "ls"}, monday_noon);
    EXPECT_THAT(text, HasSubstr("deny: by no"));
    EXPECT_THAT(text, HasSubstr("* mri-service: applies, standing"));
    EXPECT_THAT(text, HasSubstr("- forbid never-forward-from-infusion: is not about this target"));
    EXPECT_THAT(text, HasSubstr("forbid no would have to be narrowed"));
    EXPECT_EQ(explanation(policy, vendor(), mri, {"shell", ""}, monday_noon).verdict, Verdict::permit);
    EXPECT_EQ(explanation(policy, vendor(), mri, {"agent", ""}, monday_noon).rule, "default-deny");
    EXPECT_THAT(explain(policy, vendor(), mri.target, mri.account, {"shell", ""}, at("2026-06-20T12:00:00Z")),
                HasSubstr("- mri-service: is closed now (mon-fri 07:00-19:00 America/Chicago)"));
}

}  // namespace
}  // namespace anteroom::policy
