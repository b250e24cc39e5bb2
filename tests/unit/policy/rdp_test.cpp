// Desktops in a policy: rdp:display is what opens one, pins are of certificates, and what is kept of a session.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "policy/diff.h"
#include "policy/explain.h"
#include "tests/unit/policy/example.h"

namespace anteroom::policy {
namespace {

using test::monday_noon;
using testing::Contains;
using testing::HasSubstr;
using Verdict = Decision::Verdict;
using Reason = Decision::Reason;

const std::string pin = "x509-sha256 " + base64(Bytes(32, 7));

// One desktop and one scanner; rules as given.
std::string text_of(const std::string& rules, const std::string& account = "{ secret: stored }", const std::string& labels = "{ zone: wards }") {
    return "version: 1\ntargets:\n  cart-1:\n    address: 10.20.3.9:3389\n    protocol: rdp\n    host_key: " + pin + "\n    labels: " + labels +
           "\n    accounts: { care: " + account + " }\n  mri-3:\n    address: 10.20.3.7:22\n    protocol: ssh\n    host_key: " + test::key +
           "\n    labels: { zone: wards }\n    accounts: { care: { secret: stored } }\nrules:\n" + rules;
}
std::string rule(const std::string& id, const std::string& more) {
    return "  - { id: " + id + ", who: [person:maya], to: { labels: { zone: wards } }, " + more + " }\n";
}
Document document_of(const std::string& rules) {
    auto parsed = parse(text_of(rules), "policy.yaml");
    EXPECT_TRUE(parsed) << parsed.error().detail;
    return *parsed;
}
std::string error_of(const std::string& text) {
    const auto parsed = parse(text, "policy.yaml");
    return parsed ? "no error" : parsed.error().detail;
}
const Ask cart{TargetId("cart-1"), AccountId("care")}, mri{TargetId("mri-3"), AccountId("care")};
Facts maya() {
    Facts facts;
    facts.person = PersonId("maya");
    return facts;
}
Decision decided(const Document& document, const Ask& ask = cart) { return evaluate(document, maya(), ask, monday_noon); }

TEST(Desktops, OpenWithTheDisplayAndWithNothingElse) {
    const auto with = decided(document_of(rule("see", "allow: [rdp:display, rdp:clipboard:in], access: standing")));
    EXPECT_EQ(with.verdict, Verdict::permit);
    for (const char* allow : {"[rdp:clipboard:in, rdp:drive:read]", "[shell, exec]"}) {
        const auto without = decided(document_of(rule("see", std::string("allow: ") + allow + ", access: standing")));
        EXPECT_EQ(without.verdict, Verdict::deny) << allow;
        EXPECT_EQ(without.reason, Reason::protocol);
        EXPECT_EQ(without.rule, "see");
        EXPECT_THAT(without.sentence, HasSubstr("rdp:display"));
        EXPECT_FALSE(AuthorizedTarget::from(without, document_of(rule("see", "allow: [rdp:display], access: standing")), cart));
    }
}

TEST(Desktops, TakeTheDisplayFromOneRuleAndTheRestFromAnother) {
    const auto document = document_of(rule("see", "allow: [rdp:display], access: standing") + rule("copy", "allow: [rdp:clipboard:out], access: standing"));
    const auto decision = decided(document);
    EXPECT_EQ(decision.verdict, Verdict::permit);
    EXPECT_THAT(decision.allow, Contains("rdp:clipboard:out"));
}

TEST(Desktops, AskForNoApprovalThatWouldOpenNothing) {
    const std::string asks = ", access: on-request, approval: { by: [person:dana], max: 1h }";
    EXPECT_EQ(decided(document_of(rule("copy", "allow: [rdp:clipboard:out]" + asks))).reason, Reason::protocol);
    const auto both = decided(document_of(rule("copy", "allow: [rdp:clipboard:out]" + asks) + rule("see", "allow: [rdp:display]" + asks)));
    EXPECT_EQ(both.verdict, Verdict::needs_approval);
    EXPECT_EQ(both.rule, "see");
}

TEST(Desktops, AreClosedByAForbidOfTheDisplayWhichIsNamed) {
    const auto decision = decided(document_of(rule("see", "allow: [rdp:display], access: standing") + rule("no", "forbid: true, allow: [rdp:display]")));
    EXPECT_EQ(decision.verdict, Verdict::deny);
    EXPECT_EQ(decision.reason, Reason::forbidden);
    EXPECT_EQ(decision.rule, "no");
}

TEST(Desktops, AreNoReasonToLetSomebodyIntoAShell) {
    const auto document = document_of(rule("see", "allow: [\"rdp:*\"], access: standing"));
    EXPECT_EQ(decided(document, cart).verdict, Verdict::permit);
    EXPECT_EQ(decided(document, mri).verdict, Verdict::deny);
    EXPECT_EQ(decided(document, mri).reason, Reason::protocol);
    EXPECT_THAT(decided(document, mri).sentence, HasSubstr("SSH"));
}

TEST(Desktops, InAnEmergencyTakeTheDisplayToo) {
    const std::string entry =
        "break_glass:\n  - { id: night, who: [person:maya], to: { labels: { zone: wards } }, allow: [%], max: 1h, alert: [soc], review: { by: [person:ruth], "
        "within: 24h } }\n";
    const auto with = [&](const std::string& allow) { return parse(test::with(text_of("  []\n") + entry, "%", allow), "policy.yaml").value(); };
    EXPECT_EQ(evaluate_break_glass(with("shell"), maya(), cart, monday_noon).verdict, Verdict::deny);
    const auto open = evaluate_break_glass(with("rdp:display"), maya(), cart, monday_noon);
    EXPECT_EQ(open.verdict, Verdict::permit);
    EXPECT_EQ(open.screen, Kept::everything) << "an emergency is filmed";
    EXPECT_EQ(evaluate_break_glass(with("rdp:display"), maya(), mri, monday_noon).verdict, Verdict::deny);
}

TEST(Desktops, AreExplained) {
    const auto document = document_of(rule("copy", "allow: [rdp:clipboard:out], access: standing"));
    const auto no_display = explanation(document, maya(), cart, {"rdp:display", ""}, monday_noon);
    EXPECT_EQ(no_display.verdict, Verdict::deny);
    EXPECT_THAT(no_display.changes, Contains(HasSubstr("rule copy would have to allow rdp:display")));
    const auto mixed = document_of(rule("all", "allow: [shell, rdp:display], access: standing"));
    EXPECT_EQ(explanation(mixed, maya(), cart, {"rdp:display", ""}, monday_noon).verdict, Verdict::permit);
    EXPECT_EQ(explanation(mixed, maya(), cart, {"shell", ""}, monday_noon).verdict, Verdict::deny) << "no shell by RDP";
    EXPECT_EQ(explanation(mixed, maya(), mri, {"rdp:display", ""}, monday_noon).verdict, Verdict::deny);
    EXPECT_EQ(explanation(mixed, maya(), mri, {"shell", ""}, monday_noon).verdict, Verdict::permit);
}

TEST(Desktops, AreFilmedUnlessEveryRuleThatOpensThemSaysFacts) {
    const std::string facts = "allow: [rdp:display], access: standing, record: facts", full = "allow: [rdp:display], access: standing";
    EXPECT_EQ(decided(document_of(rule("one", full))).screen, Kept::everything);
    EXPECT_EQ(decided(document_of(rule("one", facts))).screen, Kept::facts);
    EXPECT_EQ(decided(document_of(rule("one", facts) + rule("two", full))).screen, Kept::everything);
    EXPECT_EQ(decided(document_of(rule("one", full) + rule("two", facts))).screen, Kept::everything);
    const auto shell_too = document_of(rule("one", facts) + rule("two", "allow: [shell], access: standing"));
    EXPECT_EQ(decided(shell_too).screen, Kept::facts) << "a rule that gives nothing here has no say here";
}

TEST(Desktops, KeepNoClipboardTextUnlessARuleSaysSo) {
    const std::string plain = "allow: [rdp:display], access: standing";
    EXPECT_EQ(decided(document_of(rule("one", plain))).clipboard, Kept::facts);
    EXPECT_EQ(decided(document_of(rule("one", plain) + rule("two", plain + ", record_clipboard: text"))).clipboard, Kept::everything);
}

TEST(Desktops, TellTheTargetWhatItsAccountIsCalled) {
    const auto login = [](const std::string& account) {
        const auto document = parse(text_of(rule("see", "allow: [rdp:display], access: standing"), account), "policy.yaml").value();
        const auto made = AuthorizedTarget::from(decided(document), document, cart)->login();
        return made.domain + "|" + made.user;
    };
    EXPECT_EQ(login("{ secret: stored }"), "|care");
    EXPECT_EQ(login("{ secret: stored, login: 'HOSP\\care.user' }"), "HOSP|care.user");
    EXPECT_EQ(login("{ secret: stored, login: care@hosp.example }"), "|care@hosp.example");
    EXPECT_EQ(login("{ secret: stored, login: Operator }"), "|Operator");
    for (const char* wrong : {"'HOSP\\'", "'\\x'", "'a\\b\\c'", "'a@b@c'", "'a b\\tc\\n'", "\"a\\tb\"", "'x*'", "' x'"})
        EXPECT_THAT(error_of(text_of("  []\n", std::string("{ secret: stored, login: ") + wrong + " }")), HasSubstr("cart-1.accounts.care.login")) << wrong;
}

TEST(Desktops, AreLosslessWhereAPictureIsDiagnosed) {
    const auto lossless = [](const std::string& labels) {
        const auto document = parse(text_of(rule("see", "allow: [rdp:display], access: standing"), "{ secret: stored }", labels), "policy.yaml").value();
        return AuthorizedTarget::from(decided(document), document, cart)->lossless();
    };
    EXPECT_FALSE(lossless("{ zone: wards }"));
    EXPECT_FALSE(lossless("{ zone: wards, display: fast }"));
    EXPECT_TRUE(lossless("{ zone: wards, display: lossless }"));
    EXPECT_TRUE(lossless("{ zone: wards, use: diagnostic }"));
}

TEST(Desktops, ArePinnedWhateverTheirAccountsTake) {
    for (const char* secret : {"stored", "ask", "none"}) {
        const auto text = text_of("  []\n", std::string("{ secret: ") + secret + " }");
        EXPECT_EQ(error_of(text), "no error");
        EXPECT_THAT(error_of(test::with(text, "    host_key: " + pin + "\n", "")), HasSubstr("targets.cart-1.host_key: missing")) << secret;
    }
}

TEST(Desktops, WarnWhereARuleGivesThemNothing) {
    const auto warnings = [](const std::string& rules) {
        std::string all;
        for (const auto& warning : document_of(rules).warnings) all += warning + "\n";
        return all;
    };
    EXPECT_THAT(warnings(rule("one", "allow: [shell], access: standing")), HasSubstr("a desktop takes rdp:display"));
    EXPECT_THAT(warnings(rule("one", "allow: [rdp:drive:read, shell], access: standing")), HasSubstr("without rdp:display"));
    EXPECT_THAT(warnings(rule("one", "allow: [\"rdp:*\"], access: standing")), HasSubstr("selects ssh targets too"));
    EXPECT_EQ(warnings(rule("one", "allow: [shell, rdp:display], access: standing")), "");
    const auto only_ssh = "  - { id: one, who: [person:maya], to: { targets: [mri-3] }, allow: [shell], access: standing, record: facts }\n";
    EXPECT_THAT(warnings(only_ssh), HasSubstr("ssh is always recorded whole"));
}

TEST(Desktops, ShowInADiffWhatIsKeptOfThem) {
    const auto before = document_of(rule("one", "allow: [rdp:display], access: standing")),
               after = document_of(rule("one", "allow: [rdp:display], access: standing, record: facts, record_clipboard: text"));
    EXPECT_THAT(diff(before, after), Contains(AllOf(HasSubstr("rule one"), HasSubstr("record"), HasSubstr("facts"))));
    EXPECT_THAT(diff(before, after), Contains(AllOf(HasSubstr("record clipboard"), HasSubstr("text"))));
}

}  // namespace
}  // namespace anteroom::policy
