// Creating, opening and spoiling an installation; the policy in force; codes that are good once.
#include "broker/installation/installation.h"

#include <gmock/gmock.h>

#include <atomic>
#include <barrier>
#include <thread>

#include "broker/audit/reader.h"
#include "broker/audit/verify.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::installation {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using Kind = identity::CodeVerdict::Kind;

constexpr std::string_view good_policy = R"(version: 1
targets:
  mri-3:
    address: 10.20.3.7:22
    protocol: ssh
    host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBruCY6cgq4QfKt2vKRIgNliT7r+5XvLbFC984Pz16cy
    accounts: { service: { secret: stored } }
rules:
  - { id: dana, who: [person:dana], to: { targets: [mri-3] }, allow: [shell], access: standing }
)";

// ---- create and open ---------------------------------------------------------------------------------------------------------

class CreateTest : public WithInstallation {};

TEST_F(CreateTest, MakesWhatOpens) {
    const auto installation = opened();
    EXPECT_EQ(installation->host_keys.fingerprint(), original().made.fingerprint);
    EXPECT_TRUE(installation->log.has_value());
    EXPECT_EQ(installation->policy.version, 1);
    EXPECT_EQ(must(installation->policy_versions.latest())->applied_by, "init");
    EXPECT_FALSE(original().made.escrow_text.empty());
    EXPECT_TRUE(vault::parse_escrow(original().made.escrow_text));
}

TEST_F(CreateTest, LetsNobodyElseIntoTheFolderTheKeysOrTheDatabase) {
    const auto mode = [&](const std::string& path) {
        struct stat found{};
        return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 07777;
    };
    const auto made = original().dir;
    for (const char* folder : {"", "/keys", "/run", "/recordings"}) EXPECT_EQ(mode(made + folder), 0700u) << folder;
    for (const char* file : {"/keys/keyring", "/keys/host-keys", "/anteroom.db"}) EXPECT_EQ(mode(made + file), 0600u) << file;
}

TEST_F(CreateTest, KeepsTheEscrowKeyNowhere) {
    const auto escrow = must(vault::parse_escrow(original().made.escrow_text));
    const auto scalar = to_string(escrow.private_key.expose());
    const std::string forms[] = {scalar, hex(view(scalar)), base64(view(scalar)), base64_unpadded(view(scalar))};
    for (const auto& [name, content] : snapshot(dir))
        for (const auto& form : forms) EXPECT_EQ(content.find(form), std::string::npos) << name;
}

TEST_F(CreateTest, ASecondTimeIsAConflictAndChangesNothing) {
    const auto before = snapshot(dir);
    EXPECT_EQ(kind_of(Installation::create(dir, clock)), ErrorKind::conflict);
    EXPECT_EQ(snapshot(dir), before);
    // Also when what makes it an installation is gone: keys are never overwritten.
    std::filesystem::remove(paths.config());
    const auto keys = snapshot(dir + "/keys");
    EXPECT_EQ(kind_of(Installation::create(dir, clock)), ErrorKind::conflict);
    EXPECT_EQ(snapshot(dir + "/keys"), keys);
    EXPECT_FALSE(std::filesystem::exists(paths.config()));
}

TEST_F(CreateTest, InAFolderThatCannotBeMadeNamesIt) {
    write("file", "x");
    const auto failed = Installation::create(dir + "/file/anteroom", clock);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().detail, HasSubstr(dir + "/file/anteroom"));
}

class OpenTest : public WithInstallation {};

TEST_F(OpenTest, SaysWhatToDoWhereThereIsNone) {
    const auto failed = Installation::open(directory.file("nowhere"), clock);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, ErrorKind::not_found);
    EXPECT_THAT(failed.error().detail, HasSubstr(directory.file("nowhere") + "/anteroom.yaml"));
    EXPECT_THAT(failed.error().detail, HasSubstr("anteroom init --dir " + directory.file("nowhere")));
}

TEST_F(OpenTest, NamesFileLineAndKeyOfAWrongConfiguration) {
    write("anteroom.yaml", "site:\n  zone: Mars\n");
    const auto error = open_error();
    EXPECT_EQ(error.kind, ErrorKind::invalid);
    EXPECT_THAT(error.detail, HasSubstr(paths.config() + ":2: site.zone"));
}

TEST_F(OpenTest, RefusesAKeyRingThatIsGoneReadableForOthersOrChanged) {
    const auto ring = text_of("keys/keyring");
    std::filesystem::permissions(dir + "/keys/keyring", std::filesystem::perms(0640));
    EXPECT_EQ(open_error().kind, ErrorKind::refused);
    EXPECT_THAT(open_error().detail, HasSubstr("keyring"));
    write("keys/keyring", ring.substr(0, ring.size() / 2));
    EXPECT_THAT(open_error().detail, HasSubstr("keyring"));
    std::filesystem::remove(dir + "/keys/keyring");
    EXPECT_THAT(open_error().detail, HasSubstr("keyring"));
    write("keys/keyring", ring);
    EXPECT_TRUE(Installation::open(dir, clock));
}

TEST_F(OpenTest, RefusesHostKeysOfAnotherInstallation) {
    std::filesystem::create_directories(directory.file("other/keys"));
    std::filesystem::permissions(directory.file("other/keys"), std::filesystem::perms(0700));
    const auto other = must(vault::KeyRing::create(directory.file("other"), nullptr));
    must(HostKeys::create(paths.host_keys(), paths.host_keys_public(), other.ring));
    EXPECT_EQ(open_error().kind, ErrorKind::refused);
}

TEST_F(OpenTest, RefusesADatabaseThatIsNone) {
    write("anteroom.db", std::string(10000, 'x'));
    EXPECT_FALSE(Installation::open(dir, clock));
    EXPECT_EQ(text_of("anteroom.db"), std::string(10000, 'x')) << "and leaves it alone";
}

TEST_F(OpenTest, RefusesAStoredPolicyThatDoesNotParseInsteadOfGoingOnWithout) {
    {
        const auto installation = opened();
        must(installation->policy_versions.insert("version: 1\nnonsense: true\n", clock.now(), "somebody"));
    }
    EXPECT_THAT(open_error().detail, HasSubstr("policy version 2"));
}

TEST_F(OpenTest, TakesThePassphraseFromItsFileWithOrWithoutTheNewline) {
    const Secret passphrase = Secret::copy_of("correct horse");
    must(must(vault::KeyRing::load(dir, nullptr)).store_under(dir, &passphrase));
    EXPECT_EQ(open_error().kind, ErrorKind::refused) << "no passphrase";
    write("anteroom.yaml", "keys: {passphrase_file: " + dir + "/passphrase}\n");
    EXPECT_EQ(open_error().kind, ErrorKind::not_found) << "no file";
    write("passphrase", "wrong horse\n");
    EXPECT_EQ(open_error().kind, ErrorKind::refused);
    for (const char* text : {"correct horse", "correct horse\n", "correct horse\r\n"}) {
        write("passphrase", text);
        EXPECT_TRUE(Installation::open(dir, clock)) << printable(text);
    }
}

TEST_F(OpenTest, KeepsItsChainForEver) {
    const auto chain = opened()->log->chain();
    EXPECT_EQ(opened()->log->chain(), chain);
    EXPECT_TRUE(is_name(chain)) << chain;
}

TEST_F(OpenTest, PutsRecordingsWhereTheConfigurationSays) {
    const SessionId session("0123456789abcdef");
    EXPECT_EQ(opened()->recording_path(session), dir + "/recordings/0123456789abcdef.arec");
    write("anteroom.yaml", "recordings: {dir: " + dir + "/elsewhere}\n");
    const auto installation = opened();
    EXPECT_EQ(installation->checkpoints_path(session), dir + "/elsewhere/0123456789abcdef.ckpt");
    EXPECT_TRUE(std::filesystem::is_directory(dir + "/elsewhere"));
}

// ---- the policy in force -----------------------------------------------------------------------------------------------------

class PolicyTest : public WithInstallation {
protected:
    std::size_t audit_records(Installation& installation) {
        std::size_t count = 0;
        must(audit::each_entry(installation.database, installation.log->chain(), {}, [&](const audit::Entry&) {
            ++count;
            return ok();
        }));
        return count;
    }
};

TEST_F(PolicyTest, IsAppliedAsTheNextVersionWithItsAuditRecordAndStaysInForce) {
    {
        const auto installation = opened();
        const auto before = audit_records(*installation);
        EXPECT_EQ(must(installation->apply_policy(good_policy, "policy.yaml", "dana")), 2);
        EXPECT_EQ(installation->policy.version, 2);
        EXPECT_EQ(installation->policy.document.rules.size(), 1u);
        EXPECT_EQ(audit_records(*installation), before + 1);
    }
    const auto again = opened();
    EXPECT_EQ(again->policy.version, 2);
    EXPECT_EQ(again->policy.document.rules.size(), 1u);
    const auto kept = must(again->policy_versions.latest());
    EXPECT_EQ(kept->text, good_policy);
    EXPECT_EQ(kept->applied_by, "dana");
}

TEST_F(PolicyTest, ThatIsBrokenChangesNothing) {
    const auto installation = opened();
    must(installation->apply_policy(good_policy, "policy.yaml", "dana"));
    const auto before = audit_records(*installation);
    const auto files = snapshot(dir)["/policy.yaml"];
    for (const char* text : {"", "version: 2\n", "version: 1\nrulez: []\n", "version: 1\nrules: [\n", "version: 1\nversion: 1\n",
                             "version: 1\nrules: [{ id: a, who: [nobody], to: {}, allow: [fly] }]\n", "\xff\xfe"}) {
        const auto failed = installation->apply_policy(text, "policy.yaml", "dana");
        ASSERT_FALSE(failed) << text;
        EXPECT_EQ(failed.error().kind, ErrorKind::invalid);
        EXPECT_THAT(failed.error().detail, HasSubstr("policy.yaml:")) << text;
        EXPECT_EQ(installation->policy.version, 2);
        EXPECT_EQ(installation->policy.document.rules.size(), 1u);
        EXPECT_EQ(must(installation->policy_versions.latest())->version, 2);
        EXPECT_EQ(audit_records(*installation), before);
    }
    EXPECT_EQ(snapshot(dir)["/policy.yaml"], files);
    EXPECT_EQ(opened()->policy.version, 2);
}

TEST_F(PolicyTest, ThatCannotBeAuditedIsNotApplied) {
    const auto installation = opened();
    must(installation->database.execute("ALTER TABLE audit_records RENAME TO gone"));
    EXPECT_FALSE(installation->apply_policy(good_policy, "policy.yaml", "dana"));
    EXPECT_EQ(installation->policy.version, 1);
    EXPECT_EQ(must(installation->policy_versions.latest())->version, 1) << "no version without its record";
    must(installation->database.execute("ALTER TABLE gone RENAME TO audit_records"));
    EXPECT_EQ(must(installation->apply_policy(good_policy, "policy.yaml", "dana")), 2) << "and it can be applied when the log is back";
}

// ---- facts -------------------------------------------------------------------------------------------------------------------

store::Person person(std::string name) {
    store::Person one;
    one.name = PersonId(std::move(name));
    one.display_name = "Somebody";
    one.created = start_of_tests();
    return one;
}

TEST_F(PolicyTest, GetsTheFactsOfAPersonAndNoneOfAStranger) {
    const auto installation = opened();
    auto alice = person("alice");
    alice.vendor = "acme";
    alice.groups = {"night", "imaging"};
    alice.expires = start_of_tests() + std::chrono::hours(1);
    must(installation->people.insert(alice));
    must(installation->people.insert(person("dana")));
    must(installation->people.set_disabled(PersonId("dana"), true));
    const auto facts = must(installation->facts_of(PersonId("alice"), "192.0.2.1"));
    EXPECT_EQ(facts.person, PersonId("alice"));
    EXPECT_EQ(facts.groups, (std::vector<std::string>{"imaging", "night"}));
    EXPECT_EQ(facts.vendor, VendorId("acme"));
    EXPECT_EQ(facts.source_ip, "192.0.2.1");
    EXPECT_EQ(facts.person_expires, alice.expires);
    EXPECT_FALSE(facts.disabled);
    const auto other = must(installation->facts_of(PersonId("dana"), ""));
    EXPECT_TRUE(other.disabled);
    EXPECT_EQ(other.vendor, std::nullopt);
    EXPECT_EQ(kind_of(installation->facts_of(PersonId("mallory"), "192.0.2.1")), ErrorKind::not_found);
}

// ---- codes -------------------------------------------------------------------------------------------------------------------

class CodeTest : public WithInstallation {
protected:
    CodeTest() {
        for (const char* name : {"alice", "dana", "ruth"}) must(installation->people.insert(person(name)));
        enrol("alice", alice);
        enrol("dana", dana);
    }
    void enrol(const std::string& name, const Secret& secret) {
        must(installation->totp.enrol({PersonId(name), must(installation->ring.seal(vault::purpose::totp, name, secret)), true, clock.now(), name}));
    }
    identity::CodeVerdict check(const std::string& name, const std::string& code) { return installation->check_code(PersonId(name), Secret::copy_of(code)); }
    std::string code(const Secret& secret, std::chrono::seconds from_now = {}) const { return must(identity::totp_generate(secret, clock.now() + from_now)); }

    std::unique_ptr<Installation> installation = opened();
    const Secret alice = identity::totp_new_secret(), dana = identity::totp_new_secret();
};

TEST_F(CodeTest, IsAcceptedOnceAndThenSaysThatItWasUsed) {
    EXPECT_EQ(check("alice", code(alice)).kind, Kind::accepted);
    const auto again = check("alice", code(alice));
    EXPECT_EQ(again.kind, Kind::used);
    EXPECT_GT(again.until_next, std::chrono::seconds(0));
    EXPECT_LE(again.until_next, std::chrono::seconds(30));
    EXPECT_EQ(opened()->check_code(PersonId("alice"), Secret::copy_of(code(alice))).kind, Kind::used) << "nor after a restart";
    clock.advance(std::chrono::seconds(30));
    EXPECT_EQ(check("alice", code(alice)).kind, Kind::accepted) << "the next one is good";
}

TEST_F(CodeTest, OfAnEarlierStepIsRefusedOnceALaterOneWasUsed) {
    const auto earlier = code(alice, std::chrono::seconds(-30)), now = code(alice), later = code(alice, std::chrono::seconds(30));
    EXPECT_EQ(check("alice", later).kind, Kind::accepted) << "one step ahead, a clock that goes fast";
    EXPECT_NE(check("alice", now).kind, Kind::accepted);
    EXPECT_NE(check("alice", earlier).kind, Kind::accepted);
    clock.jump_wall(std::chrono::hours(-24));
    EXPECT_NE(check("alice", code(alice)).kind, Kind::accepted) << "a clock that was set back makes no old code good";
}

TEST_F(CodeTest, OfAStrangerOfNobodyAndOfNoEnrolmentIsWrong) {
    EXPECT_EQ(check("alice", code(dana)).kind, Kind::wrong);
    EXPECT_EQ(check("mallory", code(alice)).kind, Kind::wrong);
    EXPECT_EQ(check("ruth", code(alice)).kind, Kind::wrong) << "not enrolled";
    for (const char* text : {"", "000", "1234567", "abcdef", "' OR 1=1", "\n"}) EXPECT_EQ(check("alice", text).kind, Kind::wrong) << text;
    EXPECT_EQ(check("alice", code(alice, std::chrono::seconds(90))).kind, Kind::wrong) << "too far ahead";
    EXPECT_EQ(check("alice", code(alice, std::chrono::seconds(-90))).kind, Kind::wrong) << "too long ago";
    EXPECT_EQ(check("alice", code(alice)).kind, Kind::accepted) << "and none of that used hers up";
}

TEST_F(CodeTest, OfOnePersonDoesNotUseUpAnothers) {
    enrol("ruth", alice);  // the same secret, which nobody should have
    EXPECT_EQ(check("alice", code(alice)).kind, Kind::accepted);
    EXPECT_EQ(check("ruth", code(alice)).kind, Kind::accepted);
}

TEST_F(CodeTest, WhoseSecretWasPutIntoAnotherRowIsWrong) {
    const auto sealed = must(installation->totp.find(PersonId("dana")))->sealed_secret;
    must(installation->totp.enrol({PersonId("alice"), sealed, true, clock.now(), "mallory"}));
    EXPECT_EQ(check("alice", code(dana)).kind, Kind::wrong) << "sealed for dana, it does not open for alice";
    must(installation->totp.enrol({PersonId("alice"), "v1.nonsense", true, clock.now(), "mallory"}));
    EXPECT_EQ(check("alice", code(alice)).kind, Kind::wrong);
}

TEST_F(CodeTest, DoesNotBecomeGoodAgainByANewEnrolment) {
    EXPECT_EQ(check("alice", code(alice)).kind, Kind::accepted);
    must(installation->totp.remove(PersonId("alice")));
    EXPECT_EQ(check("alice", code(alice)).kind, Kind::wrong);
    enrol("alice", alice);
    EXPECT_NE(check("alice", code(alice)).kind, Kind::accepted);
}

TEST_F(CodeTest, IsNotAcceptedWhenItsUseCannotBeWrittenDown) {
    must(installation->database.execute("ALTER TABLE totp_steps RENAME TO gone"));
    EXPECT_NE(check("alice", code(alice)).kind, Kind::accepted);
    must(installation->database.execute("ALTER TABLE gone RENAME TO totp_steps"));
    EXPECT_EQ(check("alice", code(alice)).kind, Kind::accepted);
}

TEST_F(CodeTest, IsAcceptedOnceAlsoWhenAHundredComeInParallel) {
    constexpr int connections = 4, rounds = 25;
    std::vector<std::unique_ptr<Installation>> open;
    for (int i = 0; i < connections; ++i) open.push_back(opened());
    const std::string text = code(alice);
    std::barrier start(connections);
    std::atomic<int> accepted = 0, other = 0;
    std::vector<std::thread> threads;
    for (const auto& one : open)
        threads.emplace_back([&, broker = one.get()] {
            start.arrive_and_wait();
            for (int i = 0; i < rounds; ++i) (broker->check_code(PersonId("alice"), Secret::copy_of(text)).kind == Kind::accepted ? accepted : other)++;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(accepted, 1);
    EXPECT_EQ(other, connections * rounds - 1);
}

}  // namespace
}  // namespace anteroom::installation
