// The menu: what it lists, where its lines lead, and how it ends.
#include "tests/unit/talk/scene.h"

namespace anteroom::talk {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class AtTheMenu : public Talking {};

TEST_F(AtTheMenu, ListsWhatThePersonMayReach) {
    auto& alice = menu_screen("alice");
    EXPECT_THAT(alice.said, HasSubstr("You may reach:"));
    EXPECT_THAT(alice.said, HasSubstr("  1  ct-1 as service"));
    EXPECT_THAT(alice.said, HasSubstr("  2  mri-3 as service"));
    EXPECT_THAT(alice.said, HasSubstr("MRI scanner, building 3"));
    EXPECT_THAT(alice.said, HasSubstr("needs approval"));
    EXPECT_THAT(alice.said, HasSubstr("outside hours: opens next at 2026-01-05 20:00 +00:00"));
    EXPECT_THAT(alice.said, HasSubstr("ready\n"));
    EXPECT_THAT(alice.said, HasSubstr("security: passwords, codes and keys"));
    EXPECT_THAT(alice.said, Not(HasSubstr("approvals")));
    EXPECT_THAT(alice.said, Not(HasSubstr("root")));
    EXPECT_EQ(alice.prompt, "> ");
}

TEST_F(AtTheMenu, KeepsToOneLineWhereTheScreenIsWide) {
    auto wide = terminal();
    wide.columns = 160;
    EXPECT_THAT(menu_screen("alice", wide).said, HasSubstr("mri-3 as service   MRI scanner, building 3   needs approval"));
}

TEST_F(AtTheMenu, ListsNothingForWhoMayReachNothing) {
    auto& ruth = menu_screen("ruth");
    EXPECT_THAT(ruth.said, HasSubstr("There is nothing that you may reach."));
    EXPECT_THAT(ruth.said, Not(HasSubstr("mri-3")));
}

TEST_F(AtTheMenu, ShowsWhatIsApprovedAndWhatWaits) {
    const auto id = asked();
    EXPECT_THAT(menu_screen("alice").said, HasSubstr("request " + std::to_string(id) + ": waiting for 1 of imaging-admins (mri-3 as service)"));
    must(access->approve(id, factor("dana"), 1h, false));
    EXPECT_THAT(menu_screen("alice").said, HasSubstr("ready until 2026-01-05 09:00 +00:00 (request " + std::to_string(id) + ")"));
    EXPECT_THAT(menu_screen("bob").said, Not(HasSubstr("request ")));
}

TEST_F(AtTheMenu, CountsWhatWaitsForAnApprover) {
    EXPECT_THAT(menu_screen("dana").said, HasSubstr("approvals: none waiting"));
    auto& dana = menu_screen("dana");
    asked();
    EXPECT_THAT(dana.said, HasSubstr("approvals: 1 waiting"));
    EXPECT_THAT(menu_screen("erin").said, HasSubstr("approvals: 1 waiting"));
}

TEST_F(AtTheMenu, ConnectsByNumberAndByName) {
    for (const auto* line : {"2", "mri-3", "mri-3+service", "mri-3:service", "mri-3 service", "mri-3 as service", " 2 "}) {
        auto& alice = menu_screen("alice");
        alice.type(line);
        EXPECT_EQ(alice.connected, mri) << line;
    }
}

TEST_F(AtTheMenu, AsksWhichAccountWhereThereAreSeveral) {
    auto& alice = menu_screen("alice");
    alice.type("pacs");
    EXPECT_THAT(alice.said, HasSubstr("Say which account: pacs+ACCOUNT, with one of night, viewer."));
    EXPECT_EQ(alice.prompt, "> ");
}

TEST_F(AtTheMenu, ConnectsToNothingThatIsNotOnIt) {
    for (const auto* line : {"0", "99", "-1", "mri-3+root", "pump-1", "2 3", "99999999999999999999", "mri-3 as root", "../mri-3"}) {
        auto& alice = menu_screen("alice");
        alice.type(line);
        EXPECT_FALSE(alice.over()) << line;
        EXPECT_EQ(alice.prompt, "> ") << line;
    }
}

TEST_F(AtTheMenu, RequestsSeveralAtOnce) {
    auto& alice = menu_screen("alice");
    alice.type("request 1,2");
    EXPECT_THAT(alice.said, HasSubstr("ct-1 as service, mri-3 as service"));
    EXPECT_EQ(alice.prompt, "Reason: ");
    EXPECT_EQ(alice.type("coil").type("CHG-7").prompt, "For how long [2h]: ");
    alice.type("1h");
    EXPECT_THAT(alice.said, HasSubstr("sent to imaging-admins"));
    EXPECT_EQ(alice.prompt, "> ");
    const auto made = must(access->list(true));
    ASSERT_EQ(made.size(), 1u);
    ASSERT_EQ(made[0].wanted.size(), 2u);
    EXPECT_EQ(made[0].wanted[0].ask, ct);
    EXPECT_EQ(made[0].wanted[1].ask, mri);
    must(access->deny(made[0].id, factor("dana"), "not today"));
    EXPECT_THAT(alice.said, HasSubstr("denied by dana: not today"));
}

TEST_F(AtTheMenu, RequestsNothingThatCannotBeAskedFor) {
    for (const auto* line : {"request", "request ,", "request 1,99", "request mri-3+root", "request 1;2", "request 3 4"}) {
        auto& alice = menu_screen("alice");
        alice.type(line);
        EXPECT_EQ(alice.prompt, "> ") << line;
    }
    EXPECT_TRUE(must(access->list(true)).empty());
}

TEST_F(AtTheMenu, WithdrawsOnesOwnAndNobodyElses) {
    const auto id = asked();
    auto& bob = menu_screen("bob");
    bob.type("withdraw " + std::to_string(id));
    EXPECT_THAT(bob.said, HasSubstr("You have no request"));
    EXPECT_EQ(request(id).state, RequestState::requested);
    auto& alice = menu_screen("alice");
    EXPECT_THAT(alice.type("withdraw").said, HasSubstr("withdraw 42"));
    EXPECT_THAT(alice.type("withdraw " + std::to_string(id)).said, HasSubstr("withdrawn"));
    EXPECT_EQ(request(id).state, RequestState::withdrawn);
    EXPECT_EQ(alice.prompt, "> ");
}

TEST_F(AtTheMenu, OpensApprovalsAndComesBack) {
    const auto id = asked();
    auto& dana = menu_screen("dana");
    dana.type("approvals");
    EXPECT_EQ(dana.prompt, "request " + std::to_string(id) + "> ");
    EXPECT_EQ(dana.type("quit").prompt, "> ");
    EXPECT_THAT(dana.said, HasSubstr("You may reach:"));
    dana.leave();
    EXPECT_EQ(dana.status, 0);
}

TEST_F(AtTheMenu, TakesACommandAsItsLine) {
    const auto id = asked();
    auto& dana = menu_screen("dana", command("approvals"));
    EXPECT_EQ(dana.prompt, "request " + std::to_string(id) + "> ");
    EXPECT_EQ(menu_screen("dana", command("approvals list")).status, 0);
    auto& list = menu_screen("alice", command("list"));
    EXPECT_THAT(list.said, HasSubstr("You may reach:"));
    EXPECT_EQ(list.status, 0);
    EXPECT_EQ(menu_screen("alice", command("help")).status, 0);
    EXPECT_EQ(menu_screen("alice", command("withdraw " + std::to_string(id))).status, 0);
    EXPECT_EQ(menu_screen("alice", command("withdraw " + std::to_string(id))).status, 1);
}

TEST_F(AtTheMenu, SaysWhatACommandIsNot) {
    for (const auto& text : {std::string("uname -a"), std::string("rm -rf /"), std::string("\x1b[2J"), std::string(1024, 'x'), std::string("scp -f x")}) {
        auto& alice = menu_screen("alice", command(text));
        EXPECT_EQ(alice.status, 1);
        EXPECT_THAT(alice.sentence, HasSubstr("alice+TARGET"));
        EXPECT_EQ(alice.sentence.find('\x1b'), std::string::npos);
        EXPECT_LT(alice.sentence.size(), 300u);
    }
    EXPECT_EQ(menu_screen("alice", sftp()).status, 1);
}

// The channel of a command would run that command there.
TEST_F(AtTheMenu, ConnectsNoCommand) {
    auto& alice = menu_screen("alice", command("mri-3"));
    EXPECT_FALSE(alice.connected);
    EXPECT_EQ(alice.status, 1);
    EXPECT_THAT(alice.sentence, HasSubstr("alice+mri-3+service"));
}

TEST_F(AtTheMenu, ReadsLinesWithoutATerminal) {
    auto& alice = menu_screen("alice", {control::ChannelUse::shell, false, 80, 24, ""});
    EXPECT_THAT(alice.said, HasSubstr("You may reach:"));
    alice.type("nothing").leave();
    EXPECT_EQ(alice.status, 1);
    auto& bob = menu_screen("bob", {control::ChannelUse::shell, false, 80, 24, ""});
    bob.type("help").leave();
    EXPECT_EQ(bob.status, 0);
}

TEST_F(AtTheMenu, SurvivesNonsense) {
    auto& alice = menu_screen("alice");
    for (const auto& line : {std::string(65536, 'a'), std::string("\x1b[2J"), std::string("a\nb"), std::string(1, '\0'), std::string(64, ',')}) {
        alice.type(line);
        EXPECT_EQ(alice.prompt, "> ");
        for (const char c : alice.said) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
        EXPECT_LT(alice.said.size(), 4000u);
    }
    alice.type("request 1").leave();
    EXPECT_EQ(alice.prompt, "> ");
    alice.type("quit");
    EXPECT_EQ(alice.status, 0);
    EXPECT_TRUE(must(access->list(true)).empty());
}

TEST_F(AtTheMenu, ShowsAnEmergencyThatRuns) {
    const auto emergency = must(access->break_glass(PersonId("carl"), mri, "patient", "203.0.113.7", clock.now(), false));
    EXPECT_THAT(menu_screen("carl").said, HasSubstr("ready until 2026-01-05 09:00 +00:00 (break-glass, request " + std::to_string(emergency.id) + ")"));
    EXPECT_THAT(menu_screen("carl").said, HasSubstr("in an emergency only: break-glass"));
}

}  // namespace anteroom::talk
