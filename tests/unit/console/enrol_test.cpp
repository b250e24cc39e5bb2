// Enrolment at the gate: an invitation opens this and nothing else, once; until everything is right nothing is kept.
#include "tests/unit/console/browser_scene.h"

namespace anteroom::console::testing {
namespace {

const PersonId nora("nora");

Secret secret_of(const Got& begun) {
    auto letters = begun.text("typable");
    std::erase(letters, ' ');
    Bytes raw;
    unsigned bits = 0, held = 0;
    for (const char c : letters) {
        held = held << 5 | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
        if ((bits += 5) >= 8) raw.push_back(static_cast<std::uint8_t>(held >> (bits -= 8)));
    }
    return Secret(std::move(raw));
}

class ConsoleEnrolment : public Scene {
protected:
    ConsoleEnrolment() {
        add("nora", false);
        code = invite("nora");
    }
    Browser invited() {
        auto at = browser();
        const auto got = at.post("/api/sign-in", {{"user", "nora"}, {"password", code}, {"code", ""}});
        EXPECT_EQ(got.status, 200) << got.detail();
        EXPECT_TRUE(got.object().at("enrolling").as_bool());
        EXPECT_TRUE(got.object().at("pages").as_array().empty());
        return at;
    }
    json::object first_factors(Browser& at, const std::string& chosen = "another fine password") {
        const auto begun = at.post("/api/me/codes/begin");
        return {{"nonce", begun.text("nonce")}, {"password", chosen}, {"code", must(identity::totp_generate(secret_of(begun), clock.now()))}};
    }
    bool has_factors() { return must(here->people.find(nora))->password_hash || must(here->totp.find(nora)) || must(here->passkeys.count(nora)) > 0; }

    std::string code;
    const Authenticator phone;
};

TEST_F(ConsoleEnrolment, WithPasswordAndCodes) {
    auto at = invited();
    const auto before = at.token;
    const auto got = at.post("/api/me/enrol", first_factors(at));
    ASSERT_EQ(got.status, 200) << got.detail();
    EXPECT_FALSE(got.object().at("me").at("enrolling").as_bool());
    EXPECT_EQ(got.object().at("recovery").as_array().size(), 10u);
    EXPECT_NE(at.token, before) << "a session of their own";
    EXPECT_EQ(at.get("/api/me").text("person"), "nora");
    EXPECT_EQ(at.get("/api/me/security").status, 200);
    EXPECT_EQ(records("person.enrolled").size(), 1u);
    EXPECT_FALSE(must(here->invitations.find(nora))) << "the invitation is used up";
    at.token = before;
    EXPECT_EQ(at.get("/api/me").status, 401) << "the enrolling one is over";
}

TEST_F(ConsoleEnrolment, WithAPasskeyAlone) {
    auto at = invited();
    const auto got = at.post("/api/me/enrol/passkey", made_with(phone, at.post("/api/me/passkeys/options")));
    ASSERT_EQ(got.status, 200) << got.detail();
    EXPECT_EQ(got.object().at("factors").at("passkeys").as_int64(), 1);
    EXPECT_FALSE(got.object().at("factors").at("password").as_bool());
    EXPECT_FALSE(must(here->invitations.find(nora)));
    auto later = browser();
    EXPECT_EQ(later.post("/api/sign-in/passkey", used(phone, later.post("/api/sign-in/passkey/options"), handle_of("nora"))).status, 200);
    // A password and codes can follow, proven by the passkey.
    auto body = json::object{{"password", "another fine password"}};
    body["factor"] = passkey_factor(later, phone, "/api/me/password", body);
    EXPECT_EQ(later.post("/api/me/password", body).status, 200);
}

TEST_F(ConsoleEnrolment, AnInvitedPersonReachesNothingElse) {
    auto at = invited();
    for (const char* path : {"/api/me/security", "/api/home", "/api/approvals", "/api/sessions", "/api/requests", "/api/audit", "/api/people", "/api/policy"})
        EXPECT_EQ(at.get(path).status, 403) << path;
    for (const char* path :
         {"/api/factor/options", "/api/me/passkeys", "/api/me/codes", "/api/me/password", "/api/me/recovery", "/api/requests", "/api/break-glass"})
        EXPECT_EQ(at.post(path).status, 403) << path;
    EXPECT_EQ(at.get("/api/me").status, 200);
    EXPECT_EQ(at.post("/api/active").status, 200);
    EXPECT_EQ(at.post("/api/sign-out").status, 200);
}

TEST_F(ConsoleEnrolment, WhatIsNotRightKeepsNothing) {
    auto at = invited();
    auto wrong_code = first_factors(at);
    wrong_code["code"] = "000000";
    EXPECT_EQ(at.post("/api/me/enrol", wrong_code).status, 422);
    EXPECT_EQ(at.post("/api/me/enrol", first_factors(at, "short")).status, 422);
    EXPECT_EQ(at.post("/api/me/enrol", first_factors(at, "my name is nora here")).status, 422);
    auto anothers = first_factors(at);
    anothers["nonce"] = signed_in("dana").post("/api/me/codes/begin").text("nonce");
    EXPECT_EQ(at.post("/api/me/enrol", anothers).status, 422) << "a secret that was shown to another";
    EXPECT_EQ(at.post("/api/me/enrol/passkey", made_with(phone, at.post("/api/me/passkeys/options"), {.flags = 0x01})).status, 422);
    EXPECT_FALSE(has_factors());
    EXPECT_TRUE(must(here->invitations.find(nora))) << "still good";
    const auto late = first_factors(at);
    for (int i = 0; i < 2; ++i) {
        clock.advance(8min);
        (void)at.post("/api/active");
    }
    EXPECT_EQ(at.post("/api/me/enrol", late).status, 422);
    EXPECT_EQ(at.post("/api/me/enrol", first_factors(at)).status, 200);
}

TEST_F(ConsoleEnrolment, TwoBrowsersOneInvitation) {
    auto one = invited(), two = invited();
    const auto factors = first_factors(two);
    ASSERT_EQ(one.post("/api/me/enrol", first_factors(one)).status, 200);
    EXPECT_EQ(two.post("/api/me/enrol", factors).status, 401);
    EXPECT_EQ(two.post("/api/me/enrol/passkey", json::object{}).status, 401);
}

TEST_F(ConsoleEnrolment, AnInvitationReplacedWhileThePasswordIsHashedIsWorthNothing) {
    auto at = invited();
    const auto factors = first_factors(at);
    before_hashed = [this] {
        clock.advance(1s);
        (void)invite("nora");
    };
    EXPECT_EQ(at.post("/api/me/enrol", factors).status, 401);
    EXPECT_FALSE(has_factors());
}

TEST_F(ConsoleEnrolment, WhoeverIsEnrolledDoesNotEnrolAgain) {
    auto at = signed_in("dana");
    const auto begun = at.post("/api/me/codes/begin");
    const json::object again{
        {"nonce", begun.text("nonce")}, {"password", "another fine password"}, {"code", must(identity::totp_generate(secret_of(begun), clock.now()))}};
    EXPECT_EQ(at.post("/api/me/enrol", again).status, 409);
    EXPECT_EQ(at.post("/api/me/enrol/passkey", made_with(phone, at.post("/api/me/passkeys/options"))).status, 409);
    EXPECT_EQ(must(here->passkeys.count(PersonId("dana"))), 0);
}

TEST_F(ConsoleEnrolment, AnAdministratorsFactorsCloseIt) {
    auto at = invited();
    give_codes("nora");
    const auto got = at.post("/api/me/enrol/passkey", made_with(phone, at.post("/api/me/passkeys/options")));
    EXPECT_EQ(got.status, 409);
    EXPECT_EQ(must(here->passkeys.count(nora)), 0);
    EXPECT_TRUE(must(here->invitations.find(nora))) << "undone with the rest";
}

}  // namespace
}  // namespace anteroom::console::testing
