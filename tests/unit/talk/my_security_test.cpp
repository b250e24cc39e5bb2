// My security: what is shown of factors, and that every change takes a fresh code, is audited, and is marked with who issued it.
#include <gmock/gmock.h>

#include "broker/access/own_factors.h"
#include "broker/audit/reader.h"
#include "broker/identity/password.h"
#include "tests/unit/talk/scene.h"

namespace anteroom::talk::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const PersonId dana("dana");
constexpr const char* key_line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB/9Kk3vNBQOVmQlYhyBWGSBbKsTFLIBJXd1bMMkqxNZ laptop";
constexpr const char* prompt = "security> ";

class TalkMySecurity : public Talking {
protected:
    Screen& security(const std::string& name = "dana", const control::Audience& audience = terminal()) {
        auto& made = screen();
        made.begin(my_security(party(name), made), audience);
        return made;
    }
    std::vector<audit::Entry> records(const std::string& kind) {
        audit::Filter filter;
        filter.kind = kind;
        filter.person = "dana";
        std::vector<audit::Entry> found;
        must(audit::each_entry(here->database, here->log->chain(), filter, [&](const audit::Entry& entry) {
            found.push_back(entry);
            return ok();
        }));
        return found;
    }
    store::Person person() { return must(here->people.find(dana)).value(); }
    std::string secret_shown(const Screen& at) const {
        const auto line = at.said.find("(time-based)");
        EXPECT_NE(line, std::string::npos);
        auto typed = at.said.substr(at.said.find(": ", line) + 2);
        typed = typed.substr(0, typed.find('\n'));
        std::erase(typed, ' ');
        return typed;
    }
    static Secret from_base32(const std::string& text) {
        Bytes out;
        unsigned bits = 0, held = 0;
        for (char c : text) {
            held = held << 5 | static_cast<unsigned>(c >= 'A' ? c - 'A' : c - '2' + 26);
            if ((bits += 5) >= 8) out.push_back(static_cast<std::uint8_t>(held >> (bits -= 8)));
        }
        return Secret(std::move(out));
    }
    void set_up_by_administrator() {
        must(here->people.set_password(dana, *identity::hash_password(Secret::copy_of("given by the administrator")), clock.now(), "unix:root"));
        const auto sealed = must(here->ring.seal(vault::purpose::totp, "dana", codes["dana"]));
        must(here->totp.enrol({dana, sealed, true, clock.now(), "unix:root"}));
        must(here->renew_mark(dana));
    }
};

TEST_F(TalkMySecurity, ShowsEachFactorAndWhoIssuedIt) {
    set_up_by_administrator();
    must(here->person_keys.insert({"0123456789abcdef", dana, "ssh-ed25519", {1, 2, 3}, "SHA256:abc", "old\x1b[2J laptop", clock.now(), "unix:root"}));
    auto& at = security();
    EXPECT_TRUE(at.shows("My security: Dana Reyes (dana)"));
    EXPECT_THAT(at.said, ::testing::ContainsRegex("password +set .* by an administrator \\(unix:root\\)"));
    EXPECT_THAT(at.said, ::testing::ContainsRegex("codes +enrolled .* by an administrator"));
    EXPECT_THAT(at.said, HasSubstr("recovery codes none"));
    EXPECT_THAT(at.said, HasSubstr("1 SHA256:abc"));
    EXPECT_FALSE(at.shows("\x1b"));
    EXPECT_TRUE(person().set_up_by_admin);
}

TEST_F(TalkMySecurity, APasswordIsChangedWithAFreshCode) {
    auto& at = security();
    at.type("password");
    EXPECT_EQ(at.prompt, "Code: ");
    at.type(code_of("dana"));
    EXPECT_EQ(at.prompt, "New password: ");
    EXPECT_FALSE(at.echoes);
    at.type("a scanner with a view").type("a scanner with a view");
    EXPECT_TRUE(at.shows("is changed"));
    EXPECT_EQ(at.prompt, prompt);
    EXPECT_TRUE(identity::verify_password(person().password_hash, Secret::copy_of("a scanner with a view")));
    EXPECT_EQ(person().password_set_by, "person:dana");
    ASSERT_EQ(records("password.set").size(), 1u);
    EXPECT_EQ(records("password.set")[0].fields.at("by"), "person:dana");
    EXPECT_EQ(records("password.set")[0].fields.at("source"), "203.0.113.7");
}

TEST_F(TalkMySecurity, WithoutAGoodCodeNothingIsAsked) {
    for (const char* command : {"password", "codes", "recovery", "key add"}) {
        auto& at = security();
        for (const char* typed : {"000000", "", "nonsense", "\x1b[A"}) {
            at.type(command);
            at.type(typed);
            EXPECT_EQ(at.prompt, prompt) << command << typed;
            EXPECT_FALSE(at.shows("\x1b"));
        }
    }
    const auto used = code_of("dana");
    EXPECT_EQ(here->check_code(dana, Secret::copy_of(used)).kind, identity::CodeVerdict::Kind::accepted);
    auto& at = security();
    at.type("recovery").type(used);
    EXPECT_TRUE(at.shows("used already"));
    EXPECT_EQ(must(here->recovery_codes.left(dana)), 0);
    EXPECT_TRUE(records("password.set").empty() && records("totp.enrolled").empty() && records("key.added").empty());
}

TEST_F(TalkMySecurity, AnotherPersonsCodeIsNone) {
    auto& at = security();
    at.type("recovery").type(code_of("ruth"));
    EXPECT_EQ(must(here->recovery_codes.left(dana)), 0);
    EXPECT_FALSE(access::change_recovery_codes({*here, dana, "203.0.113.7"}, factor("ruth"), {"hash"})) << "nor is the proof of one";
}

TEST_F(TalkMySecurity, AfterTenWrongCodesNoneCounts) {
    auto& at = security();
    for (int i = 0; i < 10; ++i) at.type("recovery").type("000000");
    at.type("recovery").type(code_of("dana"));
    EXPECT_TRUE(at.shows("wait 15 minutes"));
    EXPECT_EQ(must(here->recovery_codes.left(dana)), 0);
}

TEST_F(TalkMySecurity, NewCodesCountOnceTheirFirstOneWasShown) {
    set_up_by_administrator();
    auto& at = security();
    at.type("codes").type(code_of("dana"));
    const auto fresh = from_base32(secret_shown(at));
    at.type(must(identity::totp_generate(fresh, clock.now())));
    EXPECT_TRUE(at.shows("used already")) << "the step of the code just shown is spent";
    clock.advance(30s);
    at.type("000000");
    EXPECT_TRUE(at.shows("not right"));
    EXPECT_EQ(must(here->totp.find(dana))->enrolled_by, "unix:root") << "until then the old ones count";
    at.type(must(identity::totp_generate(fresh, clock.now())));
    EXPECT_TRUE(at.shows("these codes count"));
    EXPECT_EQ(must(here->totp.find(dana))->enrolled_by, "person:dana");
    clock.advance(30s);
    EXPECT_EQ(here->check_code(dana, Secret::copy_of(must(identity::totp_generate(codes["dana"], clock.now())))).kind, identity::CodeVerdict::Kind::wrong);
    EXPECT_EQ(here->check_code(dana, Secret::copy_of(must(identity::totp_generate(fresh, clock.now())))).kind, identity::CodeVerdict::Kind::accepted);
    EXPECT_TRUE(person().set_up_by_admin) << "the administrator's password is still there";
}

TEST_F(TalkMySecurity, TheMarkGoesWhenNothingOfTheAdministratorsIsLeft) {
    set_up_by_administrator();
    auto& at = security();
    at.type("codes").type(code_of("dana"));
    const auto fresh = from_base32(secret_shown(at));
    clock.advance(30s);
    at.type(must(identity::totp_generate(fresh, clock.now())));
    clock.advance(30s);
    EXPECT_TRUE(person().set_up_by_admin);
    at.type("password").type(must(identity::totp_generate(fresh, clock.now()))).type("a scanner with a view").type("a scanner with a view");
    EXPECT_FALSE(person().set_up_by_admin);
}

TEST_F(TalkMySecurity, LeavingInTheMiddleOfNewCodesKeepsTheOldOnes) {
    auto& at = security();
    at.type("codes").type(code_of("dana"));
    const auto before = must(here->totp.find(dana))->sealed_secret;
    at.leave();
    EXPECT_TRUE(at.shows("Nothing was changed"));
    EXPECT_EQ(at.prompt, prompt);
    EXPECT_EQ(must(here->totp.find(dana))->sealed_secret, before);
    at.leave();
    EXPECT_EQ(at.status, 0);
}

TEST_F(TalkMySecurity, NewRecoveryCodesReplaceTheOldOnes) {
    must(here->recovery_codes.replace(dana, {"old"}, clock.now()));
    auto& at = security();
    EXPECT_TRUE(at.shows("1 left"));
    at.type("recovery").type(code_of("dana"));
    EXPECT_EQ(must(here->recovery_codes.left(dana)), 10);
    EXPECT_FALSE(must(here->recovery_codes.use(dana, "old", clock.now())));
    const auto at_code = at.said.find("    ") + 4;
    const auto code = at.said.substr(at_code, 19);
    EXPECT_EQ(here->check_code(dana, Secret::copy_of(code)).kind, identity::CodeVerdict::Kind::accepted);
    EXPECT_EQ(here->check_code(dana, Secret::copy_of(code)).kind, identity::CodeVerdict::Kind::wrong) << "once";
    at.type("show");
    EXPECT_TRUE(at.shows("9 left"));
}

TEST_F(TalkMySecurity, ARecoveryCodeProvesAChangeAndIsSpentByIt) {
    const auto set = access::new_recovery_codes(dana);
    must(here->recovery_codes.replace(dana, set.hashes, clock.now()));
    auto& at = security();
    at.type("password").type(set.codes[0].expose_text());
    EXPECT_EQ(at.prompt, "New password: ");
    at.leave();
    EXPECT_EQ(must(here->recovery_codes.left(dana)), 9);
    ASSERT_EQ(records("recovery-code.used").size(), 1u);
    EXPECT_EQ(records("recovery-code.used")[0].fields.at("left"), "9");
}

TEST_F(TalkMySecurity, AKeyIsAddedAndTakenAway) {
    auto& at = security();
    at.type("key add").type(code_of("dana")).type(std::string(key_line) + "\r\n");
    EXPECT_TRUE(at.shows("is added"));
    const auto keys = must(here->person_keys.of(dana));
    ASSERT_EQ(keys.size(), 1u);
    EXPECT_EQ(keys[0].added_by, "person:dana");
    EXPECT_EQ(keys[0].comment, "laptop");
    EXPECT_FALSE(person().set_up_by_admin);
    EXPECT_EQ(records("key.added").at(0).fields.at("fingerprint"), keys[0].fingerprint);
    at.type("show");
    EXPECT_TRUE(at.shows("1 " + keys[0].fingerprint + " laptop"));
    at.type("key remove 1");
    EXPECT_TRUE(at.shows(keys[0].fingerprint));
    at.type(code_of("dana"));
    EXPECT_TRUE(must(here->person_keys.of(dana)).empty());
    EXPECT_EQ(records("key.removed").size(), 1u);
}

TEST_F(TalkMySecurity, WhatIsNoKeyIsNotAdded) {
    auto& at = security();
    for (const auto& line :
         {std::string(), std::string("ssh-ed25519 AAAA"), std::string("command=\"sh\" ") + key_line, std::string("-----BEGIN OPENSSH PRIVATE KEY-----"),
          std::string(key_line) + "\nsecond", std::string(20'000, 'x'), std::string("\x1b[2J")}) {
        at.type("key add").type(code_of("dana")).type(line);
        EXPECT_EQ(at.prompt, prompt);
        EXPECT_FALSE(at.shows("\x1b"));
    }
    EXPECT_TRUE(must(here->person_keys.of(dana)).empty());
    EXPECT_TRUE(records("key.added").empty());
}

TEST_F(TalkMySecurity, AnotherPersonsKeyCannotBeAddedNorRemoved) {
    auto& ruth = security("ruth");
    ruth.type("key add").type(code_of("ruth")).type(key_line);
    auto& at = security();
    at.type("key add").type(code_of("dana")).type(key_line);
    EXPECT_TRUE(at.shows("already enrolled"));
    const auto hers = must(here->person_keys.of(PersonId("ruth"))).at(0);
    at.type("key remove " + hers.fingerprint);
    EXPECT_EQ(at.prompt, prompt);
    EXPECT_FALSE(access::remove_key({*here, dana, "203.0.113.7"}, factor("dana"), hers));
    EXPECT_EQ(must(here->person_keys.of(PersonId("ruth"))).size(), 1u);
}

TEST_F(TalkMySecurity, AFreshCodeDoesNotStayFreshForEver) {
    auto& at = security();
    at.type("password").type(code_of("dana"));
    clock.advance(11min);
    at.type("a scanner with a view").type("a scanner with a view");
    EXPECT_TRUE(at.shows("took too long"));
    EXPECT_FALSE(person().password_hash);
}

TEST_F(TalkMySecurity, ResetOrDisabledMeanwhileChangesNothing) {
    auto& at = security();
    at.type("password").type(code_of("dana"));
    must(here->totp.remove(dana));
    at.type("a scanner with a view").type("a scanner with a view");
    EXPECT_FALSE(person().password_hash);
    EXPECT_TRUE(at.shows("taken away"));
    auto& ruth = security("ruth");
    ruth.type("password").type(code_of("ruth"));
    must(here->people.set_disabled(PersonId("ruth"), true));
    ruth.type("a scanner with a view").type("a scanner with a view");
    EXPECT_FALSE(must(here->people.find(PersonId("ruth")))->password_hash);
}

TEST_F(TalkMySecurity, AHashThatComesAfterThePersonLeftTheQuestionChangesNothing) {
    Party::Hashed late;
    auto who = party("dana");
    who.hash_password = [&](Secret, Party::Hashed done) { late = std::move(done); };
    auto& at = screen();
    at.begin(my_security(std::move(who), at), terminal());
    at.type("password").type(code_of("dana")).type("a scanner with a view").type("a scanner with a view");
    ASSERT_TRUE(late);
    at.leave();
    EXPECT_EQ(at.prompt, prompt);
    late(std::string("$argon2id$late"));
    EXPECT_FALSE(person().password_hash);
    EXPECT_EQ(at.prompt, prompt);
}

TEST_F(TalkMySecurity, BackIsTheMenuAndTheEndOfACommand) {
    auto& at = security();
    at.type("back");
    EXPECT_FALSE(at.over());
    EXPECT_EQ(at.prompt, "> ");
    auto& once = security("dana", command("security"));
    once.type("back");
    EXPECT_EQ(once.status, 0);
    EXPECT_EQ(security("dana", sftp()).status, 1);
}

TEST_F(TalkMySecurity, IsClosedToWhoIsOnlyInvited) {
    auto who = party("dana");
    who.enrolling = true;
    auto& at = screen();
    at.begin(my_security(std::move(who), at), terminal());
    EXPECT_EQ(at.status, 1);
}

TEST_F(TalkMySecurity, WhatIsTypedWrongIsSaidBackHarmless) {
    auto& at = security();
    for (const auto& typed : {std::string("\x1b[2J"), std::string("key remove 9999999999999999999999"), std::string("key remove -1"),
                              std::string("key remove 0"), std::string("key"), std::string(5'000, 'a'), std::string("passwords")}) {
        at.type(typed);
        EXPECT_EQ(at.prompt, prompt) << typed;
        EXPECT_FALSE(at.shows("\x1b"));
    }
}

}  // namespace
}  // namespace anteroom::talk::testing
