// Console sessions: what ends them, and what does not keep them.
#include "broker/console/sessions.h"

#include "broker/access/console_sessions.h"
#include "tests/unit/console/browser_scene.h"

namespace anteroom::console::testing {
namespace {

const PersonId dana("dana");

class ConsoleSessions : public Scene {
protected:
    Sessions sessions{*here};
    Sessions::Minted minted() { return must(sessions.mint(dana, false, "password+code", "203.0.113.7", "Firefox")); }
    bool there(const Secret& token) { return must(sessions.find(token)).has_value(); }
};

TEST_F(ConsoleSessions, ATokenFindsItsSessionAndNothingElseDoes) {
    const auto made = minted();
    const auto found = must(sessions.find(made.token));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->person, dana);
    EXPECT_EQ(found->id, made.session.id);
    EXPECT_EQ(found->id.size(), 16u);
    EXPECT_EQ(found->csrf, made.session.csrf);
    EXPECT_EQ(found->source, "203.0.113.7");
    EXPECT_FALSE(there(Secret()));
    EXPECT_FALSE(there(Secret::copy_of(made.session.id)));
    EXPECT_FALSE(there(Secret::copy_of(made.session.token_hash))) << "what the database holds opens nothing";
    auto other = std::string(made.token.expose_text());
    other[5] = other[5] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(there(Secret::copy_of(other)));
}

TEST_F(ConsoleSessions, TheTokenStandsNowhere) {
    const auto made = minted();
    const auto token = made.token.expose_text();
    for (const auto& file : std::filesystem::recursive_directory_iterator(dir)) {
        if (!file.is_regular_file()) continue;
        const auto content = to_string(must(read_file(file.path(), 64u << 20)));
        EXPECT_EQ(content.find(token), std::string::npos) << file.path();
        EXPECT_EQ(content.find(made.session.csrf), std::string::npos) << file.path();
    }
}

TEST_F(ConsoleSessions, EachSignInHasANewTokenAndCsrf) {
    const auto one = minted(), two = minted();
    EXPECT_NE(one.token.expose_text(), two.token.expose_text());
    EXPECT_NE(one.session.csrf, two.session.csrf);
    EXPECT_GE(one.token.size(), 43u);
    EXPECT_TRUE(there(one.token));
    EXPECT_TRUE(there(two.token));
}

TEST_F(ConsoleSessions, SilenceEndsOne) {
    const auto made = minted();
    clock.advance(10min - 1s);
    EXPECT_TRUE(there(made.token));
    clock.advance(1s);
    EXPECT_FALSE(there(made.token)) << "looking is no input";
}

TEST_F(ConsoleSessions, InputKeepsOneAndAgeEndsItAnyway) {
    const auto made = minted();
    const auto begin = clock.now();
    while (clock.now() - begin < 12h - 9min) {
        clock.advance(9min);
        const auto found = must(sessions.find(made.token));
        ASSERT_TRUE(found) << (clock.now() - begin).count();
        EXPECT_LE(found->idle_ends, found->ends);
        must(sessions.touch(*found));
    }
    clock.advance(12h - (clock.now() - begin));
    EXPECT_FALSE(there(made.token));
}

TEST_F(ConsoleSessions, InputIsWrittenOnceInASixtiethOfTheIdleLimit) {
    const auto every = here->config.web.idle / 60;
    ASSERT_EQ(every, 10s);
    const auto made = minted();
    const auto seen = [&] { return must(here->console_sessions.find(made.session.token_hash))->last_input; };
    const auto begin = seen();
    clock.advance(every - 1ms);
    must(sessions.touch(*must(sessions.find(made.token))));
    EXPECT_EQ(seen(), begin);
    clock.advance(1ms);
    must(sessions.touch(*must(sessions.find(made.token))));
    EXPECT_EQ(seen(), begin + every);
}

TEST_F(ConsoleSessions, AnOldTouchDoesNotTakeInputBack) {
    const auto made = minted();
    clock.advance(20s);
    must(here->console_sessions.touch(made.session.token_hash, clock.now()));
    must(here->console_sessions.touch(made.session.token_hash, clock.now() - 10s));
    EXPECT_EQ(must(here->console_sessions.find(made.session.token_hash))->last_input, clock.now());
}

TEST_F(ConsoleSessions, DisabledAndExpiredPeopleHaveNone) {
    const auto made = minted();
    must(here->people.set_disabled(dana, true));
    EXPECT_FALSE(there(made.token));
    EXPECT_TRUE(must(sessions.of(dana)).empty());
    must(here->people.set_disabled(dana, false));
    EXPECT_TRUE(there(made.token));
    must(here->people.set_expires(dana, clock.now()));
    EXPECT_FALSE(there(made.token));
}

TEST_F(ConsoleSessions, EndingOneLeavesTheOthersAndIsRecorded) {
    const auto one = minted(), two = minted();
    must(sessions.end(one.session, "signed out"));
    must(sessions.end(one.session, "signed out"));
    EXPECT_FALSE(there(one.token));
    EXPECT_TRUE(there(two.token));
    const auto ended = records("console.ended");
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].fields.at("console"), one.session.id);
    EXPECT_EQ(ended[0].fields.at("why"), "signed out");
    EXPECT_EQ(records("console.started").size(), 2u);
}

TEST_F(ConsoleSessions, AllOfAPersonEndTogetherButForOne) {
    const auto one = minted(), two = minted();
    const auto ruths = must(sessions.mint(PersonId("ruth"), false, "passkey", "::1", ""));
    must(access::end_console_sessions(*here, dana, "password changed", one.session.id));
    EXPECT_TRUE(there(one.token));
    EXPECT_FALSE(there(two.token));
    must(sessions.end_all_of(dana, "disabled"));
    EXPECT_FALSE(there(one.token));
    EXPECT_TRUE(there(ruths.token));
}

TEST_F(ConsoleSessions, TheOldestMakesWayWhenThereAreTooMany) {
    const auto first = minted();
    std::vector<Secret> tokens;
    for (std::size_t i = 0; i < Sessions::most_of_a_person; ++i) {
        clock.advance(1s);
        tokens.push_back(minted().token);
    }
    EXPECT_FALSE(there(first.token));
    for (const auto& token : tokens) EXPECT_TRUE(there(token));
    EXPECT_EQ(must(sessions.of(dana)).size(), Sessions::most_of_a_person);
}

TEST_F(ConsoleSessions, WhatIsOverIsForgottenWithWhy) {
    const auto quiet = minted();
    clock.advance(11min);
    const auto fresh = minted();
    must(sessions.forget_ended());
    EXPECT_FALSE(must(here->console_sessions.find(quiet.session.token_hash)));
    EXPECT_TRUE(there(fresh.token));
    ASSERT_EQ(records("console.ended").size(), 1u);
    EXPECT_EQ(records("console.ended")[0].fields.at("why"), "silence");
}

TEST_F(ConsoleSessions, AnInvitationOpensOneOnlyWhileItIsTheSame) {
    add("nora", false);
    (void)invite("nora");
    const auto begin = [&] { return must(sessions.mint(PersonId("nora"), true, "invitation", "::1", "")); };
    auto made = begin();
    EXPECT_TRUE(must(sessions.find(made.token))->enrolling);
    clock.advance(1s);
    (void)invite("nora");
    EXPECT_FALSE(there(made.token)) << "the code of the new one was not shown here";
    made = begin();
    EXPECT_TRUE(there(made.token));
    (void)must(here->invitations.withdraw(PersonId("nora")));
    EXPECT_FALSE(there(made.token));
    (void)invite("nora");
    made = begin();
    for (int i = 0; i < 5; ++i) {
        clock.advance(6min);
        if (const auto found = must(sessions.find(made.token))) must(sessions.touch(*found));
    }
    EXPECT_FALSE(there(made.token)) << "half an hour is enough for that";
}

TEST_F(ConsoleSessions, AHostileAgentIsKeptShortAndPrintable) {
    const auto made = must(sessions.mint(dana, false, "passkey", "::1", "\x1b[2J" + std::string(5000, 'x')));
    EXPECT_EQ(made.session.agent.find('\x1b'), std::string::npos);
    EXPECT_LT(made.session.agent.size(), 300u);
}

}  // namespace
}  // namespace anteroom::console::testing
