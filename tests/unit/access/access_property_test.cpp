// Random days of a hospital through Access over a real installation: whatever happens, the audit log tells each request's story
// without a gap, and nobody connects without a grant that this story accounts for.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "tests/unit/access/scene.h"
#include "tests/unit/base/seeds.h"

namespace anteroom::access::testing {
namespace {

using anteroom::testing::Seeded;

const std::vector<std::string> approvers{"sam", "sam2", "dana", "erin", "gina", "ruth"};

std::string policy(Seeded& dice) {
    const auto approval = "{ by: [role:admins, person:sam], count: " + std::to_string(dice.between(1, 2)) + ", max: " + std::to_string(dice.between(10, 200)) +
                          "m, clock: " + (dice.chance(2) ? "approval" : "first-connection") + ", escalate: { after: 30m, to: [person:ruth] } }";
    auto out = with(hospital, "{ by: [role:admins], count: 1, max: 4h, ticket: \"CHG-[0-9]+\" }", approval);
    if (dice.chance(6)) out = with(out, "who: [role:service]", "who: [group:nobody]");
    if (dice.chance(2)) out += "delegations:\n  - { from: person:dana, to: person:gina, since: 2026-01-01, until: 2027-12-31 }\n";
    if (dice.chance(4))
        out += (out.find("delegations") == std::string::npos ? "delegations:\n" : "") +
               std::string("  - { from: person:sam, to: person:erin, since: 2026-01-01, until: 2027-12-31 }\n");
    return out;
}

class Day {
public:
    Day(Scene& scene, std::uint64_t seed) : s_(scene), dice_(seed) {
        s_.apply(policy(dice_));
        for (const auto& name : approvers) must(s_.here->people.set_disabled(PersonId(name), false));
        first_ = must(s_.here->requests.next_id());
        seen_ = s_.records().size();
    }

    void run() {
        for (int i = 0; i < 30; ++i) {
            act();
            s_.clock.advance(dice_.chance(10) ? Duration(std::chrono::hours(dice_.between(1, 20))) : Duration(std::chrono::minutes(dice_.between(0, 20))));
            if (dice_.chance(2)) must(s_.access->tick());
            if (dice_.chance(15)) s_.restart();
            check_power();
        }
        s_.clock.advance(9 * 24h);
        must(s_.access->tick());
        check_story();
    }

private:
    Request any() {
        const auto next = must(s_.here->requests.next_id());
        return next == first_ ? Request() : s_.now_of(dice_.between(first_, next - 1));
    }

    void act() {
        const auto name = approvers[dice_.below(approvers.size())];
        const auto request = any();
        switch (dice_.below(13)) {
            case 0:
            case 1:
                (void)s_.access->create(s_.wish(dice_.chance(3) ? std::vector{mri3, mri4} : std::vector{dice_.chance(2) ? mri3 : mri4}, Duration(0)));
                break;
            case 2: (void)s_.access->withdraw(request.id, PersonId("sam")); break;
            case 3: must(s_.here->people.set_disabled(PersonId(name), dice_.chance(3))); break;
            case 4: s_.apply(policy(dice_)); break;
            case 5: (void)s_.access->use(PersonId("sam"), mri3, "mri-service"); break;
            case 6: (void)s_.access->ask_extension(request.id, std::chrono::minutes(dice_.between(1, 100))); break;
            default: decide(name, request);
        }
    }

    void decide(const std::string& name, const Request& request) {
        auto factor = s_.proven(name);
        if (!factor) return;
        switch (dice_.below(8)) {
            case 0: (void)s_.access->deny(request.id, *factor, "no"); break;
            case 1: (void)s_.access->revoke(request.id, *factor, "stop"); break;
            case 2: (void)s_.access->extend(request.id, *factor, !dice_.chance(3), true); break;
            default: (void)s_.access->approve(request.id, *factor, dice_.chance(2) ? std::optional<Duration>(20min) : std::nullopt, true);
        }
    }

    // A permit is backed by a request that is granted now and by the rule as it is now.
    void check_power() {
        for (const auto& ask : {mri3, mri4}) {
            const auto decision = s_.decide(ask);
            if (decision.verdict != policy::Decision::Verdict::permit) continue;
            ++permits;
            ASSERT_TRUE(decision.ends);
            bool backed = false;
            for (const auto& request : must(s_.access->list(true)))
                for (const auto& wanted : request.wanted)
                    backed = backed || (request.id >= first_ && wanted.ask == ask && request.grants(s_.clock.now()) &&
                                        (!request.ends || *request.ends >= *decision.ends));
            EXPECT_TRUE(backed);
            EXPECT_LE(*decision.ends - s_.clock.now(), *s_.here->policy.document.rule("mri-service")->approval->max);
        }
    }

    // What each record says the state is, in order, is a legal life that ends where the row is.
    void check_story() {
        static const std::map<std::string, std::set<std::string>> legal{
            {"", {"requested"}},
            {"requested", {"requested", "approved", "denied", "withdrawn", "expired"}},
            {"approved", {"approved", "active", "ended", "withdrawn", "expired", "revoked"}},
            {"active", {"active", "ended", "withdrawn", "revoked"}},
        };
        std::map<std::string, std::string> states;
        std::map<std::string, std::string> ends;
        const auto all = s_.records();
        for (std::size_t i = seen_; i < all.size(); ++i) {
            const auto& fields = all[i].fields;
            if (!fields.contains("request")) continue;
            auto& state = states[fields.at("request")];
            ASSERT_TRUE(legal.contains(state)) << all[i].kind << " after " << state << " of request " << fields.at("request");
            ASSERT_TRUE(legal.at(state).contains(fields.at("state"))) << all[i].kind << ": " << state << " -> " << fields.at("state");
            if (fields.at("state") == "approved" && state == "requested") {
                EXPECT_EQ(all[i].kind, "access.approved");
                EXPECT_NE(fields.at("by"), "sam");
                EXPECT_NE(fields.at("by"), "sam2");
            }
            state = fields.at("state");
            ends[fields.at("request")] = fields.contains("ends") ? fields.at("ends") : "";
        }
        const auto next = must(s_.here->requests.next_id());
        for (auto id = first_; id < next; ++id) {
            const auto request = s_.now_of(id);
            EXPECT_EQ(states[std::to_string(id)], name(request.state));
            EXPECT_EQ(ends[std::to_string(id)], request.ends ? rfc3339(*request.ends) : "");
            EXPECT_FALSE(is_open(request.state)) << "after nine days everything is over";
            outcomes.insert(request.state);
        }
    }

    Scene& s_;
    Seeded dice_;
    std::int64_t first_ = 0;
    std::size_t seen_ = 0;

public:
    int permits = 0;
    std::set<RequestState> outcomes;
};

TEST(AccessDays, AreExplainedByTheAuditLogAndGiveNoPowerWithoutAGrant) {
    const char* more = std::getenv("ANTEROOM_DAYS");
    const std::uint64_t days = more == nullptr ? 150 : std::strtoull(more, nullptr, 10);
    int permits = 0;
    std::set<RequestState> outcomes;
    std::optional<Scene> scene;
    for (std::uint64_t seed = 0; seed < days; ++seed) {
        if (seed % 20 == 0) {  // the log is read as a whole each day: it stays short
            scene.emplace();
            scene->add("sam2", "SAM@acme.example", "", {"imaging"});
        }
        Day day(*scene, seed);
        day.run();
        permits += day.permits;
        outcomes.merge(day.outcomes);
        ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
    }
    EXPECT_GT(permits, static_cast<int>(days / 2));
    if (days >= 150) EXPECT_GE(outcomes.size(), 5u);
}

}  // namespace
}  // namespace anteroom::access::testing
