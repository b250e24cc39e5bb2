// The parser: the example of the surface parses, and every fault names its line and key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/diff.h"
#include "tests/unit/policy/example.h"

namespace anteroom::policy {
namespace {

using test::example;
using test::with;
using testing::HasSubstr;

std::string faults(const std::string& yaml) {
    const auto parsed = parse(yaml, "policy.yaml");
    return parsed ? "" : parsed.error().detail;
}

TEST(Parser, ReadsTheExample) {
    const auto document = test::document();
    EXPECT_EQ(document.vendors.at(VendorId("acme-imaging")).name, "Acme Imaging");
    const auto& target = document.targets.at(TargetId("mri-3"));
    EXPECT_EQ(target.host, "10.20.3.7");
    EXPECT_EQ(target.port, 22);
    EXPECT_EQ(target.host_keys, std::vector{test::key});
    EXPECT_TRUE(target.accounts.at(AccountId("root")).privileged);
    const auto* rule = document.rule("mri-service");
    ASSERT_NE(rule, nullptr);
    EXPECT_EQ(rule->access, Access::on_request);
    EXPECT_EQ(rule->approval->max, Duration(std::chrono::hours(4)));
    EXPECT_EQ(rule->when->days, 0x1f);
    EXPECT_EQ(rule->when->from_minute, 420);
    EXPECT_TRUE(document.rule("never-forward-from-infusion")->forbid);
    EXPECT_EQ(document.emergency("night-imaging")->review_within, Duration(std::chrono::hours(24)));
    EXPECT_EQ(document.emergency("night-imaging")->alert, (std::vector<std::string>{"soc", "pager"}));
    EXPECT_EQ(document.warnings, std::vector<std::string>{"policy.yaml:28: rules[1].to: selects no target"});
}

struct Wrong {
    const char* was;
    const char* is;
    const char* says;  // with line and path
};

TEST(Parser, EveryFaultNamesLineAndKey) {
    const Wrong table[] = {
        {"zone: America/Chicago", "zone: America/Chicagoo",
         "policy.yaml:24: rules[0].when.zone: no such time zone \"America/Chicagoo\", expected one like America/Chicago"},
        {"version: 1", "version: 2", "policy.yaml:1: version: \"2\", expected a whole number from 1 to 1"},
        {"version: 1", "version: 01", "policy.yaml:1: version: \"01\""},
        {"version: 1\n", "", "policy.yaml:1: version: missing"},
        {"    protocol: ssh\n", "", "targets.mri-3.protocol: missing"},
        {"protocol: ssh", "protocol: telnet", "policy.yaml:11: targets.mri-3.protocol: \"telnet\", expected ssh or rdp"},
        {"protocol: ssh", "protocoll: ssh", "policy.yaml:11: targets.mri-3.protocoll: unknown key, did you mean protocol?"},
        {"protocol: ssh", "address: 10.0.0.1:22", "policy.yaml:11: targets.mri-3.address: stands here a second time, first on line 10"},
        {"protocol: ssh", "protocol: !!str ssh", "policy.yaml:11: targets.mri-3.protocol: a tag"},
        {"protocol: ssh", "protocol: &p ssh", "policy.yaml:11: targets.mri-3.protocol: an anchor"},
        {"protocol: ssh", "protocol: [ssh]", "policy.yaml:11: targets.mri-3.protocol: expected ssh or rdp, found a list"},
        {"10.20.3.7:22", "10.20.3.7", "policy.yaml:10: targets.mri-3.address: \"10.20.3.7\" has no port"},
        {"10.20.3.7:22", "10.20.3.7:0", "targets.mri-3.address: "},
        {"10.20.3.7:22", "a b:22", "targets.mri-3.address: \"a b:22\" has no proper host"},
        {"ssh-ed25519 AAAA", "ssh-rsa AAAA", "policy.yaml:12: targets.mri-3.host_key: is not whole, or of another type than it says"},
        {"ssh-ed25519 AAAA", "ssh-ed25519 AAA", "policy.yaml:12: targets.mri-3.host_key: "},
        {"host_key: ", "# ", "policy.yaml:10: targets.mri-3.host_key: missing"},
        {"privileged: true", "privileged: yes", "policy.yaml:16: targets.mri-3.accounts.root.privileged: \"yes\", expected true or false"},
        {"{ secret: stored }", "{ secret: vault }", "targets.mri-3.accounts.service.secret: \"vault\", expected stored or none or ask"},
        {"signed: 2026-01-15", "signed: 2026-02-30", "policy.yaml:3: vendors.acme-imaging.agreement.signed: \"2026-02-30\" is no day of the calendar"},
        {"expires: 2028-01-15", "expires: 2025-01-15", "vendors.acme-imaging.agreement.expires: before signed"},
        {"203.0.113.0/24", "203.0.113.9/24", "vendors.acme-imaging.networks[0]: \"203.0.113.9/24\" has bits set behind its prefix, expected 203.0.113.0/24"},
        {"[vendor:acme-imaging]", "[vendor:acme]", "policy.yaml:5: roles.mri-service.members[0]: no vendor \"acme\" stands under vendors"},
        {"[vendor:acme-imaging]", "[everyone]", "policy.yaml:5: roles.mri-service.members[0]: \"everyone\" names nobody"},
        {"[vendor:acme-imaging]", "[role:mri-service]", "policy.yaml:5: roles.mri-service: contains itself: mri-service -> mri-service"},
        {"[vendor:acme-imaging]", "[]", "policy.yaml:5: roles.mri-service.members: an empty list"},
        {"who: [role:mri-service]", "who: [role:mri]", "policy.yaml:19: rules[0].who[0]: no role \"mri\" stands under roles"},
        {"accounts: [service] }", "accounts: [servcie] }", "policy.yaml:20: rules[0].to.accounts: no account \"servcie\" on any target selected here"},
        {"{ labels: { zone: imaging }, accounts: [service] }", "{ accounts: [service] }", "policy.yaml:20: rules[0].to: says no target"},
        {"{ labels: { zone: imaging }, accounts: [service] }", "{ targets: [mri-4] }",
         "policy.yaml:20: rules[0].to.targets[0]: no target \"mri-4\" stands under targets"},
        {"sftp:read", "sftp:raed", "policy.yaml:21: rules[0].allow[2]: no such capability \"sftp:raed\", did you mean sftp:read?"},
        {"sftp:read", "\"*\"", "policy.yaml:21: rules[0].allow[2]: \"*\" only forbids"},
        {"access: on-request", "access: always", "policy.yaml:22: rules[0].access: \"always\", expected standing or on-request"},
        {"    approval:", "    # ", "rules[0].approval: missing, access: on-request says who approves"},
        {"CHG-[0-9]+", "CHG-[0-9+", "policy.yaml:23: rules[0].approval.ticket: no regular expression"},
        {"count: 1", "count: 0", "rules[0].approval.count: \"0\", expected a whole number from 1 to 5"},
        {"max: 4h", "max: 4", "rules[0].approval.max: \"4\" is no duration"},
        {"max: 4h", "max: 0h", "rules[0].approval.max: \"0h\" is no duration"},
        {"07:00-19:00", "7-19", "rules[0].when.hours: \"7-19\", expected hours like"},
        {"07:00-19:00", "07:00-07:00", "rules[0].when.hours: \"07:00-07:00\" is no time at all"},
        {"[mon-fri]", "[monday]", "rules[0].when.days[0]: \"monday\" is no day"},
        {"id: never-forward-from-infusion", "id: mri-service", "policy.yaml:25: rules[1].id: \"mri-service\" names another one already"},
        {"forbid: true", "forbid: true\n    access: standing", "rules[1].access: a forbid has no such key"},
        {"alert: [soc, pager]", "alert: []", "break_glass[0].alert: an empty list"},
        {"within: 24h", "before: 24h", "break_glass[0].review.within: missing"},
    };
    for (const auto& row : table) {
        const auto found = faults(with(example, row.was, row.is));
        EXPECT_THAT(found, HasSubstr(row.says));
        EXPECT_TRUE(found.starts_with("policy.yaml:")) << found;
    }
}

TEST(Parser, NamesTheExactLine) {
    EXPECT_EQ(faults(with(example, "America/Chicago", "America/Chicagoo")),
              "policy.yaml:24: rules[0].when.zone: no such time zone \"America/Chicagoo\", expected one like America/Chicago");
    EXPECT_EQ(faults(with(example, "protocol: ssh", "address: 10.0.0.1:22\n    protocol: ssh")),
              "policy.yaml:11: targets.mri-3.address: stands here a second time, first on line 10");
    EXPECT_EQ(faults(with(example, "protocol: ssh", "protocol: ssh\n    colour: red")),
              "policy.yaml:12: targets.mri-3.colour: unknown key, expected one of address, protocol, host_key, labels, accounts, description, criticality");
}

TEST(Parser, ReportsManyFaultsInOnePass) {
    auto yaml = with(with(with(example, "America/Chicago", "Mars/Base"), "sftp:read", "sftp"), "max: 1h", "max: one hour");
    EXPECT_EQ(std::ranges::count(faults(yaml), '\n'), 2) << faults(yaml);
}

TEST(Parser, RefusesWhatIsNotOnePlainDocument) {
    EXPECT_THAT(faults(""), HasSubstr("policy.yaml:1: "));
    EXPECT_THAT(faults("[]"), HasSubstr("expected a map, found a list"));
    EXPECT_THAT(faults("version: 1\n---\nversion: 1\n"), HasSubstr("a second document"));
    EXPECT_THAT(faults("version: 1\nroles: {a: &x {members: [any]}, b: *x}\n"), HasSubstr("roles.b: an alias"));
    EXPECT_THAT(faults("version: 1\nroles: {a: {members: [any}\n"), HasSubstr("not YAML"));
    EXPECT_THAT(faults("version: 1\nroles: " + std::string(5000, '[')), HasSubstr("nested deeper"));
    EXPECT_THAT(faults("version: 1 #" + std::string(2 << 20, 'x')), HasSubstr("larger than"));
    EXPECT_THAT(faults(std::string("version: 1\n\0", 12)), HasSubstr("policy.yaml:2: a control character"));
    EXPECT_THAT(faults("version: 1\n? [a, b]\n: c\n"), HasSubstr("a key that is no word"));
    EXPECT_EQ(faults("version: 1"), "");
}

TEST(Parser, FindsCyclesOfRoles) {
    EXPECT_THAT(faults("version: 1\nroles:\n  a: {members: [role:b]}\n  b: {members: [role:c, any]}\n  c: {members: [role:a]}\n"),
                HasSubstr("policy.yaml:3: roles.a: contains itself: a -> b -> c -> a"));
}

TEST(Parser, ReadsTheOptionalTerms) {
    const auto document = test::document(
        "    approval: { by: [role:imaging-admins], count: 1, max: 4h, ticket: \"CHG-[0-9]+\" }",
        "    approval: { by: [any], max: 4h, escalate: {after: 10m, to: [group:chiefs]}, confirm: \"Scanner idle, room told\", clock: first-connection }\n"
        "    idle: 10m\n    max: 2h\n    at_expiry: grace\n    grace: 5m\n    mfa: {self_enrolled: required}");
    const auto& rule = *document.rule("mri-service");
    EXPECT_EQ(rule.approval->escalate->after, Duration(std::chrono::minutes(10)));
    EXPECT_EQ(to_text(rule.approval->escalate->to.front()), "group:chiefs");
    EXPECT_EQ(rule.approval->confirm, "Scanner idle, room told");
    EXPECT_EQ(rule.approval->clock, GrantClock::first_connection);
    EXPECT_EQ(rule.at_expiry, AtExpiry::grace);
    EXPECT_EQ(rule.grace, Duration(std::chrono::minutes(5)));
    EXPECT_TRUE(rule.self_enrolled_mfa);
    EXPECT_EQ(test::document("networks: [203.0.113.0/24]", "networks: {from: [203.0.113.0/24], otherwise: ask}").vendors.begin()->second.outside,
              Otherwise::ask);
}

TEST(Parser, WarnsOfPrivilegedAccountsTakenInBySilence) {
    EXPECT_THAT(test::document("{ labels: { zone: imaging }, accounts: [service] }", "{ labels: { zone: imaging } }").warnings.front(),
                HasSubstr("includes the privileged root on mri-3"));
}

TEST(Ticket, MatchesTheWholeTextAndNeverTakesLong) {
    Approval approval;
    approval.ticket = "CHG-[0-9]+";
    EXPECT_TRUE(ticket_matches(approval, "CHG-1042"));
    for (const char* wrong : {"", "CHG-", "xCHG-1", "CHG-1 ", "CHG-1\nCHG-2"}) EXPECT_FALSE(ticket_matches(approval, wrong)) << wrong;
    EXPECT_FALSE(ticket_matches(approval, "CHG-" + std::string(100, '1')));
    approval.ticket = "((a+)+)+b";
    EXPECT_FALSE(ticket_matches(approval, std::string(64, 'a')));
    approval.ticket = "";
    EXPECT_TRUE(ticket_matches(approval, "anything"));
}

TEST(Diff, SaysWhatChanges) {
    const auto before = test::document();
    EXPECT_TRUE(diff(before, before).empty());
    EXPECT_EQ(diff(before, test::document("[shell, exec, sftp:read]", "[shell, exec, sftp:read, sftp:write]")),
              std::vector<std::string>{"~ rule mri-service: allow: added sftp:write"});
    EXPECT_EQ(diff(before, test::document("max: 4h", "max: 8h")), std::vector<std::string>{"~ rule mri-service: approval max: 4 h -> 8 h"});
    EXPECT_EQ(diff(before, test::document("id: mri-service", "id: mri")), (std::vector<std::string>{"- rule mri-service", "+ rule mri"}));
    EXPECT_EQ(diff(before, test::document("  - id: night-imaging", "  - id: night")),
              (std::vector<std::string>{"- break-glass night-imaging", "+ break-glass night"}));
    EXPECT_EQ(diff(before, test::document("10.20.3.7:22", "10.20.3.8:22")), std::vector<std::string>{"~ target mri-3: address: 10.20.3.7 22 -> 10.20.3.8 22"});
}

}  // namespace
}  // namespace anteroom::policy
