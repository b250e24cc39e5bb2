// Coming in by an invitation: until the right code there is nothing to see, and behind it there is nothing but enrolment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/identity/login_scene.h"

using namespace anteroom;
using namespace anteroom::identity;
using namespace anteroom::identity::scene;
using testing::Contains;
using testing::Not;

TEST(InvitedLogin, TheCodeAtThePasswordPromptIsEnoughToEnrol) {
    Connection ines("ines");
    EXPECT_EQ(seen(ines.start()), "ask [] Password: (hidden)");
    const auto step = ines.answer("ines-invitation");
    ASSERT_NE(accepted(step), nullptr);
    EXPECT_TRUE(accepted(step)->enrolling());
    EXPECT_EQ(accepted(step)->person().str(), "ines");
    EXPECT_EQ(accepted(step)->code_step(), 0);
    EXPECT_EQ(ines.codes_checked, 0);
    EXPECT_EQ(ines.counted, ines.forgiven);
    EXPECT_TRUE(ines.login.over());
}

TEST(InvitedLogin, SoIsTheCodeSentByThePasswordMethod) {
    Connection ines("ines+mri-3");
    const auto step = ines.password("ines-invitation");
    ASSERT_NE(accepted(step), nullptr);
    EXPECT_TRUE(accepted(step)->enrolling());
}

TEST(InvitedLogin, SomebodyWithFactorsIsNeverEnrolling) {
    Connection dana;
    dana.password("dana-password");
    dana.start();
    const auto step = dana.answer("111111");
    ASSERT_NE(accepted(step), nullptr);
    EXPECT_FALSE(accepted(step)->enrolling());
}

TEST(InvitedLogin, AnInvitationBesideFactorsOpensNothing) {
    Connection ivan("ivan");
    EXPECT_EQ(seen(ivan.password("ivan-invitation")), "partial keyboard-interactive");
    ivan.start();
    EXPECT_EQ(accepted(ivan.answer("666666")), nullptr) << "the invitation was no password";
}

TEST(InvitedLogin, NorBesideAPasskey) {
    Connection pia("pia");
    EXPECT_EQ(seen(pia.password("pia-invitation")), "partial keyboard-interactive");
    pia.start();
    EXPECT_EQ(accepted(pia.answer("666666")), nullptr);
}

TEST(InvitedLogin, ADisabledPersonsInvitationOpensNothing) {
    Connection emil("emil");
    EXPECT_EQ(seen(emil.password("emil-invitation")), "partial keyboard-interactive");
    EXPECT_THAT(emil.facts, Not(Contains(FactKind::accepted)));
}

TEST(InvitedLogin, AnotherPersonsInvitationOpensNothing) {
    for (const char* name : {"dana", "emil", "nobody", "../x"}) {
        Connection other(name);
        EXPECT_EQ(seen(other.password("ines-invitation")), "partial keyboard-interactive") << name;
    }
    Connection ines("ines");
    EXPECT_EQ(seen(ines.password("emil-invitation")), "partial keyboard-interactive");
}

TEST(InvitedLogin, AWrongCodeLooksLikeAWrongPasswordAndCountsLikeOne) {
    Connection ines("ines"), stranger("nobody");
    for (auto* one : {&ines, &stranger}) {
        EXPECT_EQ(seen(one->start()), "ask [] Password: (hidden)");
        const auto step = one->answer("guess");
        EXPECT_EQ(seen(step), "ask [] Code: (echo)");
        EXPECT_EQ(step.slow, AttemptKind::password);
        EXPECT_EQ(seen(one->answer("666666")),
                  "ask [Password or code not right. Please try the code again, or press Enter alone to begin with the password.] Code: (echo)");
    }
    EXPECT_EQ(ines.counted, stranger.counted);
    EXPECT_EQ(ines.passwords_checked, stranger.passwords_checked);
    EXPECT_THAT(ines.facts, Contains(FactKind::invitation_wrong));
    EXPECT_EQ(seen(ines.answer("")), "ask [] Password: (hidden)");
    EXPECT_TRUE(accepted(ines.answer("ines-invitation"))->enrolling()) << "the right one still counts";
}

TEST(InvitedLogin, SixWrongOnesEndTheConnection) {
    Connection ines("ines");
    for (int i = 0; i < 6; ++i) EXPECT_EQ(seen(ines.password("guess")), "partial keyboard-interactive");
    EXPECT_EQ(seen(ines.password("ines-invitation")), "disconnect Too many attempts. Please connect again.");
}

TEST(InvitedLogin, ARightVerdictForSomebodyNotInvitedIsNotBelieved) {
    // The pool's answer alone makes nobody: the facts say whether there is an invitation.
    Login login{Monotonic{}};
    auto step = login.on(PasswordRequest{"dana", Secret::copy_of("x")}, Monotonic{});
    auto facts = people().at("dana").facts;
    step = login.on(PersonLoaded{std::get<LookUp>(step.effects.at(0)).ticket, facts}, Monotonic{});
    const auto& check = std::get<CheckPassword>(step.effects.at(1));
    EXPECT_FALSE(check.invitation);
    step = login.on(PasswordChecked{check.ticket, true}, Monotonic{});
    EXPECT_EQ(accepted(step), nullptr);
}
