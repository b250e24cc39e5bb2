// The login's rounds, each with its hostile twin.
#include "broker/identity/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/identity/login_scene.h"

using namespace anteroom;
using namespace anteroom::identity;
using namespace anteroom::identity::scene;
using testing::Contains;

namespace {

constexpr const char* ask_password = "ask [] Password: (hidden)";
constexpr const char* ask_code = "ask [] Code: (echo)";
constexpr const char* all_methods = "refused publickey password keyboard-interactive";
constexpr const char* go_on = "partial keyboard-interactive";
constexpr const char* again = "ask [Password or code not right. Please try the code again, or press Enter alone to begin with the password.] Code: (echo)";

}  // namespace

TEST(Login, WithKeyAndCodeIsAccepted) {
    Connection dana("dana+mri-3");
    EXPECT_EQ(seen(dana.none()), all_methods);
    EXPECT_EQ(seen(dana.offer("other")), all_methods);
    EXPECT_EQ(seen(dana.offer("dana")), "key usable");
    EXPECT_EQ(seen(dana.prove("dana")), go_on);
    EXPECT_EQ(seen(dana.start()), ask_code);
    auto step = dana.answer("111111");
    const auto* who = accepted(step);
    ASSERT_TRUE(who);
    EXPECT_EQ(who->person().str(), "dana");
    EXPECT_EQ(who->name()->target->str(), "mri-3");
    EXPECT_EQ(who->first_factor(), Factor::key);
    EXPECT_EQ(to_string(who->key_blob()), "dana");
    EXPECT_EQ(who->code_step(), 42);
    EXPECT_EQ(dana.counted, dana.forgiven);
}

TEST(Login, WithPasswordMethodAndCodeIsAccepted) {
    Connection dana;
    EXPECT_EQ(seen(dana.password("dana-password")), go_on);
    EXPECT_EQ(seen(dana.start()), ask_code);
    EXPECT_TRUE(accepted(dana.answer("111111")));
    EXPECT_EQ(dana.counted, 2);
    EXPECT_EQ(dana.forgiven, 2);
}

TEST(Login, WithKeyboardInteractiveAloneIsAccepted) {
    Connection dana;
    EXPECT_EQ(seen(dana.start()), ask_password);
    EXPECT_EQ(seen(dana.answer("dana-password")), ask_code);
    EXPECT_EQ(accepted(dana.answer("111111"))->first_factor(), Factor::password);
}

TEST(Login, CountsAKeyThatWasOfferedButNotProvenForNothing) {  // Warpgate 2023-43660
    Connection dana;
    EXPECT_EQ(seen(dana.offer("dana")), "key usable");
    EXPECT_EQ(seen(dana.start()), ask_password) << "an offer is no factor";
    Connection liar;
    EXPECT_EQ(seen(liar.prove("dana", false)), all_methods);
    EXPECT_THAT(liar.facts, Contains(FactKind::key_refused));
    EXPECT_EQ(seen(liar.start()), ask_password);
    EXPECT_EQ(seen(liar.answer("")), ask_code);
    EXPECT_EQ(seen(liar.answer("111111")), again);
}

TEST(Login, RefusesAProvenKeyThatIsNotEnrolled) {
    Connection dana;
    EXPECT_EQ(seen(dana.prove("eve")), all_methods);
    EXPECT_EQ(seen(dana.start()), ask_password);
}

TEST(Login, EndsWhenTheUserNameChangesBetweenFactors) {  // Warpgate 2023-48712
    const std::function<Step(Connection&)> requests[] = {[](auto& c) { return c.none(); }, [](auto& c) { return c.offer("eve"); },
                                                         [](auto& c) { return c.prove("eve"); }, [](auto& c) { return c.password("eve-password"); },
                                                         [](auto& c) { return c.start(); }};
    for (const char* other : {"eve", "dana+mri-3", "Dana", "dana ", "", "dana+"})
        for (const auto& request : requests) {
            Connection dana;
            dana.prove("dana");
            dana.rename(other);
            EXPECT_EQ(seen(request(dana)), "disconnect The user name changed during the login. Please connect again.");
            EXPECT_EQ(dana.facts.back(), FactKind::user_changed);
            dana.rename("dana");
            EXPECT_TRUE(std::holds_alternative<Disconnect>(*dana.start().answer)) << "and stays ended";
        }
}

TEST(Login, ShowsEverybodyWhoCannotEnterTheSameRounds) {
    const std::function<std::vector<std::string>(Connection&)> paths[] = {
        [](Connection& c) {
            std::vector<std::string> out{seen(c.none()), seen(c.offer("stolen")), seen(c.prove("stolen")), seen(c.start())};
            for (const char* text : {"wrong-password", "999999", "", "wrong again", "999999", "999999"}) out.push_back(seen(c.answer(text)));
            return out;
        },
        [](Connection& c) {
            std::vector<std::string> out{seen(c.password("wrong-password")), seen(c.start())};
            for (const char* text : {"999999", "999999", "999999"}) out.push_back(seen(c.answer(text)));
            return out;
        }};
    for (const auto& path : paths) {
        Connection dana("dana");
        auto expected = path(dana);
        EXPECT_EQ(expected.back(), "disconnect Password or code not right.");
        for (const char* name : {"eve", "max", "nils", "vera", "ines", "ivan", "emil", "nobody", "../../etc", "x\ny", ""}) {
            Connection other(name);
            EXPECT_EQ(path(other), expected) << name;
            EXPECT_EQ(other.codes_checked, dana.codes_checked);
            EXPECT_EQ(other.passwords_checked, dana.passwords_checked);
            EXPECT_EQ(other.counted, dana.counted);
        }
    }
}

TEST(Login, RefusesPeopleWhoMayNotEnterAtTheEndThoughAllIsRight) {
    const std::pair<const char*, FactKind> rows[] = {
        {"eve", FactKind::not_allowed}, {"max", FactKind::no_codes}, {"nils", FactKind::no_password}, {"vera", FactKind::needs_key}};
    for (const auto& [name, reason] : rows) {
        Connection one(name);
        EXPECT_EQ(seen(one.start()), ask_password);
        EXPECT_EQ(seen(one.answer(one.world.at(name).password)), ask_code);
        for (int i = 0; i < 2; ++i) EXPECT_EQ(seen(one.answer(one.world.at(name).code)), again) << name;
        EXPECT_EQ(seen(one.answer(one.world.at(name).code)), "disconnect Password or code not right.");
        EXPECT_THAT(one.facts, Contains(reason)) << name;
        EXPECT_EQ(one.codes_consumed, 0);
    }
}

TEST(Login, LetsAPersonUnderAttackInWithTheirKey) {
    Connection vera("vera");
    EXPECT_EQ(seen(vera.prove("vera")), go_on);
    vera.start();
    EXPECT_TRUE(accepted(vera.answer("555555")));
}

TEST(Login, DoesNotEnterWithAKeyWithoutCodesEnrolled) {
    Connection max("max");
    EXPECT_EQ(seen(max.prove("max")), go_on);
    EXPECT_EQ(seen(max.start()), ask_code);
    EXPECT_EQ(seen(max.answer("333333")), "ask [Code not right. Please try again.] Code: (echo)");
    EXPECT_THAT(max.facts, Contains(FactKind::no_codes));
}

TEST(Login, DoesNotConsumeTheCodeWhenThePasswordWasWrong) {
    for (bool by_method : {true, false}) {
        Connection dana;
        if (by_method) {
            EXPECT_EQ(seen(dana.password("wrong")), go_on);
            dana.start();
        } else {
            dana.start();
            EXPECT_EQ(seen(dana.answer("wrong")), ask_code);
        }
        EXPECT_EQ(seen(dana.answer("111111")), again);
        EXPECT_EQ(dana.codes_consumed, 0);
        EXPECT_THAT(dana.facts, Contains(FactKind::password_wrong));
        EXPECT_EQ(seen(dana.answer("")), ask_password) << "Enter alone begins again";
        EXPECT_EQ(seen(dana.answer("dana-password")), ask_code);
        EXPECT_TRUE(accepted(dana.answer("111111")));
    }
}

TEST(Login, AsksForAWrongCodeAgainAndEndsAtTheThird) {
    Connection dana;
    dana.prove("dana");
    dana.start();
    EXPECT_EQ(seen(dana.answer("000000")), "ask [Code not right. Please try again.] Code: (echo)");
    EXPECT_EQ(seen(dana.answer("")), "ask [Code not right. Please try again.] Code: (echo)");
    Connection lucky;
    lucky.prove("dana");
    lucky.start();
    lucky.answer("000000");
    EXPECT_TRUE(accepted(lucky.answer("111111")));
    auto last = dana.answer("000000");
    EXPECT_EQ(seen(last), "disconnect Code not right.");
    EXPECT_EQ(last.slow, AttemptKind::code_after_key);
}

TEST(Login, DoesNotRefillTheTriesByStartingOver) {
    Connection dana;
    dana.prove("dana");
    for (int i = 0; i < 3; ++i) {
        dana.start();
        dana.answer("000000");
    }
    EXPECT_TRUE(dana.login.over());
}

TEST(Login, SaysWhenTheNextCodeComesAndDoesNotCountAUsedOne) {
    Connection dana;
    dana.used_codes.insert("dana:111111");
    dana.prove("dana");
    dana.start();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(seen(dana.answer("111111")), "ask [That code was used already; the next one comes in 17 s.] Code: (echo)");
    EXPECT_EQ(dana.counted, dana.forgiven);
    dana.used_codes.clear();
    EXPECT_TRUE(accepted(dana.answer("111111")));
    Connection stubborn;
    stubborn.used_codes.insert("dana:111111");
    stubborn.prove("dana");
    stubborn.start();
    for (int i = 0; i < 5; ++i) stubborn.answer("111111");
    EXPECT_TRUE(stubborn.login.over());
}

TEST(Login, NeverSaysThatACodeWasUsedWhenThePasswordWasWrong) {
    Connection thief;
    thief.used_codes.insert("dana:111111");
    thief.start();
    thief.answer("wrong");
    EXPECT_EQ(seen(thief.answer("111111")), again);
}

TEST(Login, EndsAfterSixAttempts) {
    Connection guesser;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(seen(guesser.prove("dana", false)), all_methods);
    EXPECT_EQ(seen(guesser.prove("dana", false)), "disconnect Too many attempts. Please connect again.");
    Connection passwords;
    for (int i = 0; i < 6; ++i) EXPECT_EQ(seen(passwords.password("guess")), go_on);
    EXPECT_EQ(seen(passwords.password("guess")), "disconnect Too many attempts. Please connect again.");
    EXPECT_EQ(passwords.passwords_checked, 6);
}

TEST(Login, BoundsOffersOfKeys) {
    Connection many;
    int offers = 0;
    while (!many.login.over() && offers < 1000) { many.offer("key" + std::to_string(offers++)); }
    EXPECT_EQ(offers, 41);
    EXPECT_EQ(many.counted, 0);
}

TEST(Login, KeepsAProvenKeyWhenAPasswordIsSentAfterIt) {
    Connection dana;
    dana.prove("dana");
    EXPECT_EQ(seen(dana.password("dana-password")), "refused keyboard-interactive");
    EXPECT_EQ(dana.passwords_checked, 0);
    EXPECT_EQ(seen(dana.prove("dana")), "refused keyboard-interactive");
    dana.start();
    EXPECT_EQ(accepted(dana.answer("111111"))->first_factor(), Factor::key);
}

TEST(Login, ForgetsAHalfGivenPasswordWhenTheRoundIsAbandoned) {
    Connection dana;
    dana.start();
    EXPECT_EQ(seen(dana.answer("dana-password")), ask_code);
    EXPECT_EQ(seen(dana.start()), ask_password);
    EXPECT_EQ(seen(dana.none()), all_methods);
    EXPECT_EQ(seen(dana.answer("111111")), "disconnect The client sent something out of turn. Please connect again.");
}

TEST(Login, EndsOnAnswersThatFitNoQuestion) {
    Connection early;
    EXPECT_TRUE(std::holds_alternative<Disconnect>(*early.answer("111111").answer));
    for (std::size_t count : {0u, 2u, 100u}) {
        Connection dana;
        dana.start();
        InteractiveAnswers answers;
        for (std::size_t i = 0; i < count; ++i) answers.answers.push_back(Secret::copy_of("dana-password"));
        EXPECT_TRUE(std::holds_alternative<Disconnect>(*dana.run(std::move(answers)).answer));
    }
}

TEST(Login, EndsWhenARequestOvertakesAResultOrAResultComesUnasked) {
    Login pipelined{Monotonic{}};
    EXPECT_FALSE(pipelined.on(PasswordRequest{"dana", Secret::copy_of("x")}, Monotonic{}).answer);
    EXPECT_TRUE(std::holds_alternative<Disconnect>(*pipelined.on(NoneRequest{"dana"}, Monotonic{}).answer));
    Login forged{Monotonic{}};
    EXPECT_TRUE(std::holds_alternative<Disconnect>(*forged.on(CodeChecked{0, {.kind = CodeVerdict::Kind::accepted}}, Monotonic{}).answer));
    Login stale{Monotonic{}};
    auto step = stale.on(InteractiveStart{"dana"}, Monotonic{});
    auto ticket = std::get<LookUp>(step.effects.front()).ticket;
    EXPECT_TRUE(std::holds_alternative<Disconnect>(*stale.on(PersonLoaded{ticket + 1, {}}, Monotonic{}).answer));
}

TEST(Login, DoesNotBelieveFactsAboutSomebodyElse) {
    Login login{Monotonic{}};
    auto step = login.on(KeyProof{"dana", to_bytes("eve"), true, {}}, Monotonic{});
    PersonFacts eve{.person = PersonId("eve"), .may_log_in = true, .has_password = true, .has_codes = true, .key_blobs = {to_bytes("eve")}};
    step = login.on(PersonLoaded{std::get<LookUp>(step.effects.front()).ticket, eve}, Monotonic{});
    EXPECT_EQ(seen(step), all_methods);
}

TEST(Login, EndsWhenItTakesTooLong) {
    Connection dana;
    dana.prove("dana");
    dana.start();
    dana.now += login::max_time + Duration(1);
    EXPECT_EQ(seen(dana.answer("111111")), "disconnect The login took too long. Please connect again.");
    EXPECT_EQ(dana.codes_consumed, 0);
}

TEST(Login, TellsHowSlowEachAnswerShouldBe) {
    Connection dana;
    EXPECT_EQ(dana.prove("other", true).slow, AttemptKind::key);
    EXPECT_EQ(dana.prove("dana").slow, std::nullopt) << "a proven key is never slowed";
    dana.start();
    EXPECT_EQ(dana.answer("000000").slow, AttemptKind::code_after_key);
    Connection typed;
    EXPECT_EQ(typed.password("wrong").slow, AttemptKind::password);
    typed.start();
    EXPECT_EQ(typed.answer("000000").slow, AttemptKind::code);
}

TEST(Login, PutsNoRawBytesOfTheUserNameIntoSentencesOrFacts) {
    Connection hostile("\x1b[2J\n'\"../");
    std::string everything;
    auto collect = [&](const Step& step) {
        everything += seen(step);
        for (const auto& fact : step.facts) everything += fact.detail;
    };
    collect(hostile.prove("k"));
    collect(hostile.start());
    for (const char* text : {"p", "1", "2", "3"}) collect(hostile.answer(text));
    EXPECT_EQ(everything.find('\x1b'), std::string::npos);
    EXPECT_EQ(everything.find(".."), std::string::npos);
}
