// Invitations and recovery codes: used once, by one, and only while they are good.
#include "broker/store/invitations.h"

#include "broker/store/people.h"
#include "broker/store/recovery_codes.h"
#include "tests/unit/store/temporary.h"

namespace anteroom::store {
namespace {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using namespace std::chrono_literals;

class InvitationStore : public anteroom::testing::WithDatabase {
protected:
    InvitationStore() {
        for (const auto& name : {vera, dana}) must(People(database).insert({.name = name, .created = clock.now()}));
    }
    Invitation invitation(const std::string& hash) { return {vera, hash, clock.now(), clock.now() + 72h, "unix:root", 0}; }

    const PersonId vera{"vera"}, dana{"dana"};
    Invitations invitations{database};
    RecoveryCodes codes{database};
};

TEST_F(InvitationStore, OneComesBackAsItWasMade) {
    must(invitations.make(invitation("h")));
    const auto found = must(invitations.find(vera)).value();
    EXPECT_EQ(found.code_hash, "h");
    EXPECT_EQ(found.made, clock.now());
    EXPECT_EQ(found.expires, clock.now() + 72h);
    EXPECT_EQ(found.made_by, "unix:root");
    EXPECT_TRUE(found.open(clock.now()));
    EXPECT_FALSE(found.open(clock.now() + 72h));
    EXPECT_FALSE(must(invitations.find(dana)));
    auto nobody = invitation("h");
    nobody.person = PersonId("nobody");
    EXPECT_EQ(kind_of(invitations.make(nobody)), ErrorKind::not_found);
}

TEST_F(InvitationStore, ASecondOneReplacesTheFirstAndItsFailures) {
    must(invitations.make(invitation("first")));
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(must(invitations.count_attempt(vera, clock.now())));
    must(invitations.make(invitation("second")));
    EXPECT_TRUE(must(invitations.find(vera))->open(clock.now()));
    EXPECT_FALSE(must(invitations.use_up(vera, "first", clock.now())));
    EXPECT_TRUE(must(invitations.use_up(vera, "second", clock.now())));
}

TEST_F(InvitationStore, IsUsedUpOnce) {
    must(invitations.make(invitation("h")));
    EXPECT_FALSE(must(invitations.use_up(vera, "other", clock.now())));
    EXPECT_FALSE(must(invitations.use_up(dana, "h", clock.now())));
    EXPECT_TRUE(must(invitations.use_up(vera, "h", clock.now())));
    EXPECT_FALSE(must(invitations.use_up(vera, "h", clock.now())));
    EXPECT_FALSE(must(invitations.withdraw(vera)));
}

TEST_F(InvitationStore, AfterTenFailuresOrItsTimeItOpensNothing) {
    must(invitations.make(invitation("h")));
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(must(invitations.count_attempt(vera, clock.now())));
    EXPECT_FALSE(must(invitations.count_attempt(vera, clock.now())));
    EXPECT_FALSE(must(invitations.use_up(vera, "h", clock.now())));
    EXPECT_FALSE(must(invitations.find(vera))->open(clock.now()));
    must(invitations.make(invitation("h")));
    clock.advance(72h);
    EXPECT_FALSE(must(invitations.count_attempt(vera, clock.now())));
    EXPECT_FALSE(must(invitations.use_up(vera, "h", clock.now())));
}

TEST_F(InvitationStore, ARightCodeIsForgivenButNotTheOnesBefore) {
    must(invitations.make(invitation("h")));
    for (int i = 0; i < 9; ++i) must(invitations.count_attempt(vera, clock.now()));
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(must(invitations.count_attempt(vera, clock.now())));
        must(invitations.forgive_attempt(vera, "h"));
    }
    EXPECT_EQ(must(invitations.find(vera))->failures, 9);
    must(invitations.forgive_attempt(vera, "of another"));
    EXPECT_EQ(must(invitations.find(vera))->failures, 9);
}

TEST_F(InvitationStore, ARecoveryCodeIsGoodOnceAndForOne) {
    must(codes.replace(vera, {"a", "b"}, clock.now()));
    must(codes.replace(dana, {"a"}, clock.now()));
    EXPECT_EQ(must(codes.left(vera)), 2);
    EXPECT_TRUE(must(codes.use(vera, "a", clock.now())));
    EXPECT_FALSE(must(codes.use(vera, "a", clock.now())));
    EXPECT_FALSE(must(codes.use(vera, "c", clock.now())));
    EXPECT_EQ(must(codes.left(vera)), 1);
    EXPECT_EQ(must(codes.left(dana)), 1) << "another person's are not touched";
    EXPECT_EQ(must(codes.made(vera)), clock.now());
    EXPECT_FALSE(must(codes.made(PersonId("nobody"))));
}

TEST_F(InvitationStore, AUsedRecoveryCodeStaysUsedAcrossConnections) {
    must(codes.replace(vera, {"a"}, clock.now()));
    auto other = must(Database::open(address(), clock));
    EXPECT_TRUE(must(RecoveryCodes(other).use(vera, "a", clock.now())));
    EXPECT_FALSE(must(codes.use(vera, "a", clock.now())));
}

TEST_F(InvitationStore, ANewSetOfRecoveryCodesEndsTheOld) {
    must(codes.replace(vera, {"a", "b"}, clock.now()));
    clock.advance(1h);
    must(codes.replace(vera, {"c"}, clock.now()));
    EXPECT_FALSE(must(codes.use(vera, "a", clock.now())));
    EXPECT_EQ(must(codes.made(vera)), clock.now());
    must(codes.remove_all(vera));
    EXPECT_EQ(must(codes.left(vera)), 0);
}

TEST_F(InvitationStore, APasswordSaysWhoSetItAndWhen) {
    People people(database);
    must(people.set_password(vera, "$hash", clock.now(), "person:vera"));
    auto found = must(people.find(vera)).value();
    EXPECT_EQ(found.password_hash, "$hash");
    EXPECT_EQ(found.password_set, clock.now());
    EXPECT_EQ(found.password_set_by, issued_by(vera));
    must(people.remove_password(vera));
    found = must(people.find(vera)).value();
    EXPECT_FALSE(found.password_hash || found.password_set);
    EXPECT_EQ(found.password_set_by, "");
}

}  // namespace
}  // namespace anteroom::store
