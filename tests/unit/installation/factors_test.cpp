// The doors to a person's second factor and invitation, and the mark of who issued what.
#include "broker/audit/reader.h"
#include "broker/identity/typed_code.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::installation {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using Kind = identity::CodeVerdict::Kind;

class Factors : public WithInstallation {
protected:
    Factors() {
        for (const auto& name : {dana, eve}) must(here->people.insert({.name = name, .created = clock.now()}));
        enrol("unix:root");
    }
    void enrol(const std::string& by) { must(here->totp.enrol({dana, must(here->ring.seal(vault::purpose::totp, "dana", totp)), true, clock.now(), by})); }
    Kind check(const PersonId& person, std::string_view code) { return here->check_code(person, Secret::copy_of(code)).kind; }
    std::string recovery(const PersonId& person) {
        const auto code = identity::new_typed_code(identity::TypedCode::recovery);
        must(here->recovery_codes.replace(person, {*identity::hash_of_typed(identity::TypedCode::recovery, person, code.expose_text())}, clock.now()));
        return std::string(code.expose_text());
    }
    std::string invite(const PersonId& person) {
        const auto code = identity::new_typed_code(identity::TypedCode::invitation);
        const auto hash = identity::hash_of_typed(identity::TypedCode::invitation, person, code.expose_text());
        must(here->invitations.make({person, *hash, clock.now(), clock.now() + 72h, "unix:root", 0}));
        return std::string(code.expose_text());
    }
    bool invited(const PersonId& person, std::string_view code) { return here->check_invitation(person, Secret::copy_of(code)); }
    int records(const std::string& kind) {
        audit::Filter filter;
        filter.kind = kind;
        int found = 0;
        must(audit::each_entry(here->database, here->log->chain(), filter, [&](const audit::Entry&) {
            ++found;
            return ok();
        }));
        return found;
    }
    bool marked() { return must(here->people.find(dana))->set_up_by_admin; }

    const PersonId dana{"dana"}, eve{"eve"};
    std::unique_ptr<Installation> here = opened();
    Secret totp = identity::totp_new_secret();
};

TEST_F(Factors, ARecoveryCodeIsAsGoodAsACodeOnce) {
    const auto code = recovery(dana);
    std::vector<std::int64_t> told;
    here->on_recovery_code = [&](const PersonId& person, std::int64_t left) {
        EXPECT_EQ(person, dana);
        EXPECT_TRUE(here->database.in_transaction());
        told.push_back(left);
        return ok();
    };
    const auto verdict = here->check_code(dana, Secret::copy_of(code));
    EXPECT_EQ(verdict.kind, Kind::accepted);
    EXPECT_TRUE(verdict.recovery);
    EXPECT_EQ(check(dana, code), Kind::wrong);
    EXPECT_EQ(records("recovery-code.used"), 1);
    EXPECT_EQ(told, std::vector<std::int64_t>{0});
}

TEST_F(Factors, ARecoveryCodeWhoseUseCannotBeToldIsNotUsed) {
    const auto code = recovery(dana);
    here->on_recovery_code = [](const PersonId&, std::int64_t) -> Status { return fail(ErrorKind::io, "no room"); };
    EXPECT_EQ(check(dana, code), Kind::wrong);
    EXPECT_EQ(must(here->recovery_codes.left(dana)), 1);
    EXPECT_EQ(records("recovery-code.used"), 0);
}

TEST_F(Factors, ARecoveryCodeOfAnotherPersonIsNone) {
    const auto code = recovery(dana);
    EXPECT_EQ(check(eve, code), Kind::wrong);
    EXPECT_EQ(check(PersonId("nobody"), code), Kind::wrong);
    EXPECT_EQ(check(dana, code), Kind::accepted);
}

TEST_F(Factors, ACodeOfTheGeneratorIsStillOne) {
    recovery(dana);
    const auto code = must(identity::totp_generate(totp, clock.now()));
    EXPECT_EQ(check(dana, code), Kind::accepted);
    EXPECT_EQ(check(dana, code), Kind::used);
    EXPECT_EQ(must(here->recovery_codes.left(dana)), 1);
}

TEST_F(Factors, AnInvitationsCodeIsItsPersonsOnly) {
    const auto code = invite(eve);
    EXPECT_FALSE(invited(dana, code));
    EXPECT_FALSE(invited(PersonId("nobody"), code));
    EXPECT_TRUE(invited(eve, code));
    EXPECT_TRUE(invited(eve, " " + code + " ")) << "each login may use it, until enrolment is done";
    const auto second = invite(eve);
    EXPECT_FALSE(invited(eve, code));
    EXPECT_TRUE(invited(eve, second));
}

TEST_F(Factors, TenWrongInvitationCodesEndIt) {
    const auto code = invite(eve);
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(invited(eve, "0000-0000-0000-0000-0000"));
    EXPECT_TRUE(invited(eve, code));
    EXPECT_FALSE(invited(eve, "0000-0000-0000-0000-0000"));
    EXPECT_FALSE(invited(eve, code)) << "the right one, too late";
}

TEST_F(Factors, WhoGuessesPasswordsDoesNotUseUpAnInvitation) {
    const auto code = invite(eve);
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(invited(eve, "password" + std::to_string(i)));
    EXPECT_TRUE(invited(eve, code));
}

TEST_F(Factors, AnInvitationIsOverAfter72Hours) {
    const auto code = invite(eve);
    clock.advance(72h - 1us);
    EXPECT_TRUE(invited(eve, code));
    clock.advance(1us);
    EXPECT_FALSE(invited(eve, code));
}

TEST_F(Factors, TheMarkSaysWhetherAnAdministratorIssuedAnyOfThem) {
    must(here->renew_mark(dana));
    EXPECT_TRUE(marked());
    enrol(store::issued_by(dana));
    must(here->renew_mark(dana));
    EXPECT_FALSE(marked());
    must(here->people.set_password(dana, "$x", clock.now(), "unix:root"));
    must(here->renew_mark(dana));
    EXPECT_TRUE(marked());
    must(here->people.set_password(dana, "$x", clock.now(), store::issued_by(dana)));
    must(here->person_keys.insert({random_id(), dana, "ssh-ed25519", {1}, "SHA256:x", "", clock.now(), store::issued_by(eve)}));
    must(here->renew_mark(dana));
    EXPECT_TRUE(marked()) << "another person's is not one's own";
    must(here->person_keys.remove_all(dana));
    must(here->renew_mark(dana));
    EXPECT_FALSE(marked());
    EXPECT_FALSE(here->renew_mark(PersonId("nobody")));
}

TEST_F(Factors, APasswordFromBeforeItWasNotedIsAnAdministrators) {
    must(here->totp.remove(dana));
    must(here->people.set_password_hash(dana, "$x"));
    must(here->renew_mark(dana));
    EXPECT_TRUE(marked());
}

TEST_F(Factors, TheFirstPolicyWantsCodesThatPeopleEnrolledThemselves) { EXPECT_TRUE(here->policy.document.self_enrolled_mfa); }

}  // namespace
}  // namespace anteroom::installation
