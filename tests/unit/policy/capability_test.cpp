// Capability patterns: what each permits and, as its hostile twin, what it must not.
#include "policy/capability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace anteroom::policy {
namespace {

bool permits(const char* allow, const Use& use) { return CapabilitySet::parse({allow}, {}).value().permits(use); }
bool permits_despite(const char* forbid, const char* allow, const Use& use) { return CapabilitySet::parse({allow}, {forbid}).value().permits(use); }
std::string refusal(const char* allow) {
    auto set = CapabilitySet::parse({allow}, {});
    return set ? "" : set.error().detail;
}

TEST(Capability, PermitsWhatItNamesAndNothingElse) {
    EXPECT_TRUE(permits("shell", {"shell", ""}));
    EXPECT_FALSE(permits("shell", {"exec", "sh"}));
    EXPECT_TRUE(permits("sftp:read", {"sftp:read", ""}));
    EXPECT_FALSE(permits("sftp:read", {"sftp:write", ""}));
    EXPECT_TRUE(permits("env", {"env", "LANG"}));
    EXPECT_TRUE(permits("exec", {"exec", "a; b"}));
}

TEST(Capability, RefusesAnUnknownKindWhateverIsAllowed) {
    EXPECT_FALSE(permits("forward:*", {"forward:streamlocal", "/run/x"}));
    EXPECT_FALSE(permits("rdp:*", {"rdp:new", ""}));
    EXPECT_FALSE(permits("rdp:*", {"", ""}));
}

TEST(Capability, WildcardsReachBelowTheirPrefixOnly) {
    EXPECT_TRUE(permits("sftp:*", {"sftp:write", ""}));
    EXPECT_TRUE(permits("rdp:clipboard:*", {"rdp:clipboard:files", ""}));
    EXPECT_FALSE(permits("rdp:clipboard:*", {"rdp:drive:read", ""}));
    EXPECT_TRUE(permits("forward:*", {"forward:remote", ""}));
    EXPECT_TRUE(permits("forward:*", {"forward:local", "10.1.2.3:104"}));
    EXPECT_FALSE(permits("sftp:*", {"scp:read", ""}));
}

TEST(Capability, AForbidBeatsEveryAllow) {
    EXPECT_FALSE(permits_despite("shell", "shell", {"shell", ""}));
    EXPECT_FALSE(permits_despite("*", "shell", {"shell", ""}));
    EXPECT_FALSE(permits_despite("forward:*", "forward:local:*:*", {"forward:local", "h:22"}));
    EXPECT_FALSE(permits_despite("forward:local", "forward:local:*:*", {"forward:local", "h:22"}));
    EXPECT_FALSE(permits_despite("exec:rm *", "exec", {"exec", "rm -rf /; true"}));
    EXPECT_TRUE(permits_despite("exec:rm *", "exec", {"exec", "ls"}));
}

TEST(Capability, ACommandPatternCannotBeEscapedIntoASecondCommand) {
    EXPECT_TRUE(permits("exec:uptime", {"exec", "uptime"}));
    for (const char* hostile : {"uptime; rm -rf /", "uptime ", " uptime", "uptime\n", "Uptime", "", "uptime && id", "uptimes"})
        EXPECT_FALSE(permits("exec:uptime", {"exec", hostile})) << hostile;
    EXPECT_FALSE(permits("exec:uptime", {"exec", std::string("uptime\0x", 8)}));
    EXPECT_TRUE(permits("exec:systemctl status *", {"exec", "systemctl status nginx -l"}));
    for (const char* hostile :
         {"systemctl status x; reboot", "systemctl status x && id", "systemctl status x | sh", "systemctl status `id`", "systemctl status $(id)",
          "systemctl status $HOME", "systemctl status x > /etc/passwd", "systemctl status < /etc/shadow", "systemctl status x\nreboot",
          "systemctl status x\rreboot", "systemctl status x\\\nreboot", "systemctl status (id)", "systemctl status x & reboot", "systemctl stop x"})
        EXPECT_FALSE(permits("exec:systemctl status *", {"exec", hostile})) << hostile;
    EXPECT_TRUE(permits("exec:*.sh --site *", {"exec", "/opt/check.sh --site a.sh --site b"}));
    EXPECT_FALSE(permits("exec:*", {"exec", "a;b"}));
    EXPECT_TRUE(permits("exec:cat /a | wc", {"exec", "cat /a | wc"}));  // the author may write what a star may not pass
}

TEST(Capability, NoStarEverPassesAMetacharacter) {
    std::mt19937 random(7);
    const std::string alphabet = "ab *;&|`$()<>\\\n";
    auto word = [&](std::string_view from) {
        std::string out;
        for (auto n = random() % 10; n > 0; --n) out += from[random() % from.size()];
        return out;
    };
    for (int seed = 0; seed < 20000; ++seed) {
        const auto pattern = "a" + word("ab *");
        const auto command = word(alphabet);
        if (permits(("exec:" + pattern).c_str(), {"exec", command}))
            EXPECT_EQ(command.find_first_of(";&|`$()<>\\\n"), std::string::npos) << pattern << " / " << command;
    }
}

TEST(Capability, AForwardMatchesHostAndPort) {
    EXPECT_TRUE(permits("forward:local:10.1.2.3:104", {"forward:local", "10.1.2.3:104"}));
    EXPECT_FALSE(permits("forward:local:10.1.2.3:104", {"forward:local", "10.1.2.3:105"}));
    EXPECT_FALSE(permits("forward:local:10.1.2.3:104", {"forward:local", "10.1.2.30:104"}));
    EXPECT_FALSE(permits("forward:local:10.1.2.3:104", {"forward:local", "10.1.2.3"}));
    EXPECT_FALSE(permits("forward:local:10.1.2.3:104", {"forward:local", "10.1.2.3:0104"}));
    EXPECT_TRUE(permits("forward:local:*.pacs.example:*", {"forward:local", "A.PACS.example.:443"}));
    EXPECT_FALSE(permits("forward:local:*.pacs.example:*", {"forward:local", "pacs.example.evil:443"}));
    EXPECT_TRUE(permits("forward:local:[2001:db8::1]:104", {"forward:local", "[2001:0db8:0::1]:104"}));
}

TEST(Capability, AForbiddenHostCannotBeSpelledDifferently) {
    for (const char* spelling : {"10.1.2.3:22", "[::ffff:10.1.2.3]:22", "::ffff:a01:203:22", "0x0a010203:22", "167838211:22", "10.1.515:22", "10.1.2.3.:22",
                                 "010.1.2.3:22", "nonsense"})
        EXPECT_FALSE(permits_despite("forward:local:10.1.2.3:*", "forward:local:*:*", {"forward:local", spelling})) << spelling;
    EXPECT_FALSE(permits_despite("forward:local:db.example:*", "forward:local:*:*", {"forward:local", "DB.example.:22"}));
    EXPECT_TRUE(permits_despite("forward:local:10.1.2.3:*", "forward:local:*:*", {"forward:local", "10.1.2.4:22"}));
}

TEST(Capability, AProtocolMustBeInspected) {
    const auto set = CapabilitySet::parse({"forward:local:10.1.2.3:104/dicom", "forward:local:10.1.2.3:22"}, {}).value();
    EXPECT_FALSE(set.permits({"forward:local", "10.1.2.3:104"}));
    EXPECT_TRUE(set.permits({"forward:local", "10.1.2.3:104/dicom"}));
    EXPECT_FALSE(set.permits({"forward:local", "10.1.2.3:104/hl7"}));
    EXPECT_EQ(set.forward_protocol("10.1.2.3:104"), "dicom");
    EXPECT_EQ(set.forward_protocol("10.1.2.3:22"), "");
    EXPECT_EQ(set.forward_protocol("10.1.2.3:23"), std::nullopt);
    EXPECT_EQ(set.forward_protocol("10.1.2.3:22/dicom"), std::nullopt);
}

TEST(Capability, RefusesUnknownNamesWithASuggestion) {
    EXPECT_THAT(refusal("sftp:raed"), testing::HasSubstr("did you mean sftp:read?")) << refusal("sftp:raed");
    EXPECT_THAT(refusal("shel"), testing::HasSubstr("did you mean shell?"));
    EXPECT_THAT(refusal("rdp:clipbord:in"), testing::HasSubstr("did you mean rdp:clipboard:in?"));
    for (const char* wrong : {"*", "", "everything", "shell:x", "forward:local", "forward:local:h", "forward:local:h:0", "forward:local:h:70000",
                              "forward:local:h:22/Di com", "rdp:dynamic", "she*", "s*", ":*", "sftp:r*", "exec :x"})
        EXPECT_NE(refusal(wrong), "") << wrong;
}

TEST(Capability, IsEmptyWhenForbidsCoverWhatIsAllowed) {
    const auto empty = [](std::vector<std::string> allow, std::vector<std::string> forbid) {
        return CapabilitySet::parse(std::move(allow), std::move(forbid)).value().empty();
    };
    EXPECT_TRUE(empty({}, {}));
    EXPECT_TRUE(empty({"shell"}, {"*"}));
    EXPECT_TRUE(empty({"shell", "exec:a"}, {"shell", "exec"}));
    EXPECT_TRUE(empty({"exec"}, {"exec:*"}));
    EXPECT_TRUE(empty({"forward:local:h:1"}, {"forward:*"}));
    EXPECT_TRUE(empty({"sftp:*"}, {"sftp:*"}));
    EXPECT_FALSE(empty({"shell", "exec"}, {"shell"}));
    EXPECT_FALSE(empty({"exec"}, {"exec:a"}));
    EXPECT_FALSE(empty({"forward:local:*:*"}, {"forward:local:h:1"}));
}

TEST(Capability, SurvivesBeingSentAsTexts) {
    const auto set = CapabilitySet::parse({"exec:ls *", "sftp:*"}, {"sftp:write"}).value();
    const auto again = CapabilitySet::parse(set.allow_texts(), set.forbid_texts()).value();
    for (const Use& use : {Use{"exec", "ls a"}, Use{"exec", "ls;a"}, Use{"sftp:read", ""}, Use{"sftp:write", ""}})
        EXPECT_EQ(set.permits(use), again.permits(use));
}

}  // namespace
}  // namespace anteroom::policy
