// Approvers, escalation, delegation: in the text, in the decision and in the diff.
#include "policy/deciding.h"

#include <gmock/gmock.h>

#include "policy/diff.h"
#include "tests/unit/policy/example.h"

namespace anteroom::policy {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string delegations =
    "delegations:\n"
    "  - { from: person:dana, to: person:gina, since: 2026-06-15, until: 2026-06-20 }\n"
    "  - { from: person:gina, to: person:hugo, since: 2026-06-01, until: 2026-06-30 }\n";

class Deciding : public ::testing::Test {
protected:
    void read(const std::string& approval, const std::string& more = "") {
        policy = parse(with(test::example, "{ by: [role:imaging-admins], count: 1, max: 4h, ticket: \"CHG-[0-9]+\" }", approval) + more, "policy.yaml").value();
    }
    static std::string with(const std::string& from, const std::string& was, const std::string& is) { return test::with(from, was, is); }
    std::vector<PersonId> as(const char* name, Time now = test::monday_noon, Time asked = test::monday_noon) {
        return decides_as(policy, *policy.rules.at(0).approval, people, PersonId(name), asked, now);
    }
    Facts& facts(const char* name) {
        for (auto& one : people)
            if (one.person == PersonId(name)) return one;
        throw std::logic_error(name);
    }
    Document policy = test::document();
    std::vector<Facts> people{test::person("dana"), test::person("erin", {"imaging"}), test::person("gina"), test::person("hugo"), test::vendor()};
};

TEST_F(Deciding, IsForThoseNamedByTheApprovalAlone) {
    EXPECT_THAT(as("dana"), ElementsAre(PersonId("dana")));
    EXPECT_THAT(as("erin"), ElementsAre(PersonId("erin"))) << "by a group within a role";
    EXPECT_THAT(as("gina"), IsEmpty());
    EXPECT_THAT(as("sam"), IsEmpty());
    EXPECT_THAT(as("nobody"), IsEmpty());
    facts("dana").disabled = true;
    facts("erin").person_expires = test::monday_noon;
    EXPECT_THAT(as("dana"), IsEmpty());
    EXPECT_THAT(as("erin"), IsEmpty());
}

TEST_F(Deciding, IsNotForAVendorsPeopleWithoutAnAgreementWhereverTheySit) {
    read("{ by: [vendor:acme-imaging], max: 4h }");
    facts("sam").source_ip = "";
    EXPECT_THAT(as("sam"), ElementsAre(PersonId("sam")));
    EXPECT_THAT(as("sam", test::at("2028-01-16T00:00:00Z")), IsEmpty());
}

TEST_F(Deciding, EscalatesAfterAWhile) {
    read("{ by: [person:dana], max: 4h, escalate: { after: 5m, to: [person:gina] } }");
    EXPECT_THAT(as("gina", test::monday_noon + 5min - 1us), IsEmpty());
    EXPECT_THAT(as("gina", test::monday_noon + 5min), ElementsAre(PersonId("gina")));
    EXPECT_THAT(as("dana", test::monday_noon + 5min), ElementsAre(PersonId("dana")));
    EXPECT_EQ(escalates_at(*policy.rules.at(0).approval, test::monday_noon), test::monday_noon + 5min);
}

TEST_F(Deciding, IsDelegatedForTheDaysNamedBothIncluded) {
    read("{ by: [person:dana], max: 4h }", delegations);
    EXPECT_THAT(as("gina", test::at("2026-06-14T23:59:59.999999Z")), IsEmpty());
    EXPECT_THAT(as("gina", test::at("2026-06-15T00:00:00Z")), ElementsAre(PersonId("dana")));
    EXPECT_THAT(as("gina", test::at("2026-06-20T23:59:59.999999Z")), ElementsAre(PersonId("dana")));
    EXPECT_THAT(as("gina", test::at("2026-06-21T00:00:00Z")), IsEmpty());
    EXPECT_THAT(as("dana"), ElementsAre(PersonId("dana"))) << "who is away may decide all the same";
    EXPECT_THAT(as("hugo"), IsEmpty()) << "a delegation is not passed on";
    facts("dana").disabled = true;
    EXPECT_THAT(as("gina"), IsEmpty()) << "nobody stands in for who may not decide";
}

TEST_F(Deciding, SpeaksInOnesOwnNameFirst) {
    read("{ by: [person:dana, person:gina], max: 4h }", delegations);
    EXPECT_THAT(as("gina"), ElementsAre(PersonId("gina"), PersonId("dana")));
    EXPECT_THAT(stood_in_for(policy, PersonId("gina"), test::monday_noon), ElementsAre(PersonId("dana")));
}

TEST_F(Deciding, NamesApproversInPeoplesWords) {
    read("{ by: [role:imaging-admins, person:dana, any], max: 4h }");
    EXPECT_THAT(in_words(policy.rules.at(0).approval->by), ElementsAre("imaging-admins", "dana", "anybody"));
}

std::string faults(const std::string& more) {
    const auto parsed = parse(test::example + more, "p");
    return parsed ? "" : parsed.error().detail;
}

TEST(Delegations, ThatAreWrongAreNamedWithLineAndKey) {
    const auto one = [](const std::string& entry) { return faults("delegations:\n  - " + entry + "\n"); };
    EXPECT_THAT(one("{ from: person:dana, to: person:dana, since: 2026-06-15, until: 2026-06-20 }"), HasSubstr("delegations[0].to: stands in for themselves"));
    EXPECT_THAT(one("{ from: person:dana, to: person:erin, since: 2026-06-15, until: 2026-06-14 }"), HasSubstr("delegations[0].until: before since"));
    EXPECT_THAT(one("{ from: group:imaging, to: person:erin, since: 2026-06-15, until: 2026-06-20 }"), HasSubstr("delegations[0].from: expected one person"));
    EXPECT_THAT(one("{ from: person:dana, to: any, since: 2026-06-15, until: 2026-06-20 }"), HasSubstr("delegations[0].to: expected one person"));
    EXPECT_THAT(one("{ from: person:dana, to: person:erin, since: 2026-06-15 }"), HasSubstr("delegations[0].until: missing"));
    EXPECT_THAT(one("{ from: person:dana, to: person:erin, since: 2026-02-30, until: 2026-06-20 }"), HasSubstr("no day of the calendar"));
    EXPECT_THAT(one("{ from: person:dana, to: person:erin, since: 2026-06-15, until: 2026-06-20, why: x }"), HasSubstr("unknown key"));
    EXPECT_THAT(faults("delegations: { from: person:dana }\n"), HasSubstr("expected a list"));
    EXPECT_EQ(one("{ from: person:dana, to: person:erin, since: 2026-06-15, until: 2026-06-15 }"), "");
}

TEST(Delegations, AndConfirmationsShowInTheDiff) {
    const auto before = test::document();
    const auto one = parse(test::example + delegations, "p").value();
    EXPECT_THAT(diff(before, one), Contains("+ delegation of dana to gina"));
    EXPECT_THAT(diff(one, before), Contains("- delegation of dana to gina"));
    const auto later = parse(test::with(test::example + delegations, "until: 2026-06-20", "until: 2026-06-21"), "p").value();
    EXPECT_THAT(diff(one, later), ElementsAre("~ delegation of dana to gina: days: 2026-06-15 to 2026-06-20 -> 2026-06-15 to 2026-06-21"));
    const auto twice = parse(test::example + delegations + "  - { from: person:dana, to: person:gina, since: 2026-12-20, until: 2027-01-03 }\n", "p").value();
    EXPECT_THAT(diff(one, twice), ElementsAre("~ delegation of dana to gina: days: added 2026-12-20 to 2027-01-03"));
    EXPECT_THAT(diff(twice, twice), IsEmpty());
    const auto confirmed = test::document("count: 1,", "count: 1, confirm: \"Scanner idle, room told\",");
    EXPECT_THAT(diff(before, confirmed), ElementsAre("~ rule mri-service: approval confirm: added Scanner idle, room told"));
    EXPECT_THAT(faults(""), "");
}

TEST(Confirmation, IsATextOfOneLine) {
    const auto with_confirm = [](const std::string& text) {
        const auto parsed = parse(test::with(test::example, "count: 1,", "count: 1, confirm: " + text + ","), "p");
        return parsed ? "" : parsed.error().detail;
    };
    EXPECT_EQ(with_confirm("\"Scanner idle, room told\""), "");
    EXPECT_THAT(with_confirm("\"\""), HasSubstr("confirm"));
    EXPECT_THAT(with_confirm("\"" + std::string(201, 'x') + "\""), HasSubstr("1 to 200 characters"));
    EXPECT_THAT(with_confirm("\"a\\nb\""), HasSubstr("one line"));
}

}  // namespace
}  // namespace anteroom::policy
