// Inviting and resetting: what leaves once, what is kept, and what must not be possible beside it.
#include "broker/identity/typed_code.h"
#include "tests/unit/admin/fixture.h"

namespace anteroom::admin {
namespace {

class AdminInvitations : public Administering {
protected:
    const PersonId vera{"vera"};
    std::string invite(std::map<std::string, std::string> arguments = {{"name", "vera"}}) {
        const auto answer = call("person invite", std::move(arguments));
        EXPECT_TRUE(answer.done) << answer.sentence;
        return answer.done ? answer.text("code") : "";
    }
    bool good(const std::string& code) { return here->check_invitation(vera, Secret::copy_of(code)); }
    std::string state() { return call("person show", {{"name", "vera"}}).text("state"); }
    store::Passkey passkey_of(const std::string& name) {
        const auto own = store::issued_by(PersonId(name));
        return {.id = random_id(),
                .person = PersonId(name),
                .credential_id = Bytes(16, 1),
                .public_key = {1},
                .algorithm = -7,
                .added = clock.now(),
                .issued_by = own};
    }
    void give_factors() {
        const auto own = store::issued_by(vera);
        ASSERT_TRUE(here->people.set_password(vera, "$argon2id$x", clock.now(), own));
        codes["vera"] = identity::totp_new_secret();
        ASSERT_TRUE(here->totp.enrol({vera, *here->ring.seal(vault::purpose::totp, "vera", codes["vera"]), true, clock.now(), own}));
        ASSERT_TRUE(here->person_keys.insert({random_id(), vera, "ssh-ed25519", {1, 2}, "SHA256:x", "", clock.now(), own}));
        ASSERT_TRUE(here->recovery_codes.replace(vera, {"hash"}, clock.now()));
        ASSERT_TRUE(here->passkeys.insert(passkey_of("vera")));
        ASSERT_TRUE(here->console_sessions.insert({.token_hash = std::string(64, 'a'), .person = vera, .started = clock.now(), .last_input = clock.now()}));
    }
};

TEST_F(AdminInvitations, InvitesSomebodyNewWithACodeThatIsShownOnce) {
    auto asked =
        call_of("person invite", {{"name", "vera"}, {"email", "vera@acme.example"}, {"vendor", "acme"}, {"display_name", "Vera V."}, {"expires", "90d"}});
    asked.list = {"night"};
    const auto answer = call(std::move(asked));
    ASSERT_TRUE(answer.done) << answer.sentence;
    const auto code = answer.text("code");
    EXPECT_EQ(code.size(), 24u);
    EXPECT_EQ(answer.text("expires"), rfc3339(clock.now() + 72h));
    EXPECT_EQ(answer.text("host_key"), here->host_keys.fingerprint());
    EXPECT_EQ(answer.text("connect"), "ssh -p 2222 vera@127.0.0.1");
    const auto person = (*here->people.find(vera)).value();
    EXPECT_EQ(person.groups, std::vector<std::string>{"night"});
    EXPECT_EQ(person.expires, clock.now() + 90 * 24h);
    EXPECT_FALSE(person.set_up_by_admin);
    EXPECT_EQ(state(), "invited");
    EXPECT_TRUE(good(code));
    EXPECT_EQ(records("person.added").size(), 1u);
    const auto record = records("person.invited").at(0);
    EXPECT_EQ(record.person, "vera");
    EXPECT_EQ(record.fields.at("unix_user"), "ada");
    auto bare = code;
    std::erase(bare, '-');
    EXPECT_EQ(everything_kept().find(code), std::string::npos);
    EXPECT_EQ(everything_kept().find(bare), std::string::npos);
    EXPECT_EQ(call("person show", {{"name", "vera"}}).everything.find(code), std::string::npos);
}

TEST_F(AdminInvitations, ASecondOneReplacesTheFirst) {
    const auto first = invite(), second = invite();
    EXPECT_FALSE(good(first));
    EXPECT_TRUE(good(second));
    EXPECT_EQ(records("person.added").size(), 1u);
    EXPECT_EQ(records("person.invited").at(1).fields.at("replaced"), "yes");
}

TEST_F(AdminInvitations, IsOverAfterThreeDays) {
    const auto code = invite();
    clock.advance(72h);
    EXPECT_FALSE(good(code));
    EXPECT_EQ(state(), "enabled");
}

TEST_F(AdminInvitations, WhoHasAnyFactorIsNotInvited) {
    auto asked = call_of("person add", {{"name", "vera"}});
    asked.secret = Secret::copy_of("a long enough phrase");
    ASSERT_TRUE(call(std::move(asked)).done);
    const auto refused = call("person invite", {{"name", "vera"}});
    EXPECT_FALSE(refused.done);
    ASSERT_TRUE(call("person add", {{"name", "pia"}}).done);
    ASSERT_TRUE(here->passkeys.insert(passkey_of("pia")));
    EXPECT_NE(call("person invite", {{"name", "pia"}}).sentence.find("passkeys"), std::string::npos);
    EXPECT_NE(refused.sentence.find("a password"), std::string::npos);
    EXPECT_NE(refused.sentence.find("person reset vera"), std::string::npos);
    enrol("olaf");
    EXPECT_FALSE(call("person invite", {{"name", "olaf"}}).done);
    EXPECT_TRUE(records("person.invited").empty());
    EXPECT_FALSE(*here->invitations.find(vera));
}

TEST_F(AdminInvitations, SomebodyAddedWithoutFactorsMayBeInvited) {
    ASSERT_TRUE(call("person add", {{"name", "vera"}}).done);
    EXPECT_TRUE(good(invite()));
    EXPECT_FALSE((*here->people.find(vera))->set_up_by_admin) << "no factor of an administrator's is left";
}

TEST_F(AdminInvitations, RefusesDisabledAndExpiredPeopleAndWhatIsForNewOnes) {
    invite();
    ASSERT_TRUE(call("person disable", {{"name", "vera"}}).done);
    EXPECT_FALSE(call("person invite", {{"name", "vera"}}).done);
    EXPECT_FALSE(call("person reset", {{"name", "vera"}, {"reason", "lost phone"}}).done);
    ASSERT_TRUE(call("person enable", {{"name", "vera"}}).done);
    ASSERT_TRUE(here->people.set_expires(vera, clock.now() - 1s));
    EXPECT_FALSE(call("person invite", {{"name", "vera"}}).done);
    EXPECT_TRUE(call("person invite", {{"name", "vera"}, {"expires", "1d"}}).done);
    EXPECT_FALSE(call("person invite", {{"name", "vera"}, {"vendor", "others"}}).done);
    EXPECT_EQ((*here->people.find(vera))->vendor, "");
}

TEST_F(AdminInvitations, RefusesTimesThatAreNone) {
    for (const char* expires : {"soon", "2020-01-01", "2026-13-01", "-5d", "0d", "2026-03-04T09:00:00Z"})
        EXPECT_FALSE(call("person invite", {{"name", "vera"}, {"expires", expires}}).done) << expires;
    EXPECT_TRUE(here->people.list()->empty());
    EXPECT_TRUE(call("person invite", {{"name", "vera"}, {"expires", "2026-03-04"}}).done) << "that day included";
}

TEST_F(AdminInvitations, ABadNameAddressOrGroupInvitesNobody) {
    for (const std::string name : {"../etc", "Vera", "vera+root", "ve\nra"}) EXPECT_FALSE(call("person invite", {{"name", name}}).done) << name;
    EXPECT_FALSE(call("person invite", {{"name", "vera"}, {"email", "nobody"}}).done);
    auto group = call_of("person invite", {{"name", "vera"}});
    group.list = {"Night Shift"};
    EXPECT_FALSE(call(std::move(group)).done);
    auto secret = call_of("person invite", {{"name", "vera"}});
    secret.secret = Secret::copy_of("chosen by the administrator");
    EXPECT_FALSE(call(std::move(secret)).done);
    EXPECT_TRUE(here->people.list()->empty());
}

TEST_F(AdminInvitations, FactorsOfAnAdministratorEndAnInvitationAndMarkThePerson) {
    const auto code = invite();
    ASSERT_TRUE(call("person totp", {{"name", "vera"}}).done);
    EXPECT_FALSE(good(code));
    EXPECT_TRUE((*here->people.find(vera))->set_up_by_admin);
    auto key = call_of("person key add", {{"name", "olaf"}});
    ASSERT_TRUE(call("person invite", {{"name", "olaf"}}).done);
    key.text = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB/9Kk3vNBQOVmQlYhyBWGSBbKsTFLIBJXd1bMMkqxNZ laptop";
    ASSERT_TRUE(call(std::move(key)).done);
    EXPECT_FALSE(*here->invitations.find(PersonId("olaf")));
    EXPECT_TRUE((*here->people.find(PersonId("olaf")))->set_up_by_admin);
}

TEST_F(AdminInvitations, AResetTakesEverythingAndInvitesAnew) {
    invite();
    ASSERT_TRUE(here->invitations.withdraw(vera));
    give_factors();
    const auto answer = call("person reset", {{"name", "vera"}, {"reason", "lost the phone"}});
    ASSERT_TRUE(answer.done) << answer.sentence;
    const auto person = (*here->people.find(vera)).value();
    EXPECT_FALSE(person.password_hash);
    EXPECT_FALSE(*here->totp.find(vera));
    EXPECT_TRUE(here->person_keys.of(vera)->empty());
    EXPECT_EQ(*here->recovery_codes.left(vera), 0);
    EXPECT_EQ(*here->passkeys.count(vera), 0);
    EXPECT_EQ(records("person.reset").at(0).fields.at("passkeys"), "1");
    EXPECT_TRUE(here->console_sessions.of(vera)->empty());
    EXPECT_EQ(records("console.ended").at(0).fields.at("why"), "reset");
    EXPECT_TRUE(good(answer.text("code")));
    EXPECT_EQ(state(), "invited");
    EXPECT_EQ(records("person.reset").at(0).fields.at("reason"), "lost the phone");
    EXPECT_EQ(records("person.invited").size(), 2u);
    EXPECT_EQ(here->check_code(vera, code_of("vera")).kind, identity::CodeVerdict::Kind::wrong);
}

TEST_F(AdminInvitations, AResetEndsThePersonsSessionsAndNobodyElses) {
    invite();
    invite({{"name", "olaf"}});
    const auto begin = [&](const char* name) {
        store::Session session{.id = SessionId(random_id()),
                               .worker = WorkerId(random_id()),
                               .person = PersonId(name),
                               .target = TargetId("mri-3"),
                               .account = AccountId("service"),
                               .started = clock.now(),
                               .deadline = clock.now() + 1h,
                               .recording_state = "open"};
        EXPECT_TRUE(here->sessions.insert(session));
        live.live.push_back({session.id, 0});
    };
    begin("vera");
    begin("olaf");
    begin("vera");
    ASSERT_TRUE(call("person reset", {{"name", "vera"}, {"reason", "lost the phone"}}).done);
    EXPECT_EQ(live.ended.size(), 2u);
    EXPECT_EQ(live.ended.at(0).find("lost the phone"), std::string::npos);
}

TEST_F(AdminInvitations, AResetNeedsAReasonAndAPerson) {
    EXPECT_FALSE(call("person reset", {{"name", "vera"}, {"reason", "x"}}).done);
    invite();
    EXPECT_FALSE(call("person reset", {{"name", "vera"}}).done);
    EXPECT_FALSE(call("person reset", {{"name", "vera"}, {"reason", "two\nlines"}}).done);
    EXPECT_TRUE(records("person.reset").empty());
}

TEST_F(AdminInvitations, ShowSaysWhoIssuedWhat) {
    auto asked = call_of("person add", {{"name", "vera"}});
    asked.secret = Secret::copy_of("a long enough phrase");
    ASSERT_TRUE(call(std::move(asked)).done);
    ASSERT_TRUE(call("person totp", {{"name", "vera"}}).done);
    const auto shown = call("person show", {{"name", "vera"}});
    EXPECT_EQ(shown.text("password_set_by"), "unix:ada");
    EXPECT_EQ(shown.text("totp_enrolled_by"), "unix:ada");
}

}  // namespace
}  // namespace anteroom::admin
