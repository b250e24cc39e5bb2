// Thousands of histories of one request through the pure machine, with people, policy and delegations that change meanwhile. What is
// checked is computed here again, from the world as it is, not asked of the machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "broker/access/circle.h"
#include "policy/deciding.h"
#include "tests/unit/access/machine.h"
#include "tests/unit/base/seeds.h"

namespace anteroom::access::testing {
namespace {

using anteroom::testing::Seeded;

const std::vector<std::string> names{"sam", "sam2", "dana", "erin", "gina", "hugo"};

policy::Subject group(const char* name) { return {policy::Subject::Kind::group, name}; }

struct World {
    explicit World(std::uint64_t seed) : dice(seed) {
        for (const auto& name : names) {
            store::Person person;
            person.name = PersonId(name);
            if (name == "sam" || name == "sam2") person.email = name == "sam" ? "sam@acme.example" : "SAM@acme.example";
            if (!dice.chance(3)) person.groups.push_back("a");
            if (!dice.chance(3)) person.groups.push_back("b");
            if (name == "sam") person.groups.push_back("asks");
            people.push_back(person);
        }
        for (const char* name : {"mri-3", "mri-4"}) {
            auto& target = document.targets[TargetId(name)];
            target.host_keys = {"x"};
            target.accounts[AccountId("service")] = {};
        }
        document.rules = {rule("one", "mri-3", "a"), rule("two", "mri-4", "b")};
        request.id = 1;
        request.person = PersonId("sam");
        request.wanted = {{mri3, "one"}};
        if (dice.chance(2)) request.wanted.push_back({mri4, "two"});
        request.asked = std::chrono::minutes(dice.between(10, 200));
        request.created = now;
        if (dice.chance(4)) request.not_before = now + std::chrono::minutes(dice.between(1, 2000));
        request.waits_until = now + 24h;
    }

    policy::Rule rule(const char* id, const char* target, const char* by) {
        policy::Rule out;
        out.id = id;
        out.who = {group("asks")};
        out.to.targets = {TargetId(target)};
        out.allow = {"shell"};
        out.access = policy::Access::on_request;
        out.approval = policy::Approval{
            .by = {group(by)}, .count = static_cast<int>(dice.chance(4) ? 3 : dice.between(1, 2)), .max = std::chrono::minutes(dice.between(10, 240))};
        if (dice.chance(3)) out.approval->escalate = policy::Escalation{5min, {group(by[0] == 'a' ? "b" : "a")}};
        if (dice.chance(3)) out.approval->clock = policy::GrantClock::first_connection;
        if (dice.chance(4)) out.approval->confirm = "Scanner idle";
        return out;
    }

    void change_something() {
        auto& person = people[dice.below(people.size())];
        auto& changed = document.rules[dice.below(2)];
        switch (dice.below(7)) {
            case 0: person.disabled = !person.disabled; break;
            case 1: person.groups = dice.chance(2) ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{}; break;
            case 2: changed.approval->max = std::chrono::minutes(dice.between(5, 240)); break;
            case 3: changed.approval->count = static_cast<int>(dice.between(1, 3)); break;
            case 4: changed.who = {group(dice.chance(3) ? "nobody" : "asks")}; break;
            case 5: {
                const auto day = std::chrono::floor<std::chrono::days>(now);
                document.delegations.push_back({PersonId(names[dice.below(names.size())]), PersonId(names[dice.below(names.size())]), day, day});
                break;
            }
            default: document.delegations.clear();
        }
    }

    Command command() {
        const Circle circle(document, people);
        const auto by = circle.decider(request, PersonId(names[dice.below(names.size())]), now);
        const bool confirmed = !dice.chance(3);
        if (request.extension && dice.chance(2)) return command::ApproveExtension{by, true};
        if (request.ends && dice.chance(3)) return command::AskExtension{std::chrono::minutes(dice.between(1, 30))};
        auto choice = dice.below(14);
        if (choice < 3 && !dice.chance(3)) choice += 3;  // what ends a request is rarer: there is more to see before
        switch (choice) {
            case 0: return command::Deny{by, "no"};
            case 1: return command::Withdraw{};
            case 2: return command::Revoke{by.person, "stop"};
            case 3:
            case 4: return command::Connect{};
            case 5: return command::AskExtension{std::chrono::minutes(dice.between(1, 120))};
            case 6: return command::ApproveExtension{by, confirmed};
            case 7: return command::DenyExtension{by};
            case 8: return command::Pass{};
            default:
                return command::Approve{by, dice.chance(2) ? std::optional<Duration>(std::chrono::minutes(dice.between(1, 200))) : std::nullopt, confirmed};
        }
    }

    // As Access does it: yeses that no longer hold are dropped, then the command.
    void step() {
        if (dice.chance(5)) change_something();
        now += dice.chance(15) ? Duration(std::chrono::hours(dice.between(1, 30))) : Duration(std::chrono::minutes(dice.between(0, 10)));
        const Circle circle(document, people);
        auto before = request;
        before.yeses = counted_again(before.yeses, [&](const Yes& y) { return circle.decider_of(before, y, now); });
        if (before.extension) before.extension->yeses = counted_again(before.extension->yeses, [&](const Yes& y) { return circle.decider_of(before, y, now); });
        const auto done = apply(before, command(), circle.terms(before, now), now);
        if (!done) return;
        check(*done);
        request = *done;
        moves.push_back(request.state);
    }

    // ---- checked independently

    std::string human(const PersonId& person) const {
        if (person == PersonId("sam") || person == PersonId("sam2")) return "sam";
        return person.str();
    }
    const store::Person& person(const PersonId& wanted) const {
        return *std::find_if(people.begin(), people.end(), [&](const auto& p) { return p.name == wanted; });
    }
    bool named(const PersonId& who, std::size_t index, Time asked) const {
        const auto& p = person(who);
        const auto& rule = document.rules[request.wanted[index].rule == "one" ? 0 : 1];
        const auto in = [&](const policy::Subjects& subjects) { return std::find(p.groups.begin(), p.groups.end(), subjects[0].name) != p.groups.end(); };
        const auto& escalate = rule.approval->escalate;
        return !p.disabled && (in(rule.approval->by) || (escalate && now - asked >= escalate->after && in(escalate->to)));
    }
    bool delegated(const PersonId& from, const PersonId& to) const {
        const auto today = std::chrono::floor<std::chrono::days>(now);
        return std::any_of(document.delegations.begin(), document.delegations.end(),
                           [&](const auto& d) { return d.from == from && d.to == to && d.since <= today && today <= d.until; });
    }
    bool good(const Yes& yes, std::size_t index, Time asked) const {
        if (human(yes.by) == "sam" || person(yes.by).disabled) return false;
        if (!yes.standing_in_for) return named(yes.by, index, asked);
        return human(*yes.standing_in_for) != "sam" && delegated(*yes.standing_in_for, yes.by) && named(*yes.standing_in_for, index, asked);
    }
    // Enough good yeses of distinct humans, for each target.
    bool backed(const std::vector<Yes>& yeses, Time asked) const {
        for (std::size_t i = 0; i < request.wanted.size(); ++i) {
            const auto& rule = document.rules[request.wanted[i].rule == "one" ? 0 : 1];
            std::set<std::string> owners, givers;
            for (const auto& yes : yeses)
                if (std::find(yes.covers.begin(), yes.covers.end(), i) != yes.covers.end() && good(yes, i, asked)) {
                    owners.insert(human(yes.standing_in_for.value_or(yes.by)));
                    givers.insert(human(yes.by));
                }
            if (static_cast<int>(std::min(owners.size(), givers.size())) < rule.approval->count) return false;
            if (rule.who[0].name != "asks" || !in_group("asks")) return false;
        }
        return true;
    }
    bool in_group(const char* name) const {
        const auto& sam = person(PersonId("sam"));
        return !sam.disabled && std::find(sam.groups.begin(), sam.groups.end(), name) != sam.groups.end();
    }
    Duration policy_max() const {
        auto out = Duration::max();
        for (const auto& wanted : request.wanted) out = std::min(out, *document.rules[wanted.rule == "one" ? 0 : 1].approval->max);
        return out;
    }

    void check(const Request& after) {
        const auto was = request.state, is = after.state;
        const bool granted_before = was == RequestState::approved || was == RequestState::active;
        const bool granted_now = is == RequestState::approved || is == RequestState::active;
        if (!is_open(was)) EXPECT_EQ(is, was) << "what is settled stays settled";
        if (granted_before) EXPECT_NE(is, RequestState::requested);
        if (was == RequestState::requested && granted_now) {
            ++approvals;
            EXPECT_LT(now, request.waits_until);
            EXPECT_TRUE(backed(after.yeses, request.created)) << "approved without the yeses that policy wants";
            EXPECT_LE(after.length, std::min(request.asked, policy_max()));
            for (const auto& yes : after.yeses) EXPECT_LE(after.length, yes.length.value_or(after.length));
            if (request.not_before) EXPECT_GE(*after.starts, *request.not_before);
        }
        if (granted_before && granted_now && after.length > request.length) {
            ++extensions;
            auto yeses = request.extension->yeses;
            EXPECT_LE(*after.ends - *after.starts, policy_max());
            EXPECT_EQ(after.length - request.length, request.extension->by);
        }
        if (granted_before && granted_now && request.ends && after.ends != request.ends)
            EXPECT_EQ(*after.ends - *request.ends, after.length - request.length) << "the end moves by an extension alone";
        if (after.ends && granted_now) EXPECT_EQ(*after.ends - *after.starts, after.length);
        if (!granted_now) EXPECT_FALSE(after.grants(now));
        if (after.grants(now)) EXPECT_GE(now, *after.starts);
    }

    Seeded dice;
    Time now = noon;
    policy::Document document;
    std::vector<store::Person> people;
    Request request;
    std::vector<RequestState> moves;
    int approvals = 0, extensions = 0;
};

TEST(AccessProperty, EveryHistoryHasOneOutcomeAndNoMorePowerThanPolicyGives) {
    const char* more = std::getenv("ANTEROOM_SEEDS");
    const std::uint64_t seeds = more == nullptr ? 1000 : std::strtoull(more, nullptr, 10);
    int approvals = 0, extensions = 0;
    std::set<RequestState> outcomes;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        World world(seed);
        for (int i = 0; i < 40; ++i) world.step();
        EXPECT_LE(world.approvals, 1);
        std::vector<RequestState> settled;
        for (const auto state : world.moves)
            if (!is_open(state) && (settled.empty() || settled.back() != state)) settled.push_back(state);
        EXPECT_LE(settled.size(), 1u);
        outcomes.insert(world.request.state);
        approvals += world.approvals;
        extensions += world.extensions;
        ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
    }
    // The dice do reach everything.
    EXPECT_GT(approvals, static_cast<int>(seeds / 20));
    EXPECT_GT(extensions, static_cast<int>(seeds / 100));
    for (const auto state : {RequestState::denied, RequestState::withdrawn, RequestState::expired, RequestState::ended, RequestState::revoked})
        EXPECT_TRUE(outcomes.contains(state)) << name(state);
}

}  // namespace
}  // namespace anteroom::access::testing
