// Signing in and out, at the gate: by password and code, by passkey, and everything that must not get in.
#include "base/base64url.h"
#include "tests/unit/console/browser_scene.h"

namespace anteroom::console::testing {
namespace {

class ConsoleSignIn : public Scene {};

TEST_F(ConsoleSignIn, ByPasswordAndCode) {
    auto at = browser();
    EXPECT_EQ(at.get("/api/me").status, 401);
    const auto got = at.post("/api/sign-in", {{"user", "dana"}, {"password", password}, {"code", code_of("dana")}});
    ASSERT_EQ(got.status, 200) << got.detail();
    EXPECT_EQ(got.text("person"), "dana");
    EXPECT_EQ(got.text("name"), "The dana");
    EXPECT_FALSE(got.object().at("enrolling").as_bool());
    EXPECT_EQ(got.object().at("idle_seconds").as_int64(), 600);
    EXPECT_EQ(got.object().at("seconds").as_int64(), 12 * 3600);
    EXPECT_GE(got.session.size(), 43u);
    EXPECT_EQ(at.get("/api/me").text("person"), "dana");
    ASSERT_EQ(records("console.started").size(), 1u);
    EXPECT_EQ(records("console.started")[0].fields.at("factors"), "password+code");
}

TEST_F(ConsoleSignIn, ARefusedOneGetsASentenceAndNoCookie) {
    auto at = browser();
    for (const auto& [user, typed] : {std::pair{"dana", "wrong password"}, {"nobody", password}, {"no name at all!", password}}) {
        const auto got = at.post("/api/sign-in", {{"user", user}, {"password", typed}, {"code", "123456"}});
        EXPECT_EQ(got.status, 401);
        EXPECT_EQ(got.detail(), "Password or code not right.");
        EXPECT_TRUE(got.session.empty());
    }
    EXPECT_TRUE(records("console.started").empty());
}

TEST_F(ConsoleSignIn, ANameCarriesNoTarget) {
    auto at = browser();
    const auto got = at.post("/api/sign-in", {{"user", "dana+mri-3"}, {"password", password}, {"code", code_of("dana")}});
    EXPECT_EQ(got.status, 422);
    EXPECT_THAT(got.detail(), HasSubstr("without a target"));
}

TEST_F(ConsoleSignIn, WhatIsMissingOrOfAnotherKindIsRefused) {
    auto at = browser();
    EXPECT_EQ(at.post("/api/sign-in", {{"user", "dana"}, {"password", password}}).status, 422);
    EXPECT_EQ(at.post("/api/sign-in", {{"user", "dana"}, {"password", 1}, {"code", ""}}).status, 422);
    EXPECT_EQ(at.post("/api/sign-in", {{"user", "dana"}, {"password", std::string(2000, 'x')}, {"code", ""}}).status, 422);
    EXPECT_EQ(at.post("/api/sign-in", {{"user", "dana"}, {"password", password}, {"code", ""}, {"admin", true}}).status, 422);
}

TEST_F(ConsoleSignIn, WhatABrowserBroughtBeforeIsWorthNothingAfterwards) {
    auto victim = signed_in("ruth");
    const auto planted = victim.token;
    auto at = browser();
    at.token = planted;
    ASSERT_EQ(at.post("/api/sign-in", {{"user", "dana"}, {"password", password}, {"code", code_of("dana")}}).status, 200);
    EXPECT_NE(at.token, planted);
    EXPECT_EQ(victim.get("/api/me").status, 401) << "the session that was there ended";
    at.token = "chosen-by-somebody-else";
    EXPECT_EQ(at.get("/api/me").status, 401);
}

TEST_F(ConsoleSignIn, OutMeansOut) {
    auto at = signed_in("dana");
    auto thief = at;
    const auto got = at.post("/api/sign-out");
    EXPECT_EQ(got.status, 200);
    EXPECT_TRUE(got.forget);
    EXPECT_EQ(thief.get("/api/me").status, 401);
}

TEST_F(ConsoleSignIn, OnlyInputKeepsASessionAlive) {
    auto at = signed_in("dana");
    clock.advance(9min);
    EXPECT_EQ(at.get("/api/me").object().at("idle_seconds").as_int64(), 60);
    const auto got = at.post("/api/active");
    EXPECT_EQ(got.object().at("idle_seconds").as_int64(), 600);
    EXPECT_EQ(got.object().at("seconds").as_int64(), 12 * 3600 - 9 * 60);
    clock.advance(9min);
    EXPECT_EQ(at.get("/api/me").status, 200);
    clock.advance(1min);
    EXPECT_EQ(at.get("/api/me").status, 401);
    EXPECT_EQ(at.post("/api/active").status, 401);
}

TEST_F(ConsoleSignIn, ACallWithoutTheCsrfTokenDoesNothing) {
    auto at = signed_in("dana");
    const auto right = at.csrf;
    for (const std::string& wrong : {std::string(), std::string("x"), signed_in("dana").csrf}) {
        at.csrf = wrong;
        EXPECT_EQ(at.post("/api/sign-out").status, 403);
    }
    at.csrf = right;
    EXPECT_EQ(at.get("/api/me").status, 200);
}

// ---- by passkey

TEST_F(ConsoleSignIn, ByPasskeyWithoutAName) {
    const Authenticator phone;
    auto owner = signed_in("dana");
    give_passkey(owner, "dana", phone);
    auto at = browser();
    const auto options = at.post("/api/sign-in/passkey/options");
    EXPECT_TRUE(options.object().at("allow").as_array().empty());
    EXPECT_EQ(options.text("rp_id"), "console.example");
    const auto got = at.post("/api/sign-in/passkey", used(phone, options, handle_of("dana"), {.count = 3}));
    ASSERT_EQ(got.status, 200) << got.detail();
    EXPECT_EQ(got.text("person"), "dana");
    ASSERT_EQ(attempts.size(), 1u);
    EXPECT_EQ(attempts[0].first, "203.0.113.7");
    EXPECT_TRUE(attempts[0].second);
    const auto accepted = records("login.accepted");
    ASSERT_EQ(accepted.size(), 1u);
    EXPECT_EQ(accepted[0].person, "dana");
    EXPECT_EQ(accepted[0].fields.at("factors"), "passkey");
    EXPECT_EQ(must(here->passkeys.of(PersonId("dana"))).at(0).sign_count, 3);
    EXPECT_TRUE(must(here->passkeys.of(PersonId("dana"))).at(0).used);
}

TEST_F(ConsoleSignIn, EveryWrongPasskeyGetsTheSameSentence) {
    const Authenticator phone, stolen, unknown;
    auto owner = signed_in("dana");
    give_passkey(owner, "dana", phone);
    auto other = signed_in("ruth");
    give_passkey(other, "ruth", stolen);
    auto at = browser();
    const auto options = [&] { return at.post("/api/sign-in/passkey/options"); };
    const auto sent = [&](const json::object& body) { return at.post("/api/sign-in/passkey", body); };
    std::vector<json::object> wrong = {
        used(unknown, options(), handle_of("dana")),                               // nobody's
        used(stolen, options(), handle_of("dana")),                                // in another's name
        used(phone, options()),                                                    // without a name
        used(phone, options(), handle_of("dana"), {.challenge = Bytes(32, 1)}),    // for another challenge
        used(phone, options(), handle_of("dana"), {.origin = "https://evil.ex"}),  // for another origin
        used(phone, options(), handle_of("dana"), {.flags = 0x01}),                // without its person
        used(phone, owner.post("/api/me/passkeys/options"), handle_of("dana")),    // for making one
    };
    auto forged = used(phone, options(), handle_of("dana"));
    forged["signature"] = base64url(stolen.sign(Bytes(69, 7)));
    wrong.push_back(forged);
    auto invented = used(phone, options(), handle_of("dana"));
    invented["nonce"] = base64url(Bytes(48, 9));
    wrong.push_back(invented);
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        const auto got = sent(wrong[i]);
        EXPECT_EQ(got.status, 401) << i;
        EXPECT_EQ(got.detail(), sent(wrong[0]).detail()) << i;
        EXPECT_TRUE(got.session.empty()) << i;
    }
    EXPECT_TRUE(records("login.accepted").empty());
    EXPECT_FALSE(records("login.refused").empty());
    EXPECT_FALSE(attempts.back().second);
    EXPECT_EQ(sent(used(phone, options(), handle_of("dana"))).status, 200) << "the honest one still is";
}

TEST_F(ConsoleSignIn, AChallengeIsGoodOnceAndForTenMinutes) {
    const Authenticator phone;
    auto owner = signed_in("dana");
    give_passkey(owner, "dana", phone);
    auto at = browser();
    const auto body = used(phone, at.post("/api/sign-in/passkey/options"), handle_of("dana"));
    EXPECT_EQ(at.post("/api/sign-in/passkey", body).status, 200);
    EXPECT_EQ(at.post("/api/sign-in/passkey", body).status, 401);
    const auto late = used(phone, at.post("/api/sign-in/passkey/options"), handle_of("dana"));
    clock.advance(10min);
    EXPECT_EQ(at.post("/api/sign-in/passkey", late).status, 401);
}

TEST_F(ConsoleSignIn, NeitherDisabledNorExpiredPeopleComeInByPasskey) {
    const Authenticator phone;
    auto owner = signed_in("dana");
    give_passkey(owner, "dana", phone);
    auto at = browser();
    const auto try_it = [&] { return at.post("/api/sign-in/passkey", used(phone, at.post("/api/sign-in/passkey/options"), handle_of("dana"))).status; };
    must(here->people.set_disabled(PersonId("dana"), true));
    EXPECT_EQ(try_it(), 401);
    must(here->people.set_disabled(PersonId("dana"), false));
    must(here->people.set_expires(PersonId("dana"), clock.now()));
    EXPECT_EQ(try_it(), 401);
    must(here->people.set_expires(PersonId("dana"), std::nullopt));
    EXPECT_EQ(try_it(), 200);
}

TEST_F(ConsoleSignIn, ACopiedPasskeyIsRefusedOnceTheCounterShowsIt) {
    const Authenticator phone;
    auto owner = signed_in("dana");
    give_passkey(owner, "dana", phone);
    auto at = browser();
    const auto with = [&](std::uint32_t count) {
        return at.post("/api/sign-in/passkey", used(phone, at.post("/api/sign-in/passkey/options"), handle_of("dana"), {.count = count})).status;
    };
    EXPECT_EQ(with(5), 200);
    EXPECT_EQ(with(5), 401);
    EXPECT_EQ(with(4), 401);
    EXPECT_EQ(with(6), 200);
}

TEST_F(ConsoleSignIn, AnAddressThatTriedTooOftenWaits) {
    refused = 41s + 200ms;
    auto at = browser();
    const Authenticator phone;
    const auto got = at.post("/api/sign-in/passkey", used(phone, at.post("/api/sign-in/passkey/options"), handle_of("dana")));
    EXPECT_EQ(got.status, 429);
    EXPECT_EQ(got.retry_after, 42u);
    EXPECT_TRUE(attempts.empty());
}

TEST_F(ConsoleSignIn, TheHandleTellsNobodysName) {
    EXPECT_EQ(handle_of("dana").size(), 32u);
    EXPECT_NE(handle_of("dana"), handle_of("ruth"));
    EXPECT_EQ(handle_of("dana"), handle_of("dana"));
}

// ---- who sees what

TEST_F(ConsoleSignIn, PagesFollowThePolicy) {
    const auto pages = [&](const std::string& name) { return json::serialize(signed_in(name).get("/api/me").object().at("pages")); };
    EXPECT_EQ(pages("vera"), R"(["home","me"])");
    EXPECT_EQ(pages("dana"), R"(["home","approvals","live","me"])");
    EXPECT_EQ(pages("ruth"), R"(["home","live","recordings","me"])");
    EXPECT_TRUE(signed_in("dana").get("/api/me").object().at("approver").as_bool());
    EXPECT_FALSE(signed_in("ruth").get("/api/me").object().at("approver").as_bool());
}

TEST_F(ConsoleSignIn, WhoeverStandsInForAnApproverIsOneMeanwhile) {
    const auto with = std::string(hospital_policy) + "delegations:\n  - { from: person:dana, to: person:ruth, since: 2026-01-01, until: 2026-01-31 }\n";
    must(here->apply_policy(with, "policy.yaml", "test"));
    EXPECT_TRUE(signed_in("ruth").get("/api/me").object().at("approver").as_bool());
    clock.advance(24h * 40);
    EXPECT_FALSE(signed_in("ruth").get("/api/me").object().at("approver").as_bool());
}

}  // namespace
}  // namespace anteroom::console::testing
