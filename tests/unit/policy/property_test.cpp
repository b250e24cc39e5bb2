// Thousands of random policies: what must hold of every one of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "policy/capability.h"
#include "policy/deciding.h"
#include "tests/unit/policy/example.h"

namespace anteroom::policy {
namespace {

using Verdict = Decision::Verdict;

class Dice {
public:
    explicit Dice(unsigned seed) : random_(seed) {}
    bool one_in(unsigned n) { return random_() % n == 0; }
    template <class T>
    T pick(const std::vector<T>& from) {
        return from[random_() % from.size()];
    }
    std::uint64_t number(std::uint64_t below) { return random_() % below; }

private:
    std::mt19937_64 random_;
};

const std::vector<std::string> capabilities{"shell", "exec", "exec:ls *", "sftp:read", "sftp:*", "forward:*", "forward:local:h:1", "env"};
const std::vector<Use> uses{{"shell", ""},          {"exec", "ls a"}, {"exec", "id"}, {"sftp:read", ""}, {"sftp:write", ""}, {"forward:local", "h:1"},
                            {"forward:remote", ""}, {"env", "A"},     {"x11", ""}};

Subject subject(Dice& dice) {
    return dice.pick<Subject>({{Subject::Kind::any, ""},
                               {Subject::Kind::person, "p1"},
                               {Subject::Kind::person, "p2"},
                               {Subject::Kind::group, "g1"},
                               {Subject::Kind::vendor, "v1"},
                               {Subject::Kind::role, "r1"},
                               {Subject::Kind::role, "r2"}});
}
Selector selector(Dice& dice) {
    Selector out;
    if (dice.one_in(2)) out.labels["zone"] = {dice.pick<std::string>({"a", "b"})};
    if (dice.one_in(3)) out.targets = {TargetId(dice.pick<std::string>({"t1", "t2", "t3"}))};
    if (dice.one_in(2)) out.accounts = {AccountId(dice.pick<std::string>({"x", "y"}))};
    return out;
}
Rule rule(Dice& dice, int index) {
    Rule out;
    out.id = "rule" + std::to_string(index);
    out.forbid = dice.one_in(4);
    out.who = {subject(dice)};
    out.to = selector(dice);
    for (auto n = 1 + dice.number(3); n > 0; --n) out.allow.push_back(dice.pick(capabilities));
    if (out.forbid && dice.one_in(4)) out.allow = {"*"};
    if (!out.forbid && dice.one_in(2)) out.access = Access::on_request;
    if (out.access == Access::on_request || dice.one_in(5)) out.approval = Approval{.by = {subject(dice)}};
    if (out.approval && dice.one_in(3)) out.approval->escalate = Escalation{std::chrono::minutes(5), {subject(dice)}};
    if (dice.one_in(3))
        out.when = Schedule{.days = static_cast<std::uint8_t>(1 + dice.number(127)),
                            .from_minute = static_cast<int>(dice.number(1440)),
                            .until_minute = static_cast<int>(dice.number(1440)),
                            .zone = "America/Chicago",
                            .otherwise = dice.one_in(4) && !out.forbid ? Otherwise::ask : Otherwise::refuse};
    return out;
}
Document document(Dice& dice) {
    Document out;
    out.roles["r1"] = {subject(dice)};
    out.roles["r2"] = {subject(dice), subject(dice)};  // also cycles: evaluation ends all the same
    auto& v1 = out.vendors[VendorId("v1")];
    if (!dice.one_in(5)) v1.agreement = Agreement{Day(std::chrono::days(20000)), Day(std::chrono::days(20000 + dice.number(1000)))};
    if (dice.one_in(3)) v1.networks = {Network::parse("10.0.0.0/8").value()};
    if (dice.one_in(3)) v1.outside = Otherwise::ask;
    for (const char* name : {"t1", "t2"}) {
        auto& target = out.targets[TargetId(name)];
        target.host = "h", target.port = 22, target.host_keys = {test::key};
        target.labels["zone"] = dice.pick<std::string>({"a", "b"});
        target.accounts = {{AccountId("x"), {}}, {AccountId("y"), {}}};
    }
    for (auto n = dice.number(6); n > 0; --n) out.rules.push_back(rule(dice, static_cast<int>(n)));
    for (auto n = dice.number(3); n > 0; --n) {
        const Day since(std::chrono::days(20000 + dice.number(400)));
        out.delegations.push_back({PersonId(dice.pick<std::string>({"p1", "p2"})), PersonId(dice.pick<std::string>({"p1", "p2", "p3"})), since,
                                   since + std::chrono::days(dice.number(400))});
    }
    return out;
}
Facts facts(Dice& dice) {
    Facts out;
    out.person = PersonId(dice.pick<std::string>({"p1", "p2"}));
    if (dice.one_in(2)) out.groups = {"g1"};
    if (dice.one_in(2)) out.vendor = VendorId(dice.pick<std::string>({"v1", "v1", "v2"}));
    out.disabled = dice.one_in(10);
    out.source_ip = dice.pick<std::string>({"10.1.1.1", "192.0.2.1"});
    if (dice.one_in(5)) out.person_expires = Time(std::chrono::days(20000 + dice.number(800)));
    return out;
}
struct World {
    explicit World(unsigned seed) : dice(seed), policy(document(dice)), who(facts(dice)) {
        ask = {TargetId(dice.pick<std::string>({"t1", "t2", "t3"})), AccountId(dice.pick<std::string>({"x", "y", "z"}))};
        now = Time(std::chrono::days(20000)) + std::chrono::minutes(dice.number(800 * 1440));
        if (!policy.rules.empty() && dice.one_in(3)) grants = {{dice.pick(policy.rules).id, now + std::chrono::minutes(30)}};
    }
    Decision decide() const { return evaluate(policy, who, ask, now, grants); }
    Dice dice;
    Document policy;
    Facts who;
    Ask ask;
    Time now;
    std::vector<Grant> grants;
};
bool permits(const Decision& decision, const Use& use) {
    return decision.verdict == Verdict::permit && CapabilitySet::parse(decision.allow, decision.forbid).value().permits(use);
}
constexpr unsigned seeds = 8000;

TEST(PolicyProperty, NeverAPermitWithoutARuleThatNamesPersonTargetAccountAndUse) {
    unsigned permitted = 0;
    for (unsigned seed = 0; seed < seeds; ++seed) {
        const World world(seed);
        const auto decision = world.decide();
        if (decision.verdict != Verdict::permit) continue;
        ++permitted;
        EXPECT_FALSE(world.who.disabled);
        EXPECT_TRUE(world.policy.targets.contains(world.ask.target));
        EXPECT_TRUE(!decision.ends || *decision.ends > world.now) << seed;
        const auto& labels = world.policy.targets.at(world.ask.target).labels;
        for (const auto& use : uses) {
            if (!permits(decision, use)) continue;
            const auto backs = [&](const Rule& r) {
                const bool granted = std::any_of(world.grants.begin(), world.grants.end(), [&](const Grant& g) { return g.rule == r.id; });
                return !r.forbid && is_one_of(world.policy, world.who, r.who) && selects(r.to, world.ask.target, labels) && selects(r.to, world.ask.account) &&
                       (r.access == Access::standing || granted) && CapabilitySet::parse(r.allow, {}).value().permits(use);
            };
            EXPECT_TRUE(std::any_of(world.policy.rules.begin(), world.policy.rules.end(), backs)) << seed << " " << use.kind;
        }
    }
    EXPECT_GT(permitted, seeds / 50);  // the dice do reach it
}

TEST(PolicyProperty, AddingAForbidNeverEnlarges) {
    for (unsigned seed = 0; seed < seeds; ++seed) {
        World world(seed);
        const auto before = world.decide();
        auto added = rule(world.dice, 99);
        added.forbid = true;
        world.policy.rules.insert(world.policy.rules.begin() + static_cast<std::ptrdiff_t>(world.dice.number(world.policy.rules.size() + 1)), added);
        const auto after = world.decide();
        for (const auto& use : uses) EXPECT_LE(permits(after, use), permits(before, use)) << seed;
        if (before.verdict == Verdict::deny) EXPECT_EQ(after.verdict, Verdict::deny) << seed;
    }
}

TEST(PolicyProperty, ForbiddingAllDeniesEverybody) {
    for (unsigned seed = 0; seed < seeds; ++seed) {
        World world(seed);
        Rule all;
        all.id = "all", all.forbid = true, all.who = {Subject{}}, all.allow = {"*"};
        world.policy.rules.push_back(all);
        EXPECT_EQ(world.decide().verdict, Verdict::deny) << seed;
        EXPECT_EQ(evaluate_break_glass(world.policy, world.who, world.ask, world.now).verdict, Verdict::deny) << seed;
    }
}

TEST(PolicyProperty, TheSameFactsGiveTheSameDecisionAndItHoldsUntilItsEnd) {
    for (unsigned seed = 0; seed < seeds; ++seed) {
        World world(seed);
        const auto first = world.decide(), second = world.decide();
        EXPECT_EQ(first.verdict, second.verdict);
        EXPECT_EQ(first.rule, second.rule);
        EXPECT_EQ(first.allow, second.allow);
        if (first.verdict != Verdict::permit || !first.ends) continue;
        world.now = *first.ends - Duration(1);
        EXPECT_EQ(world.decide().verdict, Verdict::permit) << seed;
    }
}

TEST(PolicyProperty, NobodyDecidesWithoutBeingNamedOrStandingInForSomebodyWhoIs) {
    unsigned deciding = 0, standing_in = 0;
    for (unsigned seed = 0; seed < seeds; ++seed) {
        World world(seed);
        std::vector<Facts> people;
        for (const char* name : {"p1", "p2", "p3"}) {
            people.push_back(facts(world.dice));
            people.back().person = PersonId(name);
        }
        const auto asked = world.now - std::chrono::minutes(world.dice.number(10));
        for (const auto& rule : world.policy.rules) {
            if (!rule.approval) continue;
            const auto& escalate = rule.approval->escalate;
            for (const auto& one : people)
                for (const auto& name : decides_as(world.policy, *rule.approval, people, one.person, asked, world.now)) {
                    ++deciding;
                    const auto& owner = *std::find_if(people.begin(), people.end(), [&](const Facts& f) { return f.person == name; });
                    EXPECT_FALSE(one.disabled || owner.disabled) << seed;
                    const bool named = is_one_of(world.policy, owner, rule.approval->by) ||
                                       (escalate && world.now - asked >= escalate->after && is_one_of(world.policy, owner, escalate->to));
                    EXPECT_TRUE(named) << seed;
                    if (name == one.person) continue;
                    ++standing_in;
                    EXPECT_TRUE(std::any_of(world.policy.delegations.begin(), world.policy.delegations.end(), [&](const Delegation& d) {
                        return d.from == name && d.to == one.person && Time(d.since) <= world.now && world.now < Time(d.until + std::chrono::days(1));
                    })) << seed;
                }
        }
    }
    EXPECT_GT(deciding, seeds / 50);
    EXPECT_GT(standing_in, seeds / 500);
}

TEST(PolicyProperty, AnUnknownTargetReadsLikeOneWithoutARule) {
    for (unsigned seed = 0; seed < seeds; ++seed) {
        World world(seed);
        const auto known = world.decide();
        if (known.reason != Decision::Reason::no_rule) continue;
        world.ask.target = TargetId("elsewhere");
        EXPECT_EQ(world.decide().sentence, known.sentence);
    }
}

}  // namespace
}  // namespace anteroom::policy
