// `keystrokes: sealed` in a policy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/diff.h"
#include "policy/explain.h"
#include "policy/parser.h"
#include "tests/unit/policy/example.h"

namespace anteroom::policy {
namespace {

using test::monday_noon;
using testing::Contains;
using testing::HasSubstr;

std::string rule(const std::string& id, const std::string& more) {
    return "  - { id: " + id + ", who: [person:maya], to: { targets: [mri-3] }, " + more + " }\n";
}
std::string text_of(const std::string& rules) {
    return "version: 1\ntargets:\n  mri-3:\n    address: 10.20.3.7:22\n    protocol: ssh\n    host_key: " + test::key +
           "\n    accounts: { care: { secret: stored } }\nrules:\n" + rules;
}
Document document_of(const std::string& rules) {
    auto parsed = parse(text_of(rules), "policy.yaml");
    EXPECT_TRUE(parsed) << parsed.error().detail;
    return *parsed;
}
std::string error_of(const std::string& rules) {
    const auto parsed = parse(text_of(rules), "policy.yaml");
    return parsed ? "no error" : parsed.error().detail;
}
Decision decided(const Document& document) {
    Facts facts;
    facts.person = PersonId("maya");
    return evaluate(document, facts, {TargetId("mri-3"), AccountId("care")}, monday_noon);
}
const std::string plain = "allow: [shell], access: standing";

TEST(PolicyKeystrokes, AreCountedUnlessARuleSaysSealed) {
    EXPECT_FALSE(decided(document_of(rule("one", plain))).keystrokes_sealed);
    EXPECT_FALSE(decided(document_of(rule("one", plain + ", keystrokes: counted"))).keystrokes_sealed);
    const auto sealed = document_of(rule("one", plain + ", keystrokes: sealed"));
    EXPECT_TRUE(decided(sealed).keystrokes_sealed);
    const auto target = AuthorizedTarget::from(decided(sealed), sealed, {TargetId("mri-3"), AccountId("care")});
    ASSERT_TRUE(target);
    EXPECT_TRUE(target->keystrokes_sealed());
}

TEST(PolicyKeystrokes, AreSealedWhereOneOfTheRulesThatPermitSaysSo) {
    EXPECT_TRUE(decided(document_of(rule("one", plain) + rule("two", plain + ", keystrokes: sealed"))).keystrokes_sealed);
    EXPECT_FALSE(decided(document_of(rule("one", plain) + rule("two", "allow: [\"rdp:*\"], access: standing, keystrokes: sealed"))).keystrokes_sealed)
        << "a rule that gives nothing here has no say here";
}

TEST(PolicyKeystrokes, OfAnEmergencyAreCounted) {
    const auto document =
        parse(text_of(rule("one", plain + ", keystrokes: sealed")) +
                  "break_glass:\n  - { id: night, who: [person:maya], to: { targets: [mri-3] }, allow: [shell], max: 1h, alert: [soc], review: { by: "
                  "[person:ruth], within: 24h } }\n",
              "policy.yaml")
            .value();
    Facts facts;
    facts.person = PersonId("maya");
    EXPECT_FALSE(evaluate_break_glass(document, facts, {TargetId("mri-3"), AccountId("care")}, monday_noon).keystrokes_sealed);
}

TEST(PolicyKeystrokes, OfAnyOtherKindAreAnErrorWithLineAndKey) {
    for (const char* value : {"clear", "true", "Sealed", "[sealed]", "{ sealed: true }"}) {
        const auto error = error_of(rule("one", plain + ", keystrokes: " + value));
        EXPECT_THAT(error, HasSubstr("policy.yaml:9: rules[0].keystrokes")) << value;
        EXPECT_THAT(error, HasSubstr("counted")) << value;
        EXPECT_THAT(error, HasSubstr("sealed")) << value;
    }
    EXPECT_THAT(error_of(rule("one", "forbid: true, allow: [shell], keystrokes: sealed")), HasSubstr("a forbid has no such key"));
}

TEST(PolicyKeystrokes, AreExplained) {
    Facts facts;
    facts.person = PersonId("maya");
    const auto text = [&](const std::string& more) {
        return explain(document_of(rule("one", plain + more)), facts, TargetId("mri-3"), AccountId("care"), {"shell", ""}, monday_noon);
    };
    EXPECT_THAT(text(", keystrokes: sealed"), HasSubstr("its keystrokes would be kept sealed"));
    EXPECT_THAT(text(""), testing::Not(HasSubstr("keystrokes")));
}

TEST(PolicyKeystrokes, AreShownInADifference) {
    const auto lines = diff(document_of(rule("one", plain)), document_of(rule("one", plain + ", keystrokes: sealed")));
    EXPECT_THAT(lines, Contains("~ rule one: keystrokes: counted -> sealed"));
}

}  // namespace
}  // namespace anteroom::policy
