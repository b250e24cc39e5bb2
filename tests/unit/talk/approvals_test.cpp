// What an approver is shown and how they decide.
#include "tests/unit/talk/scene.h"

namespace anteroom::talk {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class Approving : public Talking {
protected:
    std::int64_t ask_for(const policy::Ask& ask, const std::string& reason, const std::string& who = "alice") {
        return must(access->create({PersonId(who), {ask}, reason, ask == mri ? "CHG-7" : "", 1h, std::nullopt, "203.0.113.7", "ssh"})).id;
    }
};

TEST_F(Approving, ShowsTheCardAndApprovesWithACode) {
    const auto id = asked();
    auto& dana = approvals_screen("dana");
    EXPECT_THAT(dana.said, HasSubstr("1 request waits for you:"));
    EXPECT_THAT(dana.said, HasSubstr("Alice Moore (alice), Acme Imaging, agreement until 2028-01-15"));
    EXPECT_THAT(dana.said, HasSubstr("mri-3 as service, MRI scanner, building 3"));
    EXPECT_THAT(dana.said, HasSubstr("work in a shell, run commands, read files (SFTP)"));
    EXPECT_THAT(dana.said, HasSubstr("coil fault"));
    EXPECT_THAT(dana.said, HasSubstr("CHG-7"));
    EXPECT_THAT(dana.said, HasSubstr("203.0.113.7"));
    EXPECT_THAT(dana.said, HasSubstr("waiting for 1 of imaging-admins"));
    EXPECT_EQ(dana.prompt, "request " + std::to_string(id) + "> ");
    EXPECT_EQ(dana.type("approve 30m").prompt, "Code: ");
    EXPECT_EQ(request(id).state, RequestState::requested);
    dana.type(code_of("dana"));
    EXPECT_THAT(dana.said, HasSubstr("approved until 2026-01-05 08:30 +00:00"));
    EXPECT_EQ(request(id).state, RequestState::approved);
    EXPECT_EQ(request(id).length, Duration(30min));
    EXPECT_EQ(request(id).decided_by, PersonId("dana"));
}

TEST_F(Approving, PutsWhatIsUnusualFirst) {
    asked();
    const auto card = approvals_screen("dana").said;
    const auto mark = card.find("\n! ");
    ASSERT_NE(mark, std::string::npos) << card;
    EXPECT_LT(mark, card.find("  who "));
}

TEST_F(Approving, DeniesWithTheReasonForThePerson) {
    const auto id = asked();
    auto& dana = approvals_screen("dana");
    dana.type("deny scanner in use").type(code_of("dana"));
    EXPECT_EQ(request(id).state, RequestState::denied);
    EXPECT_EQ(request(id).decision, "scanner in use");
}

TEST_F(Approving, AsksForTheReasonOfADenial) {
    const auto id = asked();
    auto& dana = approvals_screen("dana");
    EXPECT_EQ(dana.type("deny").prompt, "Reason (the person reads it): ");
    dana.type("");
    EXPECT_EQ(request(id).state, RequestState::requested);
    dana.type("deny").type("not now").type(code_of("dana"));
    EXPECT_EQ(request(id).decision, "not now");
}

TEST_F(Approving, TakesACodeOnce) {
    const auto first = asked(), second = ask_for(mri, "coil again", "bob");
    auto& dana = approvals_screen("dana");
    const auto code = code_of("dana");
    dana.type("approve " + std::to_string(first)).type(code);
    EXPECT_THAT(dana.said, HasSubstr("1 more: next"));
    EXPECT_EQ(request(first).state, RequestState::approved);
    EXPECT_EQ(dana.type("approve " + std::to_string(second)).prompt, "Code: ");
    dana.type(code);
    EXPECT_THAT(dana.said, HasSubstr("This code was used already; the next one in 30 s."));
    EXPECT_EQ(dana.prompt, "Code: ");
    EXPECT_EQ(request(second).state, RequestState::requested);
    dana.type(code_of("dana"));
    EXPECT_EQ(request(second).state, RequestState::approved);
}

TEST_F(Approving, TakesNoWrongCodeAndStopsListening) {
    const auto id = asked();
    auto& dana = approvals_screen("dana");
    dana.type("approve");
    for (int i = 0; i < 10; ++i) {
        dana.type("000000");
        EXPECT_EQ(dana.prompt, "Code: ");
    }
    dana.type(code_of("dana"));
    EXPECT_EQ(request(id).state, RequestState::requested);
    dana.type(std::string(65536, '1'));
    EXPECT_EQ(dana.type("").prompt, "request " + std::to_string(id) + "> ");
}

TEST_F(Approving, AsksTheSentencesToConfirm) {
    const auto id = ask_for(us, "probe");
    auto& dana = approvals_screen("dana");
    EXPECT_THAT(dana.said, HasSubstr("30 min of grace"));
    EXPECT_EQ(dana.type("approve").prompt, "Scanner idle, room told - type yes: ");
    dana.type("no");
    EXPECT_THAT(dana.said, HasSubstr("Nothing was decided"));
    EXPECT_EQ(request(id).state, RequestState::requested);
    EXPECT_EQ(dana.type("approve").type("yes").prompt, "Code: ");
    dana.type(code_of("dana"));
    EXPECT_EQ(request(id).state, RequestState::approved);
}

TEST_F(Approving, ShortensAndNeverLengthens) {
    const auto id = asked();
    auto& dana = approvals_screen("dana");
    dana.type("approve 3h");
    EXPECT_THAT(dana.said, HasSubstr("2 h were asked for: that can be shortened, not lengthened."));
    EXPECT_THAT(dana.type("approve soon").said, HasSubstr("30m, 2h or 1h30m"));
    EXPECT_EQ(request(id).state, RequestState::requested);
}

TEST_F(Approving, ShowsAndDecidesNothingOfOnesOwn) {
    const auto id = ask_for(mri, "my own", "dana");
    auto& dana = approvals_screen("dana");
    EXPECT_THAT(dana.said, HasSubstr("Nothing waits for your decision."));
    EXPECT_EQ(dana.prompt, "approvals> ");
    EXPECT_EQ(dana.type("approve " + std::to_string(id)).prompt, "approvals> ");
    EXPECT_EQ(dana.type("show " + std::to_string(id)).prompt, "approvals> ");
    EXPECT_EQ(request(id).state, RequestState::requested);
}

TEST_F(Approving, IsForThoseWhomThePolicyNames) {
    const auto id = asked();
    for (const auto* name : {"bob", "ruth", "carl"}) {
        auto& other = approvals_screen(name);
        EXPECT_THAT(other.said, Not(HasSubstr("coil fault")));
        EXPECT_EQ(other.type("approve " + std::to_string(id)).prompt, "approvals> ");
        other.type("show " + std::to_string(id));
        EXPECT_THAT(other.said, Not(HasSubstr("coil fault")));
        EXPECT_EQ(other.prompt, "approvals> ");
        other.type("deny " + std::to_string(id) + " no");
        EXPECT_EQ(other.prompt, "approvals> ");
    }
    EXPECT_EQ(request(id).state, RequestState::requested);
}

TEST_F(Approving, LooksAtTheRoleAgainWhenItComesToIt) {
    const auto id = asked();
    auto& erin = approvals_screen("erin");
    EXPECT_EQ(erin.type("approve").prompt, "Code: ");
    must(here->people.set_groups(PersonId("erin"), {}));
    erin.type(code_of("erin"));
    EXPECT_EQ(request(id).state, RequestState::requested);
    EXPECT_THAT(erin.prompt, HasSubstr("> "));
    EXPECT_THAT(erin.said, HasSubstr("does not name you"));
}

TEST_F(Approving, TellsTheSecondOfTwoWhoWasFirst) {
    const auto id = asked();
    auto& dana = approvals_screen("dana");
    auto& erin = approvals_screen("erin");
    dana.type("approve");
    erin.type("deny no room");
    erin.type(code_of("erin"));
    EXPECT_THAT(dana.said, HasSubstr("denied by erin: no room"));
    dana.type(code_of("dana"));
    EXPECT_THAT(dana.said, HasSubstr("erin"));
    EXPECT_EQ(request(id).state, RequestState::denied);
    EXPECT_EQ(dana.prompt, "request " + std::to_string(id) + "> ");
    dana.type("approve");
    EXPECT_THAT(dana.said, HasSubstr("denied by erin: no room"));
}

TEST_F(Approving, CountsTwoPeople) {
    const auto id = ask_for(ct, "tube");
    auto& dana = approvals_screen("dana");
    dana.type("approve").type(code_of("dana"));
    EXPECT_THAT(dana.said, HasSubstr("your yes counts; still waiting for 1 of imaging-admins"));
    dana.type("approve " + std::to_string(id));
    if (dana.prompt == "Code: ") dana.type(code_of("dana"));
    EXPECT_EQ(request(id).state, RequestState::requested);
    auto& erin = approvals_screen("erin");
    EXPECT_THAT(erin.said, HasSubstr("yes of Dana Reyes (dana)"));
    erin.type("approve").type(code_of("erin"));
    EXPECT_EQ(request(id).state, RequestState::approved);
}

TEST_F(Approving, AnnouncesWhatComesMeanwhileOnce) {
    auto& dana = approvals_screen("dana");
    dana.said.clear();
    const auto id = asked();
    EXPECT_THAT(dana.said, HasSubstr("new: request " + std::to_string(id) + ": Alice Moore (alice), mri-3 as service"));
    EXPECT_THAT(dana.said, Not(HasSubstr("coil fault")));
    dana.said.clear();
    must(access->withdraw(id, PersonId("alice")));
    EXPECT_THAT(dana.said, HasSubstr("withdrawn"));
    auto& bob = approvals_screen("bob");
    bob.said.clear();
    asked();
    EXPECT_EQ(bob.said, "");
}

TEST_F(Approving, GoesFromOneToTheNext) {
    const auto first = asked(), second = ask_for(ct, "tube", "bob");
    auto& dana = approvals_screen("dana");
    EXPECT_THAT(dana.said, HasSubstr("2 requests wait for you:"));
    EXPECT_EQ(dana.prompt, "request " + std::to_string(first) + "> ");
    EXPECT_EQ(dana.type("next").prompt, "request " + std::to_string(second) + "> ");
    EXPECT_EQ(dana.type("next").prompt, "request " + std::to_string(first) + "> ");
    EXPECT_EQ(dana.type("show " + std::to_string(second)).prompt, "request " + std::to_string(second) + "> ");
    EXPECT_THAT(dana.type("list").said, HasSubstr("Bob Ray (bob), ct-1 as service"));
}

TEST_F(Approving, ShowsMoreTimeThatIsAskedForAndDecidesOnIt) {
    const auto id = asked();
    must(access->approve(id, factor("erin"), 1h, false));
    must(access->use(PersonId("alice"), mri, "mri-service"));
    must(access->ask_extension(id, 30min));
    auto& dana = approvals_screen("dana");
    EXPECT_THAT(dana.said, HasSubstr("more time"));
    EXPECT_THAT(dana.said, HasSubstr("30 min, until 2026-01-05 09:30 +00:00"));
    dana.type("approve").type(code_of("dana"));
    EXPECT_THAT(dana.said, HasSubstr("more time, until 2026-01-05 09:30 +00:00"));
    EXPECT_EQ(here->time_text(*request(id).ends), "2026-01-05 09:30 +00:00");
}

TEST_F(Approving, RefusesMoreTime) {
    const auto id = asked();
    must(access->approve(id, factor("erin"), 1h, false));
    must(access->use(PersonId("alice"), mri, "mri-service"));
    const auto ends = request(id).ends;
    must(access->ask_extension(id, 30min));
    auto& dana = approvals_screen("dana");
    dana.type("deny").type(code_of("dana"));
    EXPECT_THAT(dana.said, HasSubstr("no more time"));
    EXPECT_EQ(request(id).ends, ends);
    EXPECT_FALSE(request(id).extension);
}

TEST_F(Approving, RevokesWhatWasApproved) {
    const auto id = asked();
    must(access->approve(id, factor("erin"), 1h, false));
    auto& dana = approvals_screen("dana");
    dana.type("revoke " + std::to_string(id) + " wrong machine").type(code_of("dana"));
    EXPECT_EQ(request(id).state, RequestState::revoked);
    auto& bob = approvals_screen("bob");
    const auto second = ask_for(ct, "tube");
    bob.type("revoke " + std::to_string(second) + " mine");
    if (bob.prompt == "Code: ") bob.type(code_of("bob"));
    EXPECT_EQ(request(second).state, RequestState::requested);
}

TEST_F(Approving, ShowsNamesAndReasonsAsTheyAreSafe) {
    add("mallory", "Mal\x1b[2Jlory\nAPPROVED", "acme");
    asked("coil");
    auto evil = access->create({PersonId("mallory"), {mri}, "ok\x1b[2J\x1b]0;x\x07\nticket    CHG-1", "CHG-7", 1h, std::nullopt, "203.0.113.7", "ssh"});
    auto& dana = approvals_screen("dana");
    if (evil) dana.type("show " + std::to_string(evil->id));
    else EXPECT_TRUE(must(access->create({PersonId("mallory"), {mri}, "plain", "CHG-7", 1h, std::nullopt, "203.0.113.7", "ssh"})).id > 0);
    dana.type("list");
    EXPECT_THAT(dana.said, HasSubstr("Mal\\x1b[2Jlory\\x0aAPPROVED"));
    for (const char c : dana.all()) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
}

TEST_F(Approving, SurvivesNonsense) {
    asked();
    auto& dana = approvals_screen("dana");
    for (const auto& line : {std::string(65536, 'a'), std::string("\x1b[A"), std::string("approve -1"), std::string("approve 99999999999999999999"),
                             std::string("show 0"), std::string("show 12 13"), std::string("deny 777 x"), std::string("revoke"), std::string("sudo su")}) {
        dana.type(line);
        EXPECT_THAT(dana.prompt, HasSubstr("> ")) << line.substr(0, 40);
    }
    EXPECT_FALSE(dana.over());
}

TEST_F(Approving, IsOneCommandWithAStatus) {
    const auto id = asked();
    auto& list = approvals_screen("dana", command("approvals list"));
    EXPECT_THAT(list.said, HasSubstr("1 request waits for you:"));
    EXPECT_EQ(list.status, 0);
    auto& approve = approvals_screen("dana", command("approvals approve " + std::to_string(id) + " 30m"));
    EXPECT_EQ(approve.prompt, "Code: ");
    approve.type(code_of("dana"));
    EXPECT_EQ(approve.status, 0);
    EXPECT_EQ(request(id).state, RequestState::approved);
    auto& again = approvals_screen("dana", command("approvals deny " + std::to_string(id) + " too late"));
    EXPECT_EQ(again.status, 1);
    EXPECT_THAT(again.sentence, HasSubstr("approved by Dana Reyes (dana)"));
    EXPECT_EQ(approvals_screen("dana", command("approvals dance")).status, 1);
}

TEST_F(Approving, ReadsItsLinesFromACommand) {
    const auto id = asked();
    auto& dana = approvals_screen("dana", command("approvals"));
    dana.type("approve 30m").type(code_of("dana"));
    EXPECT_EQ(request(id).state, RequestState::approved);
    dana.leave();
    EXPECT_EQ(dana.status, 0);
    auto& erin = approvals_screen("erin", command("approvals"));
    erin.type("approve 777").leave();
    EXPECT_EQ(erin.status, 1);
}

TEST_F(Approving, DecidesNothingWhenTheApproverLeavesAtTheCode) {
    const auto id = asked();
    auto& dana = approvals_screen("dana");
    dana.type("approve").leave();
    EXPECT_EQ(dana.prompt, "request " + std::to_string(id) + "> ");
    dana.type(code_of("dana"));
    EXPECT_EQ(request(id).state, RequestState::requested);
    dana.type("quit");
    EXPECT_EQ(dana.prompt, "> ");  // the menu
}

}  // namespace anteroom::talk
