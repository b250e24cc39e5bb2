// My security at the gate: every change takes a fresh factor, is recorded and told; a passkey's signature says what was changed.
#include "base/base64url.h"
#include "recorder/evidence/decisions.h"
#include "recorder/evidence/records.h"
#include "tests/unit/console/browser_scene.h"

namespace anteroom::console::testing {
namespace {

const PersonId dana("dana");

class ConsoleSecurity : public Scene {
protected:
    Authenticator phone, tablet;
    Browser at = signed_in("dana");
    Got security() { return at.get("/api/me/security"); }
    std::size_t passkeys() { return security().object().at("passkeys").as_array().size(); }
    std::string first_id() { return std::string(security().object().at("passkeys").at(0).at("id").as_string()); }
};

TEST_F(ConsoleSecurity, ShowsWhatThereIs) {
    const auto got = security();
    EXPECT_TRUE(got.object().at("password").is_object());
    EXPECT_EQ(got.object().at("codes").at("by").as_string(), "person:dana");
    EXPECT_EQ(got.object().at("recovery_left").as_int64(), 0);
    ASSERT_EQ(got.object().at("sessions").as_array().size(), 1u);
    EXPECT_TRUE(got.object().at("sessions").at(0).at("this").as_bool());
    EXPECT_EQ(got.object().at("sessions").at(0).at("agent").as_string(), "Mozilla/5.0 (test)");
}

TEST_F(ConsoleSecurity, APasskeyIsAddedRecordedAndTold) {
    const auto before = notices();
    give_passkey(at, "dana", phone);
    EXPECT_EQ(passkeys(), 1u);
    EXPECT_EQ(security().object().at("passkeys").at(0).at("name").as_string(), "my phone");
    const auto added = records("passkey.added");
    ASSERT_EQ(added.size(), 1u);
    EXPECT_EQ(added[0].person, "dana");
    EXPECT_EQ(added[0].fields.at("new_credential"), base64url(phone.id()));
    EXPECT_EQ(added[0].fields.at("factor"), "code");
    EXPECT_EQ(notices(), before + 1);
    EXPECT_FALSE(must(here->people.find(dana))->set_up_by_admin) << "they issued it themselves";
}

TEST_F(ConsoleSecurity, NothingChangesWithoutAFreshFactor) {
    give_passkey(at, "dana", phone);
    const auto used_code = must(identity::totp_generate(codes.at("dana"), clock.now()));
    const auto made = made_with(tablet, at.post("/api/me/passkeys/options"));
    const auto codes_nonce = at.post("/api/me/codes/begin").text("nonce");
    const std::vector<std::pair<std::string, json::object>> calls = {{"/api/me/passkeys", made},
                                                                     {"/api/me/passkeys/" + first_id() + "/remove", {}},
                                                                     {"/api/me/codes", {{"nonce", codes_nonce}, {"code", "123456"}}},
                                                                     {"/api/me/password", {{"password", "another fine password"}}},
                                                                     {"/api/me/recovery", {}}};
    for (const auto& [path, body] : calls) {
        EXPECT_EQ(at.post(path, body).status, 403) << path;
        for (const json::value& factor : {json::value{{"code", used_code}}, json::value{{"code", "000000"}}, json::value{{"code", ""}},
                                          json::value{{"code", 1}}, json::value(nullptr), json::value("x"), json::value{{"passkey", json::object{}}},
                                          json::value{{"code", "1"}, {"passkey", json::object{}}}, json::value(json::object{})}) {
            auto with = body;
            with["factor"] = factor;
            const auto status = at.post(path, with).status;
            EXPECT_TRUE(status == 403 || status == 422) << path << " " << json::serialize(factor) << " " << status;
        }
    }
    EXPECT_EQ(passkeys(), 1u);
    EXPECT_EQ(records("passkey.added").size(), 1u);
    EXPECT_TRUE(records("password.set").empty());
    EXPECT_TRUE(records("totp.enrolled").empty());
}

// ---- the passkey as the factor

TEST_F(ConsoleSecurity, APasskeySignsTheVeryCall) {
    give_passkey(at, "dana", phone);
    const json::object body{{"password", "another fine password"}};
    auto with = body;
    with["factor"] = passkey_factor(at, phone, "/api/me/password", body);
    const auto got = at.post("/api/me/password", with);
    ASSERT_EQ(got.status, 200) << got.detail();
    const auto set = records("password.set");
    ASSERT_EQ(set.size(), 1u);
    const auto& fields = set[0].fields;
    EXPECT_EQ(fields.at("factor"), "passkey");
    EXPECT_EQ(fields.at("signed_path"), "/api/me/password");

    // From the record alone the signature is verified again.
    const auto decoded = [&](const char* name) { return must(from_base64url(fields.at(name))); };
    const access::Decision decision{PersonId(fields.at("signed_person")), fields.at("signed_method"),        fields.at("signed_path"),
                                    fields.at("signed_if_match"),         to_string(decoded("signed_body")), decoded("signed_nonce")};
    const identity::Assertion assertion{decoded("credential"), decoded("client_data"), decoded("authenticator_data"), decoded("signature"), {}};
    EXPECT_TRUE(identity::verify_assertion(assertion, {access::challenge_of(decision), origin, "console.example"}, decoded("public_key"),
                                           std::stoll(fields.at("algorithm")), 0));
    EXPECT_EQ(decision.body, "{}") << "no password is kept, signed or not";

    // So does whoever is handed the record as evidence, without libfido2; and says so where any of it is another.
    auto record = set[0];
    record.fields.erase("by");  // who issued it; elsewhere that field is who decided
    ASSERT_TRUE(evidence::is_signed_decision(record));
    EXPECT_TRUE(evidence::check_decision(record));
    for (const auto& [name, value] : fields) {
        if (!evidence::is_proof_field(name)) continue;
        auto& changed = record.fields.at(name);
        changed = changed == "POST" ? "GET" : name == "signed_if_match" ? "\"7\"" : changed.substr(0, changed.size() - 1);
        EXPECT_FALSE(evidence::check_decision(record)) << name;
        changed = value;
    }
    record.person = "ruth";
    EXPECT_FALSE(evidence::check_decision(record)) << "another's decision";
    for (const auto& [name, value] : fields) EXPECT_EQ(value.find("[cut:"), std::string::npos) << name;
}

TEST_F(ConsoleSecurity, WhatWasSignedForAnotherCallIsGoodForNone) {
    give_passkey(at, "dana", phone);
    const auto id = first_id();
    const auto path = "/api/me/passkeys/" + id + "/remove";
    const auto sent = [&](const json::object& factor) { return at.post(path, {{"factor", factor}}).status; };
    EXPECT_EQ(sent(passkey_factor(at, phone, "/api/me/passkeys/other/remove", {})), 403) << "another path";
    EXPECT_EQ(sent(passkey_factor(at, phone, path, {{"x", 1}})), 403) << "another body";
    EXPECT_EQ(sent(passkey_factor(at, phone, path, {}, "\"7\"")), 403) << "another state";
    EXPECT_EQ(sent(passkey_factor(at, tablet, path, {})), 403) << "another passkey";
    EXPECT_EQ(sent(passkey_factor(at, phone, path, {}, "", {.flags = 0x01})), 403) << "without its person";
    EXPECT_EQ(sent({{"passkey", used(phone, at.post("/api/sign-in/passkey/options"), handle_of("dana"))}}), 403) << "a sign-in";
    auto ruth = signed_in("ruth");
    give_passkey(ruth, "ruth", tablet);
    EXPECT_EQ(sent(passkey_factor(ruth, tablet, path, {})), 403) << "another person";
    EXPECT_EQ(sent(passkey_factor(at, phone, path, {})), 200) << "codes and a password are left";
}

TEST_F(ConsoleSecurity, AProofIsGoodOnceAndForTwoMinutes) {
    give_passkey(at, "dana", phone);
    const auto once = passkey_factor(at, phone, "/api/me/recovery", {});
    EXPECT_EQ(at.post("/api/me/recovery", {{"factor", once}}).status, 200);
    EXPECT_EQ(at.post("/api/me/recovery", {{"factor", once}}).status, 403);
    const auto late = passkey_factor(at, phone, "/api/me/recovery", {});
    clock.advance(2min);
    EXPECT_EQ(at.post("/api/me/recovery", {{"factor", late}}).status, 403);
}

TEST_F(ConsoleSecurity, TenWrongPasskeysAreEnough) {
    give_passkey(at, "dana", phone);
    for (int i = 0; i < access::max_code_attempts; ++i)
        EXPECT_EQ(at.post("/api/me/recovery", {{"factor", passkey_factor(at, phone, "/api/me/recovery", {}, "", {.flags = 0x01})}}).status, 403);
    const auto got = at.post("/api/me/recovery", {{"factor", passkey_factor(at, phone, "/api/me/recovery", {})}});
    EXPECT_EQ(got.status, 403);
    EXPECT_THAT(got.detail(), HasSubstr("15 minutes"));
    EXPECT_FALSE(records("factor.used").empty());
    (void)at.post("/api/active");
    clock.advance(9min);
    (void)at.post("/api/active");
    clock.advance(8min);
    EXPECT_EQ(at.post("/api/me/recovery", {{"factor", passkey_factor(at, phone, "/api/me/recovery", {})}}).status, 200);
}

TEST_F(ConsoleSecurity, OptionsForAFactorWantAPasskeyAndAWholeCall) {
    EXPECT_EQ(at.post("/api/factor/options", {{"method", "POST"}, {"path", "/api/me/recovery"}}).status, 409) << "there is none";
    give_passkey(at, "dana", phone);
    const auto got = at.post("/api/factor/options", {{"method", "POST"}, {"path", "/api/me/recovery"}});
    ASSERT_EQ(got.status, 200);
    EXPECT_EQ(got.object().at("allow").as_array().size(), 1u);
    EXPECT_EQ(at.post("/api/factor/options", {{"method", "POST"}}).status, 422);
    EXPECT_EQ(at.post("/api/factor/options", {{"method", "POST"}, {"path", "/api/me/recovery"}, {"body", "x"}}).status, 422);
    EXPECT_EQ(browser().post("/api/factor/options", {{"method", "POST"}, {"path", "/x"}}).status, 401);
}

// ---- passkeys come and go

TEST_F(ConsoleSecurity, ARegistrationThatIsWrongInAnythingAddsNothing) {
    const auto try_it = [&](json::object body) {
        body["factor"] = factor("dana");
        return at.post("/api/me/passkeys", body).status;
    };
    const auto options = [&] { return at.post("/api/me/passkeys/options"); };
    EXPECT_EQ(try_it(made_with(phone, options(), {.flags = 0x01})), 422);
    EXPECT_EQ(try_it(made_with(phone, options(), {.challenge = Bytes(32, 1)})), 422);
    EXPECT_EQ(try_it(made_with(phone, options(), {.origin = "https://evil.example"})), 422);
    EXPECT_EQ(try_it(made_with(phone, at.post("/api/sign-in/passkey/options"))), 422);
    EXPECT_EQ(try_it(made_with(phone, signed_in("ruth").post("/api/me/passkeys/options"))), 422) << "of another person";
    auto long_name = made_with(phone, options());
    long_name["name"] = std::string(65, 'x');
    EXPECT_EQ(try_it(long_name), 422);
    auto bad_transports = made_with(phone, options());
    bad_transports["transports"] = json::array{1};
    EXPECT_EQ(try_it(bad_transports), 422);
    EXPECT_EQ(passkeys(), 0u);
    const auto good = made_with(phone, options());
    EXPECT_EQ(try_it(good), 200);
    EXPECT_EQ(try_it(good), 422) << "a second time";
    EXPECT_EQ(try_it(made_with(phone, options())), 409) << "it is enrolled already";
    auto ruth = signed_in("ruth");
    auto hers = made_with(phone, ruth.post("/api/me/passkeys/options"));
    hers["factor"] = factor("ruth");
    EXPECT_EQ(ruth.post("/api/me/passkeys", hers).status, 409) << "somebody's already";
}

TEST_F(ConsoleSecurity, OptionsNameWhatIsThereAlready) {
    give_passkey(at, "dana", phone);
    const auto got = at.post("/api/me/passkeys/options");
    ASSERT_EQ(got.object().at("exclude").as_array().size(), 1u);
    EXPECT_EQ(got.object().at("exclude").at(0).at("id").as_string(), base64url(phone.id()));
    EXPECT_EQ(bytes(got.object().at("user").at("id")), handle_of("dana"));
}

TEST_F(ConsoleSecurity, TheOnlyWayInIsNotTakenAway) {
    give_passkey(at, "dana", phone);
    must(here->people.remove_password(dana));
    must(here->totp.remove(dana));
    const auto path = "/api/me/passkeys/" + first_id() + "/remove";
    EXPECT_EQ(at.post(path, {{"factor", passkey_factor(at, phone, path, {})}}).status, 409);
    auto more = made_with(tablet, at.post("/api/me/passkeys/options"));
    more["factor"] = passkey_factor(at, phone, "/api/me/passkeys", more);
    ASSERT_EQ(at.post("/api/me/passkeys", more).status, 200);
    EXPECT_EQ(at.post(path, {{"factor", passkey_factor(at, phone, path, {})}}).status, 200);
    EXPECT_EQ(records("passkey.removed").size(), 1u);
}

TEST_F(ConsoleSecurity, AnothersPasskeyIsNotThere) {
    auto ruth = signed_in("ruth");
    give_passkey(ruth, "ruth", tablet);
    const auto hers = std::string(ruth.get("/api/me/security").object().at("passkeys").at(0).at("id").as_string());
    EXPECT_EQ(at.post("/api/me/passkeys/" + hers + "/remove", {{"factor", factor("dana")}}).status, 404);
}

// ---- password, codes, recovery codes, sessions

TEST_F(ConsoleSecurity, ANewPasswordEndsTheOtherSessions) {
    auto other = signed_in("dana");
    EXPECT_EQ(at.post("/api/me/password", {{"password", "short"}, {"factor", factor("dana")}}).status, 422);
    EXPECT_EQ(at.post("/api/me/password", {{"password", "dana's long password"}, {"factor", factor("dana")}}).status, 422) << "the name is in it";
    const auto got = at.post("/api/me/password", {{"password", "another fine password"}, {"factor", factor("dana")}});
    ASSERT_EQ(got.status, 200) << got.detail();
    EXPECT_EQ(other.get("/api/me").status, 401);
    EXPECT_EQ(at.get("/api/me").status, 200);
    EXPECT_TRUE(identity::verify_password(must(here->people.find(dana))->password_hash, Secret::copy_of(std::string_view("another fine password"))));
}

TEST_F(ConsoleSecurity, WhoWasDisabledWhileAPasswordWasHashedChangesNothing) {
    const auto before = must(here->people.find(dana))->password_hash;
    before_hashed = [this] { must(here->people.set_disabled(dana, true)); };
    EXPECT_EQ(at.post("/api/me/password", {{"password", "another fine password"}, {"factor", factor("dana")}}).status, 401);
    EXPECT_EQ(must(here->people.find(dana))->password_hash, before);
}

TEST_F(ConsoleSecurity, NewCodesCountFromTheFirstOneOn) {
    const auto begun = at.post("/api/me/codes/begin");
    const auto uri = begun.text("uri");
    EXPECT_THAT(uri, HasSubstr("otpauth://totp/"));
    const auto nonce = begun.text("nonce");
    const auto typable = begun.text("typable");
    // What the app has scanned.
    std::string letters = typable;
    std::erase(letters, ' ');
    Bytes raw;
    unsigned bits = 0, held = 0;
    for (const char c : letters) {
        held = held << 5 | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
        if ((bits += 5) >= 8) raw.push_back(static_cast<std::uint8_t>(held >> (bits -= 8)));
    }
    const Secret scanned(std::move(raw));
    EXPECT_EQ(at.post("/api/me/codes", {{"nonce", nonce}, {"code", "000000"}, {"factor", factor("dana")}}).status, 422);
    const auto code = must(identity::totp_generate(scanned, clock.now()));
    const auto got = at.post("/api/me/codes", {{"nonce", nonce}, {"code", code}, {"factor", factor("dana")}});
    // The factor used the step that the new code is of, or one after: then the next one is asked for.
    if (got.status == 422) {
        EXPECT_THAT(got.detail(), HasSubstr("used already"));
        const auto fresh = factor("dana");
        clock.advance(30s);
        const auto second = at.post("/api/me/codes", {{"nonce", nonce}, {"code", must(identity::totp_generate(scanned, clock.now()))}, {"factor", fresh}});
        ASSERT_EQ(second.status, 200) << second.detail();
        EXPECT_EQ(second.object().at("recovery").as_array().size(), 10u) << "there were none before";
    } else {
        ASSERT_EQ(got.status, 200) << got.detail();
    }
    const auto enrolled = must(here->totp.find(dana));
    EXPECT_EQ(must(here->ring.open(vault::purpose::totp, "dana", enrolled->sealed_secret)).expose_text(), scanned.expose_text());
    clock.advance(60s);
    EXPECT_EQ(at.post("/api/me/codes", {{"nonce", nonce},
                                        {"code", must(identity::totp_generate(scanned, clock.now()))},
                                        {"factor", json::object{{"code", must(identity::totp_generate(scanned, clock.now() + 30s))}}}})
                  .status,
              422)
        << "a nonce that was used";
}

TEST_F(ConsoleSecurity, RecoveryCodesAreShownOnceAndOpenOnce) {
    const auto got = at.post("/api/me/recovery", {{"factor", factor("dana")}});
    ASSERT_EQ(got.status, 200) << got.detail();
    const auto list = got.object().at("recovery").as_array();
    ASSERT_EQ(list.size(), 10u);
    EXPECT_EQ(security().object().at("recovery_left").as_int64(), 10);
    const json::object by_recovery{{"code", list[0]}};
    EXPECT_EQ(at.post("/api/me/password", {{"password", "another fine password"}, {"factor", by_recovery}}).status, 200);
    EXPECT_EQ(at.post("/api/me/password", {{"password", "yet another password"}, {"factor", by_recovery}}).status, 403);
}

TEST_F(ConsoleSecurity, ASessionOfMineIsEndedFromElsewhere) {
    auto other = signed_in("dana");
    auto ruth = signed_in("ruth");
    const auto id = [](Browser& browser) {
        const auto got = browser.get("/api/me/security");
        for (const auto& session : got.object().at("sessions").as_array())
            if (session.at("this").as_bool()) return std::string(session.at("id").as_string());
        return std::string();
    };
    EXPECT_EQ(at.post("/api/me/sessions/" + id(ruth) + "/end").status, 404);
    EXPECT_EQ(at.post("/api/me/sessions/" + id(other) + "/end").status, 200);
    EXPECT_EQ(other.get("/api/me").status, 401);
    EXPECT_EQ(ruth.get("/api/me").status, 200);
    EXPECT_EQ(security().object().at("sessions").as_array().size(), 1u);
}

}  // namespace
}  // namespace anteroom::console::testing
