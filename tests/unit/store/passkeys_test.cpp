// Passkeys and console sessions in the database.
#include "broker/store/passkeys.h"

#include "broker/store/console_sessions.h"
#include "broker/store/people.h"
#include "tests/unit/store/temporary.h"

namespace anteroom::store {
namespace {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using namespace std::chrono_literals;

class PasskeysAndConsole : public anteroom::testing::WithDatabase {
protected:
    PasskeysAndConsole() {
        for (const char* name : {"vera", "dana"}) must(People(database).insert({.name = PersonId(name), .created = clock.now()}));
    }
    Passkey passkey(const std::string& owner, Bytes credential) {
        return {.id = random_id(),
                .person = PersonId(owner),
                .credential_id = std::move(credential),
                .public_key = {1, 2, 3},
                .algorithm = -7,
                .sign_count = 4'294'967'295,
                .aaguid = Bytes(16, 9),
                .name = "Véra's phone",
                .transports = "internal hybrid",
                .backed_up = true,
                .added = clock.now(),
                .used = std::nullopt,
                .issued_by = "person:" + owner};
    }
    ConsoleSession session(const std::string& hash, const std::string& owner = "vera") {
        return {.token_hash = hash,
                .person = PersonId(owner),
                .enrolling = true,
                .factors = "invitation",
                .source = "::1",
                .agent = "x",
                .started = clock.now(),
                .last_input = clock.now()};
    }
    Passkeys passkeys{database};
    ConsoleSessions sessions{database};
    const PersonId vera{"vera"}, dana{"dana"};
};

TEST_F(PasskeysAndConsole, APasskeyComesBackAsItWasPutIn) {
    const auto put = passkey("vera", {7, 0, 7});
    must(passkeys.insert(put));
    const auto got = must(passkeys.find_credential({7, 0, 7}));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->id, put.id);
    EXPECT_EQ(got->person, vera);
    EXPECT_EQ(got->public_key, put.public_key);
    EXPECT_EQ(got->algorithm, -7);
    EXPECT_EQ(got->sign_count, 4'294'967'295);
    EXPECT_EQ(got->aaguid, put.aaguid);
    EXPECT_EQ(got->name, put.name);
    EXPECT_EQ(got->transports, put.transports);
    EXPECT_TRUE(got->backed_up);
    EXPECT_EQ(got->added, put.added);
    EXPECT_FALSE(got->used);
    EXPECT_EQ(got->issued_by, "person:vera");
    EXPECT_EQ(must(passkeys.count(vera)), 1);
    EXPECT_EQ(must(passkeys.count(dana)), 0);
}

TEST_F(PasskeysAndConsole, ACredentialBelongsToOnePerson) {
    must(passkeys.insert(passkey("vera", {7})));
    EXPECT_EQ(kind_of(passkeys.insert(passkey("dana", {7}))), ErrorKind::conflict);
    EXPECT_EQ(kind_of(passkeys.insert(passkey("vera", {7}))), ErrorKind::conflict);
    EXPECT_EQ(kind_of(passkeys.insert(passkey("nobody", {8}))), ErrorKind::not_found);
    EXPECT_FALSE(must(passkeys.find_credential({})));
}

TEST_F(PasskeysAndConsole, AUseIsNotedOnceForEachCounter) {
    auto put = passkey("vera", {7});
    put.sign_count = 3;
    must(passkeys.insert(put));
    must(passkeys.note_use(put, 4, false, clock.now()));
    const auto got = *must(passkeys.find_credential({7}));
    EXPECT_EQ(got.sign_count, 4);
    EXPECT_EQ(got.used, clock.now());
    EXPECT_FALSE(got.backed_up);
    EXPECT_EQ(kind_of(passkeys.note_use(put, 4, false, clock.now())), ErrorKind::conflict) << "read before the other was noted";
}

TEST_F(PasskeysAndConsole, OnlyOnesOwnIsRemoved) {
    const auto put = passkey("vera", {7});
    must(passkeys.insert(put));
    must(passkeys.insert(passkey("vera", {8})));
    EXPECT_EQ(kind_of(passkeys.remove(dana, put.id)), ErrorKind::not_found);
    must(passkeys.remove(vera, put.id));
    EXPECT_EQ(kind_of(passkeys.remove(vera, put.id)), ErrorKind::not_found);
    EXPECT_EQ(must(passkeys.remove_all(vera)), 1);
    EXPECT_TRUE(must(passkeys.of(vera)).empty());
}

TEST_F(PasskeysAndConsole, ASessionComesBackUntilItIsRemoved) {
    must(sessions.insert(session("aa")));
    const auto got = must(sessions.find("aa"));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->person, vera);
    EXPECT_TRUE(got->enrolling);
    EXPECT_EQ(got->factors, "invitation");
    EXPECT_EQ(got->started, clock.now());
    EXPECT_FALSE(must(sessions.find("ab")));
    EXPECT_EQ(kind_of(sessions.insert(session("bb", "nobody"))), ErrorKind::not_found);
    EXPECT_TRUE(must(sessions.remove("aa")));
    EXPECT_FALSE(must(sessions.remove("aa")));
}

TEST_F(PasskeysAndConsole, WhichSessionsAreOver) {
    must(sessions.insert(session("old")));
    clock.advance(1h);
    must(sessions.touch("old", clock.now()));
    must(sessions.insert(session("new", "dana")));
    EXPECT_TRUE(must(sessions.over(clock.now() - 1s, clock.now() - 2h)).empty());
    EXPECT_EQ(must(sessions.over(clock.now() - 1s, clock.now() - 1h)).size(), 1u) << "by age";
    EXPECT_EQ(must(sessions.over(clock.now(), clock.now() - 2h)).size(), 2u) << "by silence";
    EXPECT_EQ(must(sessions.of(vera)).at(0).token_hash, "old");
}

}  // namespace
}  // namespace anteroom::store
