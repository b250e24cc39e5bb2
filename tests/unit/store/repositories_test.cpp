// Each repository: what goes in comes out, and its hostile twins.
#include <thread>

#include "broker/store/attempts.h"
#include "broker/store/people.h"
#include "broker/store/person_keys.h"
#include "broker/store/policy_versions.h"
#include "broker/store/sessions.h"
#include "broker/store/target_secrets.h"
#include "broker/store/totp.h"
#include "tests/unit/store/temporary.h"

namespace anteroom::store {
namespace {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using namespace std::chrono_literals;

class Repositories : public anteroom::testing::WithDatabase {
protected:
    Person person(const std::string& name) { return {.name = PersonId(name), .created = clock.now()}; }
    void add(const std::string& name) { must(People(database).insert(person(name))); }
    PersonKey key(const std::string& owner, Bytes blob) {
        return {.id = random_id(),
                .person = PersonId(owner),
                .algorithm = "ssh-ed25519",
                .blob = std::move(blob),
                .fingerprint = "SHA256:x",
                .added = clock.now(),
                .added_by = "root"};
    }
    Session session(const std::string& worker) {
        return {.id = SessionId(random_id()),
                .worker = WorkerId(worker),
                .person = PersonId("vera"),
                .target = TargetId("mri-3"),
                .account = AccountId("service"),
                .started = clock.now(),
                .deadline = clock.now() + 1h,
                .recording_state = "open"};
    }
    const PersonId vera{"vera"}, dana{"dana"};
};

TEST_F(Repositories, APersonComesBackAsItWasPutIn) {
    Person put = person("vera");
    put.display_name = "Véra O'Neil";
    put.email = "vera@acme.example";
    put.vendor = "acme";
    put.groups = {"night", "imaging"};
    put.password_hash = "$argon2id$v=19$...";
    put.expires = clock.now() + 24h;
    put.set_up_by_admin = true;
    put.mark = "set up by an administrator";
    must(People(database).insert(put));
    add("dana");
    const auto got = must(People(database).find(vera));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->display_name, put.display_name);
    EXPECT_EQ(got->email, put.email);
    EXPECT_EQ(got->vendor, put.vendor);
    EXPECT_EQ(got->groups, (std::vector<std::string>{"imaging", "night"}));
    EXPECT_EQ(got->password_hash, put.password_hash);
    EXPECT_EQ(got->expires, put.expires);
    EXPECT_TRUE(got->set_up_by_admin);
    EXPECT_EQ(got->mark, put.mark);
    const auto all = must(People(database).list());
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].name, dana);
    EXPECT_EQ(all[1].groups.size(), 2u);
    EXPECT_FALSE(must(People(database).find(PersonId("nobody"))));
}

TEST_F(Repositories, ANameIsTakenOnceAndAlsoByADisabledPerson) {
    add("vera");
    must(People(database).set_disabled(vera, true));
    EXPECT_EQ(kind_of(People(database).insert(person("vera"))), ErrorKind::conflict);
    EXPECT_TRUE(must(People(database).find(vera))->disabled);
    must(People(database).set_disabled(vera, false));
    EXPECT_FALSE(must(People(database).find(vera))->disabled);
}

TEST_F(Repositories, ChangingAPersonWhoIsNotThereIsSaid) {
    People people(database);
    EXPECT_EQ(kind_of(people.set_disabled(vera, true)), ErrorKind::not_found);
    EXPECT_EQ(kind_of(people.set_password_hash(vera, "x")), ErrorKind::not_found);
    EXPECT_EQ(kind_of(people.set_groups(vera, {"a"})), ErrorKind::not_found);
    add("vera");
    must(people.set_password_hash(vera, "hash"));
    must(people.set_groups(vera, {"b", "a", "b"}));
    must(people.set_mark(vera, true, "m"));
    must(people.set_expires(vera, clock.now()));
    const auto got = must(people.find(vera));
    EXPECT_EQ(got->password_hash, "hash");
    EXPECT_EQ(got->groups, (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(got->expired(clock.now()));
    must(people.set_password_hash(vera, std::nullopt));
    EXPECT_FALSE(must(people.find(vera))->password_hash);
}

TEST_F(Repositories, AKeyBelongsToOnePersonOnly) {
    add("vera");
    add("dana");
    PersonKeys keys(database);
    const auto first = key("vera", {1, 2, 3});
    must(keys.insert(first));
    EXPECT_EQ(kind_of(keys.insert(key("dana", {1, 2, 3}))), ErrorKind::conflict);
    EXPECT_EQ(kind_of(keys.insert(key("vera", {1, 2, 3}))), ErrorKind::conflict);
    EXPECT_EQ(kind_of(keys.insert(key("nobody", {4}))), ErrorKind::not_found);
    EXPECT_EQ(must(keys.find_blob({1, 2, 3}))->person, vera);
    EXPECT_FALSE(must(keys.find_blob({1, 2})));
    EXPECT_EQ(kind_of(keys.remove(dana, first.id)), ErrorKind::not_found);
    must(keys.remove(vera, first.id));
    must(keys.insert(key("dana", {1, 2, 3})));
    EXPECT_EQ(must(keys.of(dana)).size(), 1u);
    EXPECT_EQ(must(keys.remove_all(dana)), 1);
}

TEST_F(Repositories, ANewEnrolmentTakesTheOldOnesPlaceAndIsUnconfirmed) {
    add("vera");
    Totp totp(database);
    EXPECT_EQ(kind_of(totp.confirm(vera)), ErrorKind::not_found);
    must(totp.enrol({.person = vera, .sealed_secret = "v1.a", .enrolled = clock.now(), .enrolled_by = "vera"}));
    must(totp.confirm(vera));
    EXPECT_TRUE(must(totp.find(vera))->confirmed);
    must(totp.enrol({.person = vera, .sealed_secret = "v1.b", .enrolled = clock.now(), .enrolled_by = "root"}));
    const auto got = must(totp.find(vera));
    EXPECT_FALSE(got->confirmed);
    EXPECT_EQ(got->sealed_secret, "v1.b");
    must(totp.remove(vera));
    EXPECT_FALSE(must(totp.find(vera)));
}

TEST_F(Repositories, OneOfAHundredUsesOfAStepIsAccepted) {
    add("vera");
    auto other = must(Database::open(address(), clock));
    int accepted = 0;
    for (int i = 0; i < 100; ++i) accepted += must(Totp(i % 2 == 0 ? database : other).use_step(vera, 59'000'000, clock.now())) ? 1 : 0;
    EXPECT_EQ(accepted, 1);
    EXPECT_TRUE(must(Totp(other).use_step(vera, 59'000'001, clock.now())));
    EXPECT_EQ(must(Totp(database).newest_step(vera)), 59'000'001);
    EXPECT_FALSE(must(Totp(database).newest_step(dana)));
}

TEST_F(Repositories, OneOfAHundredParallelUsesOfAStepIsAccepted) {
    add("vera");
    for (std::int64_t step = 0; step < 5; ++step) {
        std::atomic<int> accepted = 0, failed = 0;
        std::vector<std::thread> threads;
        for (int t = 0; t < 10; ++t) {
            threads.emplace_back([&] {
                auto own = Database::open(address(), clock);
                for (int i = 0; i < 10; ++i) {
                    const auto used = own ? Totp(*own).use_step(vera, step, clock.now()) : Result<bool>(false);
                    if (!own || !used) ++failed;
                    else accepted += *used ? 1 : 0;
                }
            });
        }
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(accepted, 1);
        EXPECT_EQ(failed, 0);
    }
}

TEST_F(Repositories, AStepUsedInATransactionThatFailsIsNotUsed) {
    add("vera");
    (void)database.transaction([&]() -> Status {
        EXPECT_TRUE(TRY(Totp(database).use_step(vera, 7, clock.now())));
        return fail(ErrorKind::refused, "no");
    });
    EXPECT_TRUE(must(Totp(database).use_step(vera, 7, clock.now())));
}

TEST_F(Repositories, AttemptsAreCountedByPersonAndKindAndForgottenOnSuccess) {
    Attempts attempts(database);
    for (int i = 0; i < 30; ++i) {
        must(attempts.note_attempt(vera, "password", clock.now()));
        clock.advance(10s);
    }
    must(attempts.note_attempt(vera, "code", clock.now()));
    const auto since = [&](const PersonId& who, std::string_view kind, Duration ago) { return must(attempts.failures_since(who, kind, clock.now() - ago)); };
    EXPECT_EQ(since(vera, "password", 1h), 30);
    EXPECT_EQ(since(vera, "code", 1h), 1);
    EXPECT_EQ(since(dana, "password", 1h), 0);
    EXPECT_GE(since(vera, "password", 2min), 12);  // never too few
    EXPECT_LE(since(vera, "password", 2min), 18);  // one window more at most
    must(attempts.clear(vera, "password"));
    EXPECT_EQ(since(vera, "password", 1h), 0);
    EXPECT_EQ(since(vera, "code", 1h), 1);
    must(attempts.forget_before(clock.now() + 1h));
    EXPECT_EQ(since(vera, "code", 1h), 0);
}

TEST_F(Repositories, AttemptsStillCountWhenTheClockIsSetBack) {
    Attempts attempts(database);
    for (int i = 0; i < 5; ++i) must(attempts.note_attempt(vera, "code", clock.now()));
    clock.jump_wall(-24h);
    EXPECT_EQ(must(attempts.failures_since(vera, "code", clock.now() - 5min)), 5);
}

TEST_F(Repositories, ASessionComesBackGrowsAndEndsOnce) {
    Sessions sessions(database);
    const auto put = session("w1");
    must(sessions.insert(put));
    EXPECT_EQ(kind_of(sessions.insert(put)), ErrorKind::conflict);
    must(sessions.set_commit(put.id, {.count = 5, .bytes = 100, .root = {9, 9}}));
    EXPECT_EQ(kind_of(sessions.set_commit(put.id, {.count = 4, .bytes = 200, .root = {}})), ErrorKind::conflict);
    EXPECT_EQ(kind_of(sessions.set_commit(put.id, {.count = 6, .bytes = 99, .root = {}})), ErrorKind::conflict);
    EXPECT_EQ(kind_of(sessions.set_commit(SessionId("x"), {})), ErrorKind::not_found);
    must(sessions.set_deadline(put.id, clock.now() + 2h));
    must(sessions.set_recording(put.id, "2026/a.arec", "open"));
    EXPECT_EQ(must(sessions.find_live(WorkerId("w1"))).size(), 1u);
    must(sessions.end(put.id, clock.now(), "closed by the client", "complete"));
    EXPECT_EQ(kind_of(sessions.end(put.id, clock.now(), "again", "torn")), ErrorKind::conflict);
    EXPECT_EQ(kind_of(sessions.end(SessionId("x"), clock.now(), "", "")), ErrorKind::not_found);
    EXPECT_EQ(kind_of(sessions.set_deadline(put.id, std::nullopt)), ErrorKind::not_found);
    const auto got = must(sessions.find(put.id));
    EXPECT_EQ(got->ended, clock.now());
    EXPECT_EQ(got->end_reason, "closed by the client");
    EXPECT_EQ(got->commit.bytes, 100);
    EXPECT_EQ(got->commit.root, (Bytes{9, 9}));
    EXPECT_EQ(got->recording_path, "2026/a.arec");
    EXPECT_EQ(got->recording_state, "complete");
    EXPECT_EQ(got->deadline, clock.now() + 2h);
    EXPECT_TRUE(must(sessions.find_live(WorkerId("w1"))).empty());
}

TEST_F(Repositories, SessionsAreListedNewestFirstAllOrLive) {
    Sessions sessions(database);
    std::vector<SessionId> ids;
    for (int i = 0; i < 3; ++i) {
        const auto one = session("w" + std::to_string(i));
        must(sessions.insert(one));
        ids.push_back(one.id);
        clock.advance(1s);
    }
    must(sessions.end(ids[1], clock.now(), "", ""));
    EXPECT_EQ(must(sessions.list(Sessions::Which::all)).front().id, ids[2]);
    EXPECT_EQ(must(sessions.list(Sessions::Which::all, 2)).size(), 2u);
    EXPECT_EQ(must(sessions.list(Sessions::Which::live)).size(), 2u);
}

TEST_F(Repositories, PolicyVersionsAreNumberedAndAChangedOneIsRefused) {
    PolicyVersions policies(database);
    EXPECT_FALSE(must(policies.latest()));
    EXPECT_EQ(must(policies.insert("version: 1\n# a\n", clock.now(), "root")), 1);
    EXPECT_EQ(must(policies.insert("version: 1\n# b\n", clock.now(), "root")), 2);
    EXPECT_EQ(must(policies.latest())->text, "version: 1\n# b\n");
    EXPECT_EQ(must(policies.get(1))->text, "version: 1\n# a\n");
    EXPECT_FALSE(must(policies.get(3)));
    EXPECT_EQ(must(policies.list()).front().version, 2);
    must(database.execute("UPDATE policy_versions SET content = ? WHERE version = 2", {"version: 1\nrules: any\n"}));
    EXPECT_EQ(kind_of(policies.latest()), ErrorKind::damaged);
}

TEST_F(Repositories, ATargetsSecretIsReplacedAndRemoved) {
    TargetSecrets secrets(database);
    const TargetId target("mri-3");
    const AccountId account("HOSP\\Svc$");
    must(secrets.put({.target = target, .account = account, .kind = "password", .sealed = "v1.a", .public_blob = std::nullopt, .updated = clock.now()}));
    must(secrets.put({.target = target, .account = account, .kind = "key", .sealed = "v1.b", .public_blob = Bytes{1}, .updated = clock.now()}));
    EXPECT_EQ(must(secrets.list()).size(), 1u);
    EXPECT_EQ(must(secrets.find(target, account))->public_blob, Bytes{1});
    EXPECT_FALSE(must(secrets.find(target, AccountId("root"))));
    must(secrets.remove(target, account));
    EXPECT_EQ(kind_of(secrets.remove(target, account)), ErrorKind::not_found);
}

}  // namespace
}  // namespace anteroom::store
