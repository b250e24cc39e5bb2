// Signing in by the ticket of a .rdp file: once, in time, in its person's name; everything else leads back to the sign-in, on the
// same connection, with the reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/identity/login_scene.h"

using namespace anteroom;
using namespace anteroom::identity;
using namespace anteroom::identity::scene;
using ::testing::Contains;
using ::testing::HasSubstr;

namespace {

using Kind = TicketVerdict::Kind;
const Time issued = from_micros(1'767'600'000'000'000);

TicketVerdict good(const char* person) { return {Kind::good, {PersonId(person), TargetId("ct-1"), AccountId("care")}, issued, "then"}; }
std::string refusal(const Step& step) {
    const auto* refused = std::get_if<Refused>(&*step.answer);
    return refused == nullptr ? "not refused" : refused->sentence;
}

TEST(TicketLogin, SignsInToItsTargetAndSaysWhenTheCodeWasProven) {
    Connection dana;
    dana.tickets["token"] = good("dana");
    const auto step = dana.ticket("token");
    const auto* who = accepted(step);
    ASSERT_NE(who, nullptr);
    EXPECT_EQ(who->person(), PersonId("dana"));
    EXPECT_EQ(who->first_factor(), Factor::ticket);
    EXPECT_EQ(who->name()->target, TargetId("ct-1"));
    EXPECT_EQ(who->name()->account, AccountId("care"));
    EXPECT_EQ(who->proven_at(), issued);
    EXPECT_FALSE(who->enrolling());
    EXPECT_TRUE(dana.login.over());
}

TEST(TicketLogin, TakesTheTargetOfTheTicketAndNotOfTheName) {
    Connection dana("dana+mri-3+root");
    dana.tickets["token"] = good("dana");
    const auto step = dana.ticket("token");
    ASSERT_NE(accepted(step), nullptr);
    EXPECT_EQ(accepted(step)->name()->target, TargetId("ct-1"));
}

TEST(TicketLogin, RefusedLeadsToTheSignInOnTheSameConnection) {
    Connection dana;
    dana.tickets["used"] = good("dana");
    dana.tickets["used"].kind = Kind::used;
    EXPECT_THAT(refusal(dana.ticket("used")), HasSubstr("used already, at then"));
    EXPECT_THAT(dana.facts, Contains(FactKind::ticket_refused));
    (void)dana.start();
    (void)dana.answer("dana-password");
    EXPECT_EQ(accepted(dana.answer("111111"))->first_factor(), Factor::password);
}

TEST(TicketLogin, RefusedLetsAnotherPersonSignInInstead) {
    Connection someone("vera");
    EXPECT_THAT(refusal(someone.ticket("guessed")), HasSubstr("is not good here"));
    someone.rename("dana");
    (void)someone.start();
    (void)someone.answer("dana-password");
    EXPECT_EQ(accepted(someone.answer("111111"))->person(), PersonId("dana"));
}

TEST(TicketLogin, OfAnotherPersonIsWorthNothing) {
    Connection max("max");
    max.tickets["token"] = good("dana");
    EXPECT_THAT(refusal(max.ticket("token")), HasSubstr("is not good here"));
    EXPECT_EQ(max.tickets["token"].kind, Kind::good) << "and stays good for its own";
    // A store that errs is not believed either.
    Login login{Monotonic{}};
    (void)login.on(TicketPresented{"max", Secret::copy_of("token")}, Monotonic{});
    auto facts = people().at("max").facts;
    (void)login.on(PersonLoaded{1, facts}, Monotonic{});
    const auto step = login.on(TicketChecked{2, good("dana")}, Monotonic{});
    EXPECT_EQ(accepted(step), nullptr);
}

TEST(TicketLogin, OfADisabledPersonIsNotEvenLookedAt) {
    Connection eve("eve");
    eve.tickets["token"] = good("eve");
    EXPECT_THAT(refusal(eve.ticket("token")), HasSubstr("is not good here"));
    EXPECT_EQ(eve.tickets["token"].kind, Kind::good) << "nothing is consumed";
}

TEST(TicketLogin, TellsTheSameToAStrangerADisabledPersonAndAGuess) {
    Connection stranger("nobody"), eve("eve"), dana("dana");
    eve.tickets["late"] = good("eve");
    eve.tickets["late"].kind = Kind::late;
    const auto told = refusal(dana.ticket("guess"));
    EXPECT_EQ(refusal(stranger.ticket("guess")), told);
    EXPECT_EQ(refusal(eve.ticket("late")), told);
}

TEST(TicketLogin, IsCountedOnTheConnectionAndNotAgainstThePerson) {
    Connection dana;
    for (unsigned i = 0; i < max_attempts; ++i) EXPECT_NE(refusal(dana.ticket("guess")), "not refused") << i;
    EXPECT_TRUE(std::holds_alternative<Disconnect>(*dana.ticket("guess").answer));
    EXPECT_EQ(dana.tickets_checked, static_cast<int>(max_attempts));
    EXPECT_EQ(dana.counted, 0);
}

TEST(TicketLogin, IsNotOvertakenWhileItIsJudged) {
    Login login{Monotonic{}};
    (void)login.on(TicketPresented{"dana", Secret::copy_of("token")}, Monotonic{});
    (void)login.on(PersonLoaded{1, people().at("dana").facts}, Monotonic{});
    const auto step = login.on(InteractiveStart{"dana"}, Monotonic{});
    EXPECT_TRUE(std::holds_alternative<Disconnect>(*step.answer));
    EXPECT_EQ(accepted(login.on(TicketChecked{2, good("dana")}, Monotonic{})), nullptr) << "what comes behind the end changes nothing";
}

}  // namespace
