// The table itself, and policies.
#include "broker/admin/commands.h"
#include "tests/unit/admin/fixture.h"

namespace anteroom::admin {
namespace {

class AdminCommands : public Administering {};
class AdminPolicy : public Administering {
protected:
    Answered with_text(std::string verb, std::string text, std::map<std::string, std::string> more = {}) {
        more["file"] = "policy.yaml";
        auto asked = call_of(std::move(verb), std::move(more));
        asked.text = std::move(text);
        return call(std::move(asked));
    }
};

TEST_F(AdminCommands, WhatIsNotInTheTableIsRefusedAndAudited) {
    const auto answer = call("person delete", {{"name", "vera"}});
    EXPECT_FALSE(answer.done);
    EXPECT_EQ(records("admin.command").back().fields.at("outcome"), "refused");
    EXPECT_FALSE(call(std::string(10000, 'x')).done);
    EXPECT_FALSE(call("").done);
    EXPECT_FALSE(call("person list\n").done);
}

TEST_F(AdminCommands, RefusesUnknownMissingAndUncleanArguments) {
    EXPECT_FALSE(call("person list", {{"name", "vera"}}).done);
    EXPECT_FALSE(call("person show").done);
    EXPECT_FALSE(call("person show", {{"name", ""}}).done);
    EXPECT_FALSE(call("session list", {{"all", "yes\nno"}}).done);
    auto text = call_of("person list");
    text.text = "unasked";
    EXPECT_FALSE(call(std::move(text)).done);
    auto secret = call_of("person list");
    secret.secret = Secret::copy_of("unasked");
    EXPECT_FALSE(call(std::move(secret)).done);
    auto list = call_of("person add", {{"name", "vera"}});
    list.list = std::vector<std::string>(65, "g");
    EXPECT_FALSE(call(std::move(list)).done);
    auto actor = call_of("person list");
    actor.actor = "ruth";
    EXPECT_FALSE(call(std::move(actor)).done);
}

TEST_F(AdminCommands, EveryCommandLeavesARecord) {
    for (const auto& command : commands()) {
        const auto before = records().size();
        std::map<std::string, std::string> arguments;
        for (const auto& name : command.required) arguments[std::string(name)] = "nonsense of " + std::string(command.verb);
        (void)call(std::string(command.verb), arguments);
        EXPECT_GT(records().size(), before) << command.verb;
    }
}

TEST_F(AdminCommands, AFloodOfNonsenseIsCountedNotKept) {
    const auto before = records().size();
    for (int i = 0; i < 200; ++i) EXPECT_FALSE(call("nonsense").done);
    EXPECT_LE(records().size(), before + 2);
}

TEST_F(AdminCommands, ReadingIsAuditedWithTheUnixUser) {
    ASSERT_TRUE(call("person list").done);
    const auto record = records("admin.command").back();
    EXPECT_EQ(record.fields.at("verb"), "person list");
    EXPECT_EQ(record.fields.at("unix_user"), "ada");
}

TEST_F(AdminCommands, KeysAndHealthAreShown) {
    const auto keys = call("key list");
    EXPECT_EQ(keys.rows.size(), 9u);
    EXPECT_EQ(keys.text("id"), here->host_keys.fingerprint());
    EXPECT_TRUE(call("doctor").done);
}

TEST_F(AdminPolicy, ApplyShowsTheDifferenceAndTakesEffect) {
    auto text = std::string(policy_text);
    text.replace(text.find("[shell, exec]"), 13, "[shell]");
    const auto diff = with_text("policy diff", text);
    ASSERT_TRUE(diff.done) << diff.sentence;
    ASSERT_FALSE(diff.rows.empty());
    EXPECT_EQ(here->policy.version, 2);
    const auto dry = with_text("policy apply", text, {{"dry_run", "yes"}});
    EXPECT_TRUE(dry.done);
    EXPECT_EQ(dry.rows, diff.rows);
    EXPECT_EQ(here->policy.version, 2);
    const auto applied = with_text("policy apply", text);
    ASSERT_TRUE(applied.done) << applied.sentence;
    EXPECT_EQ(applied.rows, diff.rows);
    EXPECT_EQ(here->policy.version, 3);
    EXPECT_EQ(live.reconsidered, 1);
    EXPECT_EQ(records("policy.applied").back().fields.at("by"), "unix:ada");
    EXPECT_NE(with_text("policy apply", text).sentence.find("in force already"), std::string::npos);
    EXPECT_EQ(here->policy.version, 3);
}

TEST_F(AdminPolicy, ABrokenOneChangesNothingAndIsAudited) {
    const auto before = here->policy.document.rules;
    const auto answer = with_text("policy apply", "version: 1\nrules:\n  - id: x\n    whom: [any]\n");
    EXPECT_FALSE(answer.done);
    EXPECT_NE(answer.sentence.find("policy.yaml:"), std::string::npos);
    EXPECT_EQ(here->policy.version, 2);
    EXPECT_EQ(here->policy.document.rules, before);
    EXPECT_EQ(here->policy_versions.latest()->value().version, 2);
    EXPECT_EQ(live.reconsidered, 0);
    EXPECT_EQ(records("policy.refused").size(), 1u);
}

TEST_F(AdminPolicy, AReaderThatIsGoneEndsItBeforeItTakesEffect) {
    auto asked = call_of("policy apply", {{"file", "policy.yaml"}});
    asked.text = "version: 1\n";
    const Reply gone{[](const std::string&) { return Status(fail(ErrorKind::io, "gone")); }, {}};
    EXPECT_FALSE(handle(*here, live, caller, std::move(asked), gone));
    EXPECT_EQ(here->policy.version, 2);
}

TEST_F(AdminPolicy, ExplainsAndSaysWhoCan) {
    ASSERT_TRUE(call("person add", {{"name", "vera"}, {"vendor", "acme"}}).done);
    ASSERT_TRUE(call("person add", {{"name", "olaf"}}).done);
    const auto may = call("policy explain", {{"person", "vera"}, {"target", "mri-3"}, {"account", "service"}, {"capability", "shell"}});
    ASSERT_TRUE(may.done) << may.sentence;
    EXPECT_EQ(may.text("verdict"), "permit");
    EXPECT_EQ(may.text("rule"), "mri-service");
    const std::map<std::string, std::string> asked{
        {"person", "olaf"}, {"target", "mri-3"}, {"account", "service"}, {"capability", "shell"}, {"at", "2026-03-04T10:00:00Z"}};
    EXPECT_EQ(call("policy explain", asked).text("verdict"), "deny");
    const auto who = call("policy who-can", {{"target", "mri-3"}});
    ASSERT_EQ(who.rows.size(), 1u);
    EXPECT_EQ(who.text("person"), "vera");
    EXPECT_FALSE(call("policy who-can", {{"target", "mri-9"}}).done);
    auto wrong = asked;
    wrong["at"] = "yesterday";
    EXPECT_FALSE(call("policy explain", wrong).done);
    wrong = asked;
    wrong["capability"] = "shelll";
    EXPECT_FALSE(call("policy explain", wrong).done);
}

}  // namespace
}  // namespace anteroom::admin
