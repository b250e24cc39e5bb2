// `console:`, who sees its pages: read strictly, in the diff, and nobody where nothing is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/diff.h"
#include "tests/unit/policy/example.h"

namespace anteroom::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string console = "console:\n  audit: [role:privacy-office]\n  people: [person:dana, group:security]\n";

Document read(const std::string& more) {
    auto parsed = parse(test::example + more, "policy.yaml");
    if (!parsed) throw std::logic_error(parsed.error().detail);
    return *parsed;
}
std::string faults(const std::string& more) {
    const auto parsed = parse(test::example + more, "policy.yaml");
    return parsed ? "" : parsed.error().detail;
}

TEST(ConsolePages, BelongToWhomThePolicyNames) {
    const auto document = read(console);
    EXPECT_TRUE(is_one_of(document, test::person("ruth"), document.console.audit));
    EXPECT_FALSE(is_one_of(document, test::person("dana"), document.console.audit));
    EXPECT_TRUE(is_one_of(document, test::person("dana"), document.console.people));
    EXPECT_TRUE(is_one_of(document, test::person("otto", {"security"}), document.console.people));
    EXPECT_THAT(document.console.policy, IsEmpty());
    EXPECT_FALSE(is_one_of(document, test::person("ruth"), document.console.policy));
}

TEST(ConsolePages, AreNobodysWhereNothingIsSaid) {
    const auto document = read("");
    EXPECT_FALSE(is_one_of(document, test::person("ruth"), document.console.audit));
    EXPECT_FALSE(is_one_of(document, test::person("ruth"), document.console.people));
}

TEST(ConsolePages, ThatAreWrongAreNamedWithLineAndKey) {
    EXPECT_THAT(faults("console:\n  audits: [person:ruth]\n"), HasSubstr("policy.yaml:41: console.audits: unknown key, did you mean audit?"));
    EXPECT_THAT(faults("console: { audit: [role:nobody] }\n"), HasSubstr("console.audit[0]: no role \"nobody\" stands under roles"));
    EXPECT_THAT(faults("console: { audit: [ruth] }\n"), HasSubstr("console.audit[0]: \"ruth\" names nobody"));
    EXPECT_THAT(faults("console: { audit: [] }\n"), HasSubstr("console.audit: an empty list"));
    EXPECT_THAT(faults("console: [audit]\n"), HasSubstr("console: expected"));
}

TEST(ConsolePages, ForEverybodyAreWarnedOf) {
    EXPECT_THAT(read("console: { audit: [any] }\n").warnings, testing::Contains(HasSubstr("console.audit: any is everybody")));
}

TEST(ConsolePages, ShowInTheDiff) {
    EXPECT_THAT(diff(read(""), read(console)),
                ElementsAre("~ console: audit: added role:privacy-office", "~ console: people: added person:dana, group:security"));
    EXPECT_THAT(diff(read(console), read("")),
                ElementsAre("~ console: audit: removed role:privacy-office", "~ console: people: removed person:dana, group:security"));
    EXPECT_THAT(diff(read(console), read(console)), IsEmpty());
}

}  // namespace
}  // namespace anteroom::policy
