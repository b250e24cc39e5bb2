// A request from its first question to the connection, and what may come in between.
#include "tests/unit/talk/scene.h"

namespace anteroom::talk {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class Waiting : public Talking {
protected:
    // Alice has asked and waits.
    Screen& waiting() {
        auto& alice = wait_screen("alice");
        alice.type("coil fault").type("CHG-7").type("2h");
        return alice;
    }
    std::int64_t only() { return must(access->list(true)).at(0).id; }
};

TEST_F(Waiting, AsksReasonTicketAndDurationThenWaitsAndConnects) {
    auto& alice = wait_screen("alice");
    EXPECT_THAT(alice.said, HasSubstr("Access to mri-3 as service needs an approval by imaging-admins."));
    EXPECT_EQ(alice.prompt, "Reason: ");
    EXPECT_EQ(alice.type("coil fault").prompt, "Ticket (CHG-[0-9]+): ");
    EXPECT_EQ(alice.type("CHG-7").prompt, "For how long [4h]: ");
    alice.type("2h");
    const auto id = only();
    EXPECT_THAT(alice.said, HasSubstr("request " + std::to_string(id) + ": sent to imaging-admins."));
    EXPECT_THAT(alice.said, HasSubstr("request " + std::to_string(id) + ": waiting for 1 of imaging-admins; notified 0 s ago"));
    EXPECT_THAT(alice.said, HasSubstr("Imaging IT: 555-0100"));
    EXPECT_FALSE(alice.connected);
    const auto made = request(id);
    EXPECT_EQ(made.reason, "coil fault");
    EXPECT_EQ(made.ticket, "CHG-7");
    EXPECT_EQ(made.asked, Duration(2h));
    EXPECT_EQ(made.source, "203.0.113.7");
    must(access->approve(id, factor("dana"), std::nullopt, false));
    EXPECT_THAT(alice.said, HasSubstr("approved by Dana Reyes (dana) until 2026-01-05 10:00 +00:00"));
    EXPECT_EQ(alice.connected, mri);
}

TEST_F(Waiting, TakesEnterAsTheLongestTimeAndAsksAgainWhereAnAnswerIsNone) {
    auto& alice = wait_screen("alice");
    EXPECT_EQ(alice.type("  ").prompt, "Reason: ");
    EXPECT_EQ(alice.type("coil fault").type("INC-7").prompt, "Ticket (CHG-[0-9]+): ");
    EXPECT_THAT(alice.said, HasSubstr("That is no ticket"));
    EXPECT_EQ(alice.type("").prompt, "Ticket (CHG-[0-9]+): ");
    EXPECT_EQ(alice.type("CHG-7").type("5h").prompt, "For how long [4h]: ");
    EXPECT_THAT(alice.said, HasSubstr("At most 4h can be asked for."));
    EXPECT_EQ(alice.type("soon").prompt, "For how long [4h]: ");
    alice.type("");
    EXPECT_EQ(request(only()).asked, Duration(4h));
}

TEST_F(Waiting, TakesNothingLongOrWithControlCharacters) {
    auto& alice = wait_screen("alice");
    EXPECT_EQ(alice.type(std::string(65536, 'a')).prompt, "Reason: ");
    EXPECT_EQ(alice.type("\x1b]0;owned\x07").prompt, "Reason: ");
    EXPECT_EQ(alice.type("two\nlines").prompt, "Reason: ");
    EXPECT_EQ(alice.type("coil fault").type("CHG-7\nCHG-8").prompt, "Ticket (CHG-[0-9]+): ");
    EXPECT_EQ(alice.type("CHG-7\x1b[A").prompt, "Ticket (CHG-[0-9]+): ");
    EXPECT_EQ(alice.type("CHG-7").type(std::string(65536, '9') + "h").prompt, "For how long [4h]: ");
    EXPECT_TRUE(must(access->list(true)).empty());
}

TEST_F(Waiting, ShowsThatItGoesOnEachMinute) {
    auto& alice = waiting();
    alice.said.clear();
    for (int second = 0; second < 59; ++second) {
        clock.advance(1s);
        alice.tick();
    }
    EXPECT_EQ(alice.said, "");
    clock.advance(1s);
    alice.tick();
    EXPECT_THAT(alice.said, HasSubstr("waiting for 1 of imaging-admins; notified 1 min ago"));
}

TEST_F(Waiting, LooksAgainOnEnter) {
    auto& alice = waiting();
    clock.advance(3s);
    alice.type("");
    EXPECT_THAT(alice.said, HasSubstr("notified 3 s ago"));
    EXPECT_EQ(alice.prompt, "(withdraw, or Enter to look again) > ");
}

TEST_F(Waiting, IsResumedByTheNextConnection) {
    auto& first = waiting();
    const auto id = only();
    first.leave();
    EXPECT_EQ(first.status, 1);
    EXPECT_EQ(first.sentence, "request " + std::to_string(id) + " stays; connect again to go on waiting.");
    clock.advance(3s);
    auto& second = wait_screen("alice");
    EXPECT_THAT(second.said, HasSubstr("request " + std::to_string(id) + ": waiting for 1 of imaging-admins; notified 3 s ago"));
    EXPECT_THAT(second.prompt, Not(HasSubstr("Reason")));
    must(access->approve(id, factor("dana"), 30min, false));
    EXPECT_TRUE(second.connected);
    EXPECT_EQ(must(access->list(true)).size(), 1u);
}

TEST_F(Waiting, LeavesNothingWhenThePersonLeavesBeforeTheEnd) {
    auto& alice = wait_screen("alice");
    alice.type("coil fault").leave();
    EXPECT_EQ(alice.status, 1);
    EXPECT_TRUE(must(access->list(true)).empty());
}

TEST_F(Waiting, EndsWithTheReasonOfADenial) {
    auto& alice = waiting();
    must(access->deny(only(), factor("dana"), "scanner in use"));
    EXPECT_EQ(alice.status, 1);
    EXPECT_THAT(alice.sentence, HasSubstr("denied by dana: scanner in use"));
    EXPECT_FALSE(alice.connected);
}

TEST_F(Waiting, ShowsWhoIsStillMissing) {
    auto& alice = wait_screen("alice", ct);
    alice.type("tube change").type("1h");
    EXPECT_THAT(alice.said, HasSubstr("waiting for 2 of imaging-admins"));
    must(access->approve(only(), factor("dana"), std::nullopt, false));
    EXPECT_THAT(alice.said, HasSubstr("waiting for 1 of imaging-admins"));
    EXPECT_FALSE(alice.connected);
    must(access->approve(only(), factor("erin"), std::nullopt, false));
    EXPECT_EQ(alice.connected, ct);
}

TEST_F(Waiting, IsWithdrawnByItsPerson) {
    auto& alice = waiting();
    alice.type("withdraw");
    EXPECT_EQ(alice.status, 1);
    EXPECT_THAT(alice.sentence, HasSubstr("withdrawn"));
    EXPECT_EQ(request(only()).state, RequestState::withdrawn);
    EXPECT_FALSE(access->approve(only(), factor("dana"), std::nullopt, false));
}

TEST_F(Waiting, EndsWhenNobodyDecides) {
    auto& alice = waiting();
    clock.advance(request(only()).waits_until - clock.now() + 1s);
    must(access->tick());
    EXPECT_EQ(alice.status, 1);
    EXPECT_THAT(alice.sentence, HasSubstr("expired"));
}

TEST_F(Waiting, HearsOfNobodyElsesRequest) {
    auto& alice = waiting();
    const auto bobs = must(access->create({PersonId("bob"), {mri}, "x", "CHG-9", 1h, std::nullopt, "203.0.113.8", "ssh"})).id;
    alice.said.clear();
    must(access->approve(bobs, factor("dana"), std::nullopt, false));
    EXPECT_EQ(alice.said, "");
    EXPECT_FALSE(alice.over());
}

TEST_F(Waiting, SeesAPolicyThatChangesInBetween) {
    auto& alice = waiting();
    apply(hospital_policy, "by: [role:imaging-admins], count: 1", "by: [role:imaging-admins], count: 2");
    clock.advance(1s);
    alice.tick();
    EXPECT_THAT(alice.said, HasSubstr("waiting for 2 of imaging-admins"));
    must(access->approve(only(), factor("dana"), std::nullopt, false));
    EXPECT_FALSE(alice.connected);
}

TEST_F(Waiting, DoesNotConnectByARuleThatIsGone) {
    auto& alice = waiting();
    const auto id = only();
    apply(hospital_policy, "id: mri-service", "id: mri-other");
    const auto approved = access->approve(id, factor("dana"), std::nullopt, false);
    alice.tick();
    EXPECT_FALSE(approved);
    EXPECT_FALSE(alice.connected);
}

TEST_F(Waiting, AsksAnewWhereTheApprovedRuleIsGone) {
    const auto id = asked();
    must(access->approve(id, factor("dana"), std::nullopt, false));
    apply(hospital_policy, "id: mri-service", "id: mri-other");
    auto& alice = wait_screen("alice");
    alice.tick();
    EXPECT_FALSE(alice.connected);
    EXPECT_TRUE(alice.over() || alice.prompt == "Reason: ") << alice.all();
}

TEST_F(Waiting, ConnectsByItselfWhenTheTimeAskedForComes) {
    auto& alice = wait_screen("alice");
    alice.type("coil fault").type("CHG-7").type("2h from 18:00");
    must(access->approve(only(), factor("dana"), std::nullopt, false));
    EXPECT_FALSE(alice.over());
    EXPECT_THAT(alice.said, HasSubstr("from 2026-01-05 18:00 +00:00 until 2026-01-05 20:00 +00:00"));
    clock.advance(9h);
    alice.tick();
    EXPECT_FALSE(alice.connected);
    clock.advance(1h);
    alice.tick();
    EXPECT_EQ(alice.connected, mri);
}

TEST_F(Waiting, LetsAPersonAskForNowBesideWhatTheyAskedForLater) {
    auto& first = wait_screen("alice");
    first.type("coil fault").type("CHG-7").type("2h from 18:00").leave();
    auto& second = wait_screen("alice");
    EXPECT_THAT(second.said, HasSubstr("That one is for 2026-01-05 18:00 +00:00 and stays."));
    EXPECT_EQ(second.prompt, "Reason: ");
    second.type("another").type("CHG-8").type("1h");
    EXPECT_EQ(must(access->list(true)).size(), 2u);
}

TEST_F(Waiting, JoinsTheRequestThatAnotherConnectionMadeMeanwhile) {
    auto& first = wait_screen("alice");
    auto& second = wait_screen("alice");
    first.type("coil fault").type("CHG-7").type("2h");
    second.type("coil fault").type("CHG-7").type("2h");
    EXPECT_THAT(second.said, HasSubstr("is open already"));
    EXPECT_THAT(second.said, HasSubstr("waiting for 1 of imaging-admins"));
    must(access->approve(only(), factor("dana"), std::nullopt, false));
    EXPECT_TRUE(first.connected);
    EXPECT_TRUE(second.connected);
}

TEST_F(Waiting, ConnectsWhenAWindowIsOpened) {
    auto& alice = waiting();
    must(access->open_window({mri.target, VendorId("acme"), 1h, "CHG-77", "unix:root"}));
    EXPECT_EQ(alice.connected, mri);
}

TEST_F(Waiting, TellsACommandThatNothingCanBeAskedThere) {
    auto& alice = wait_screen("alice", mri, sftp());
    EXPECT_EQ(alice.status, 1);
    EXPECT_THAT(alice.sentence, HasSubstr("Access to mri-3 as service needs an approval: connect with a terminal, or answer the question at the login"));
    EXPECT_EQ(alice.prompt, "");
    auto& carl = wait_screen("carl", mri, sftp());
    EXPECT_EQ(carl.status, 1);
    EXPECT_THAT(carl.sentence, HasSubstr("in an emergency only. Connect with a terminal for break-glass."));
}

TEST_F(Waiting, LetsACommandWaitForARequestThatIsThere) {
    const auto id = asked();
    auto& alice = wait_screen("alice", mri, command("uname -a"));
    EXPECT_THAT(alice.said, HasSubstr("waiting for 1 of imaging-admins"));
    EXPECT_EQ(alice.prompt, "");
    must(access->approve(id, factor("dana"), std::nullopt, false));
    EXPECT_EQ(alice.connected, mri);
}

TEST_F(Waiting, GoesOnAfterANonsenseLine) {
    auto& alice = waiting();
    EXPECT_THAT(alice.type("rm -rf /").said, HasSubstr("Type withdraw"));
    EXPECT_THAT(alice.type(std::string(65536, '\x1b')).prompt, HasSubstr("Enter to look again"));
    EXPECT_FALSE(alice.over());
}

// ---- break-glass

class BreakGlass : public Waiting {
protected:
    BreakGlass() { add("dr", "Dr. Who", "acme", {"clinical-engineering"}); }
};

TEST_F(BreakGlass, IsOfferedWithWhatItMeansAndOpensAtOnce) {
    auto& dr = wait_screen("dr");
    EXPECT_THAT(dr.said, HasSubstr("In an emergency type break-glass."));
    dr.type("break-glass");
    EXPECT_THAT(dr.said, HasSubstr("for at most 1 h"));
    EXPECT_THAT(dr.said, HasSubstr("soc is alerted now, and everything you do is recorded."));
    EXPECT_THAT(dr.said, HasSubstr("privacy-office will review it within 24 h."));
    EXPECT_EQ(dr.prompt, "What is the emergency: ");
    EXPECT_EQ(dr.type("patient in the scanner").prompt, "Type YES to break the glass: ");
    EXPECT_TRUE(must(access->emergencies(true)).empty());
    dr.type("YES");
    EXPECT_EQ(dr.connected, mri);
    const auto emergency = must(access->emergencies(true)).at(0);
    EXPECT_TRUE(emergency.emergency);
    EXPECT_FALSE(emergency.drill);
    EXPECT_EQ(emergency.reason, "patient in the scanner");
}

TEST_F(BreakGlass, IsOfferedAloneWhereNothingElseIsOpen) {
    auto& carl = wait_screen("carl");
    EXPECT_THAT(carl.said, HasSubstr("Access to mri-3 as service is open to you in an emergency only."));
    EXPECT_THAT(carl.said, HasSubstr("Imaging IT: 555-0100"));
    EXPECT_EQ(carl.prompt, "(break-glass, or quit) > ");
    carl.type("break-glass").type("patient").type("YES");
    EXPECT_EQ(carl.connected, mri);
}

TEST_F(BreakGlass, IsOpenToNobodyWhomThePolicyDoesNotName) {
    auto& alice = wait_screen("alice");
    EXPECT_THAT(alice.said, Not(HasSubstr("break-glass")));
    alice.type("break-glass");
    EXPECT_THAT(alice.said, HasSubstr("Break-glass is not open to you here."));
    EXPECT_EQ(alice.prompt, "Reason: ");
    alice.type("coil fault").type("CHG-7").type("1h");
    EXPECT_THAT(alice.prompt, Not(HasSubstr("break-glass")));
    alice.type("break-glass drill");
    EXPECT_THAT(alice.said, HasSubstr("Break-glass is not open to you here."));
    EXPECT_TRUE(must(access->emergencies(true)).empty());
    auto& ruth = wait_screen("ruth");
    EXPECT_EQ(ruth.status, 1);
}

TEST_F(BreakGlass, AsksAFreshCodeWhereTheLastIsOld) {
    auto& dr = wait_screen("dr");
    const auto used = code_of("dr");
    must(access::prove_second_factor(*here, PersonId("dr"), Secret::copy_of(used)));
    clock.advance(4min + 1s);
    EXPECT_EQ(dr.type("break-glass").type("patient").prompt, "Code: ");
    EXPECT_EQ(dr.type(used).prompt, "Code: ");
    EXPECT_EQ(dr.type("000000").prompt, "Code: ");
    EXPECT_EQ(dr.type(std::string(65536, '1')).prompt, "Code: ");
    EXPECT_TRUE(must(access->emergencies(true)).empty());
    EXPECT_EQ(dr.type(code_of("dr")).prompt, "Type YES to break the glass: ");
    dr.type("YES");
    EXPECT_TRUE(dr.connected);
}

TEST_F(BreakGlass, AsksAFreshCodeWhereTypingTookTooLong) {
    auto& dr = wait_screen("dr");
    EXPECT_EQ(dr.type("break-glass").type("patient").prompt, "Type YES to break the glass: ");
    clock.advance(6min);
    EXPECT_EQ(dr.type("YES").prompt, "Code: ");
    EXPECT_FALSE(dr.connected);
    dr.type(code_of("dr"));
    EXPECT_TRUE(dr.connected);
}

TEST_F(BreakGlass, DoesNothingWithoutYES) {
    auto& dr = wait_screen("dr");
    dr.type("break-glass").type("patient").type("yes");
    EXPECT_THAT(dr.said, HasSubstr("Nothing was done."));
    EXPECT_EQ(dr.prompt, "Reason: ");
    EXPECT_TRUE(must(access->emergencies(true)).empty());
}

TEST_F(BreakGlass, IsOpenWhileARequestWaitsAndMarksADrill) {
    auto& dr = wait_screen("dr");
    dr.type("coil fault").type("CHG-7").type("1h");
    EXPECT_EQ(dr.prompt, "(withdraw, break-glass, or Enter to look again) > ");
    dr.type("break-glass drill");
    EXPECT_THAT(dr.said, HasSubstr("DRILL"));
    EXPECT_THAT(dr.type("as if").prompt, HasSubstr("DRILL"));
    dr.type("YES");
    EXPECT_TRUE(dr.connected);
    EXPECT_TRUE(must(access->emergencies(true)).at(0).drill);
}

TEST_F(BreakGlass, EndsWhereAnApprovalComesFirst) {
    auto& dr = wait_screen("dr");
    dr.type("coil fault").type("CHG-7").type("1h");
    dr.type("break-glass");
    must(access->approve(only(), factor("erin"), std::nullopt, false));
    EXPECT_TRUE(dr.connected);
    EXPECT_TRUE(must(access->emergencies(true)).empty());
}

TEST_F(BreakGlass, OpensNothingThatThePolicyDoesNotNameAnyMore) {
    must(access->break_glass(PersonId("carl"), mri, "patient", "203.0.113.7", clock.now(), false));
    apply(hospital_policy, "who: [group:clinical-engineering]", "who: [group:nobody]");
    auto& carl = wait_screen("carl");
    carl.tick();
    EXPECT_FALSE(carl.connected);
    EXPECT_EQ(carl.status, 1);
}

TEST_F(BreakGlass, IsRefusedWhereTheRoleWasLostInBetween) {
    auto& dr = wait_screen("dr");
    dr.type("break-glass").type("patient");
    must(here->people.set_groups(PersonId("dr"), {}));
    dr.type("YES");
    EXPECT_FALSE(dr.connected);
    EXPECT_TRUE(must(access->emergencies(true)).empty());
}

}  // namespace anteroom::talk
