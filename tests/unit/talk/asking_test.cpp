// The questions inside keyboard-interactive.
#include "broker/talk/asking.h"

#include "tests/unit/talk/scene.h"

namespace anteroom::talk {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class AskingAtTheLogin : public Talking {
public:
    static constexpr const char* winscp = "SSH-2.0-WinSCP_release_6.3.3";
    static constexpr const char* openssh = "SSH-2.0-OpenSSH_9.2p1";

    void begin(const std::string& who, const char* client, const policy::Ask& ask = mri) {
        asking.emplace(party(who), ask, client);
        question = asking->begin();
        finished = false;
        refused.clear();
    }
    AskingAtTheLogin& answer(std::string_view line) {
        EXPECT_TRUE(question) << "nothing was asked";
        auto next = asking->answered(Secret::copy_of(line));
        question.reset();
        finished = std::holds_alternative<Asking::Finished>(next);
        if (auto* asked_next = std::get_if<Asking::Question>(&next)) question = *asked_next;
        if (auto* no = std::get_if<Asking::Refused>(&next)) refused = no->sentence;
        return *this;
    }
    std::string prompt() const { return question ? question->prompt : ""; }
    std::string above() const { return question ? question->instruction : ""; }
    std::int64_t only() { return must(access->list(true)).at(0).id; }

    std::optional<Asking> asking;
    std::optional<Asking::Question> question;
    bool finished = false;
    std::string refused;
};

TEST_F(AskingAtTheLogin, LetsAFileToolAskWaitAndGoOn) {
    begin("alice", winscp);
    EXPECT_THAT(above(), HasSubstr("Access to mri-3 as service needs an approval by imaging-admins."));
    EXPECT_EQ(prompt(), "Reason: ");
    EXPECT_EQ(answer("coil fault").prompt(), "Ticket (CHG-[0-9]+): ");
    EXPECT_EQ(answer("CHG-7").prompt(), "For how long [4h]: ");
    answer("1h");
    EXPECT_THAT(above(), HasSubstr("request " + std::to_string(only()) + ": sent to imaging-admins."));
    EXPECT_THAT(above(), HasSubstr("Press Enter to look again."));
    EXPECT_THAT(above(), HasSubstr("Imaging IT: 555-0100"));
    EXPECT_EQ(prompt(), "Enter: ");
    clock.advance(3s);
    EXPECT_THAT(answer("").above(), HasSubstr("waiting for 1 of imaging-admins; notified 3 s ago"));
    must(access->approve(only(), factor("dana"), std::nullopt, false));
    EXPECT_TRUE(answer("").finished);
}

TEST_F(AskingAtTheLogin, EndsAFileToolWithTheReasonOfADenial) {
    begin("alice", winscp);
    answer("coil fault").answer("CHG-7").answer("");
    must(access->deny(only(), factor("dana"), "scanner in use"));
    EXPECT_THAT(answer("").refused, HasSubstr("denied by dana: scanner in use"));
}

TEST_F(AskingAtTheLogin, ResumesAFileToolsRequest) {
    const auto id = asked();
    begin("alice", winscp);
    EXPECT_EQ(prompt(), "Enter: ");
    EXPECT_THAT(above(), HasSubstr("request " + std::to_string(id) + ": waiting for 1 of imaging-admins"));
    EXPECT_THAT(answer("withdraw").refused, HasSubstr("withdrawn"));
}

TEST_F(AskingAtTheLogin, AsksATerminalsClientOneQuestionOnly) {
    begin("alice", openssh);
    EXPECT_EQ(prompt(), "Reason (or Enter to be asked in the terminal): ");
    EXPECT_TRUE(answer("").finished);
    EXPECT_TRUE(must(access->list(true)).empty());
}

TEST_F(AskingAtTheLogin, MakesTheRequestOfATerminalsClientAndLetsItIn) {
    begin("alice", openssh);
    EXPECT_EQ(answer("coil fault").prompt(), "Ticket (CHG-[0-9]+): ");
    EXPECT_FALSE(finished);
    EXPECT_TRUE(answer("CHG-7").answer("1h").finished);
    EXPECT_EQ(request(only()).state, RequestState::requested);
    begin("alice", openssh);
    EXPECT_FALSE(question);  // its channel waits
    auto& channel = wait_screen("alice", mri, sftp());
    must(access->approve(only(), factor("dana"), std::nullopt, false));
    EXPECT_EQ(channel.connected, mri);
}

TEST_F(AskingAtTheLogin, AsksNothingWhereNothingIsToBeAsked) {
    begin("alice", winscp, {TargetId("pacs"), AccountId("viewer")});  // standing
    EXPECT_FALSE(question);
    begin("alice", winscp, {TargetId("pacs"), AccountId("night")});  // closed
    EXPECT_FALSE(question);
    begin("alice", winscp, {TargetId("mri-3"), AccountId("root")});  // no rule
    EXPECT_FALSE(question);
    begin("ruth", winscp);
    EXPECT_FALSE(question);
    begin("alice", winscp, {TargetId("nowhere"), AccountId()});
    EXPECT_FALSE(question);
    must(access->approve(asked(), factor("dana"), std::nullopt, false));
    begin("alice", winscp);
    EXPECT_FALSE(question);
}

TEST_F(AskingAtTheLogin, AsksAgainWhereAnAnswerIsNone) {
    begin("alice", winscp);
    EXPECT_EQ(answer("").prompt(), "Reason: ");
    EXPECT_EQ(answer(std::string(65536, 'a')).prompt(), "Reason: ");
    EXPECT_EQ(answer("two\r\nlines").prompt(), "Reason: ");
    EXPECT_EQ(answer("coil").answer("CHG-7\nCHG-8").prompt(), "Ticket (CHG-[0-9]+): ");
    EXPECT_EQ(answer("CHG-7").answer("9h").prompt(), "For how long [4h]: ");
    EXPECT_THAT(above(), HasSubstr("At most 4h"));
    EXPECT_TRUE(must(access->list(true)).empty());
}

TEST_F(AskingAtTheLogin, EndsAClientThatAnswersByItself) {
    asked();
    begin("alice", winscp);
    int answers = 0;
    while (question && answers < 1000) {
        answer("");
        ++answers;
    }
    EXPECT_LT(answers, 40);
    EXPECT_THAT(refused, HasSubstr("stays; connect again"));
    EXPECT_EQ(request(only()).state, RequestState::requested);
}

TEST_F(AskingAtTheLogin, LetsAPersonPressEnterAsLongAsTheyLike) {
    asked();
    begin("alice", winscp);
    for (int i = 0; i < 200; ++i) {
        clock.advance(2s);
        answer("");
        ASSERT_TRUE(question);
    }
}

TEST_F(AskingAtTheLogin, BreaksTheGlassForWhoMay) {
    add("dr", "Dr. Who", "acme", {"clinical-engineering"});
    begin("dr", openssh);
    EXPECT_THAT(above(), HasSubstr("In an emergency type break-glass."));
    EXPECT_EQ(answer("break-glass").prompt(), "What is the emergency: ");
    EXPECT_THAT(above(), HasSubstr("soc is alerted now"));
    EXPECT_EQ(answer("patient").prompt(), "Type YES to break the glass: ");
    EXPECT_TRUE(answer("YES").finished);
    EXPECT_EQ(must(access->emergencies(true)).at(0).reason, "patient");
    begin("dr", winscp);
    EXPECT_FALSE(question);
}

TEST_F(AskingAtTheLogin, BreaksTheGlassOfAFileToolWhereNothingElseIsOpen) {
    begin("carl", winscp);
    EXPECT_THAT(prompt(), HasSubstr("break-glass"));
    EXPECT_TRUE(answer("break-glass").answer("patient").answer("YES").finished);
    begin("carl", openssh, ct);
    EXPECT_FALSE(question);  // its terminal offers it
}

TEST_F(AskingAtTheLogin, BreaksNoGlassForWhoMayNot) {
    begin("alice", winscp);
    EXPECT_THAT(above(), Not(HasSubstr("break-glass")));
    EXPECT_EQ(answer("break-glass").prompt(), "Reason: ");
    EXPECT_THAT(above(), HasSubstr("Break-glass is not open to you here."));
    answer("coil").answer("CHG-7").answer("1h").answer("break-glass");
    EXPECT_EQ(prompt(), "Enter: ");
    EXPECT_TRUE(must(access->emergencies(true)).empty());
}

TEST_F(AskingAtTheLogin, DoesNothingWithoutYES) {
    begin("carl", winscp);
    answer("break-glass").answer("patient").answer("no");
    EXPECT_THAT(above(), HasSubstr("Nothing was done."));
    EXPECT_THAT(answer("").refused, HasSubstr("Nothing was asked for."));
    EXPECT_TRUE(must(access->emergencies(true)).empty());
}

TEST_F(AskingAtTheLogin, RefusesWhatPolicyTookBackWhileItWasAsked) {
    begin("alice", winscp);
    answer("coil").answer("CHG-7");
    apply(hospital_policy, "id: mri-service\n    who: [role:service]", "id: mri-service\n    who: [person:nobody]");
    answer("1h");
    EXPECT_FALSE(finished);
    EXPECT_FALSE(refused.empty());
    EXPECT_TRUE(must(access->list(true)).empty());
}

}  // namespace anteroom::talk
