// Signing in at the console, at the daemon's door: as the SSH login judges, in its words, with its records and its slowing.
#include "broker/daemon/console_door.h"

#include <gmock/gmock.h>

#include <thread>

#include "broker/audit/reader.h"
#include "broker/identity/password.h"
#include "broker/identity/typed_code.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::daemon {
namespace {

using anteroom::testing::must;
using console::Gate;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class Penalties final : public GatewayDoor {
public:
    void set_deadline(const WorkerId&, Monotonic, bool, bool) override {}
    void end_worker(const WorkerId&) override {}
    void penalize(const std::string& source, Duration) override { sources.push_back(source); }
    std::vector<std::string> sources;
};

class ConsoleDoor : public installation::testing::WithInstallation {
protected:
    static constexpr const char* password = "correct horse battery";
    static constexpr const char* wrong = "Password or code not right.";

    ConsoleDoor() {
        here = opened();
        const auto hash = must(identity::hash_password(Secret::copy_of(std::string_view(password))));
        for (const char* name : {"dana", "nora"}) {
            store::Person person;
            person.name = PersonId(name);
            person.created = clock.now();
            must(here->people.insert(person));
        }
        must(here->people.set_password(dana, hash, clock.now(), "person:dana"));
        codes = identity::totp_new_secret();
        must(here->totp.enrol({dana, must(here->ring.seal(vault::purpose::totp, "dana", codes)), true, clock.now(), "person:dana"}));
        shared = std::make_unique<Shared>(io, *here, gateway);
        shared->slowing = identity::Slowing(identity::SlowingLimits{.free_failures = 1000});  // counted, and nothing waits for an answer
        door = console_door(*shared);
    }
    ~ConsoleDoor() override {
        shared->passwords.stop();
        shared->recording_pool.join();
        io.restart();
        io.poll();
    }

    Gate::Door::SignInAnswer sign_in(const std::string& user, std::string_view typed, std::string_view code, const std::string& source = "203.0.113.7") {
        std::optional<Gate::Door::SignInAnswer> answer;
        Gate::Door::SignIn asked{user, Secret::copy_of(typed), Secret::copy_of(code), source, "Firefox"};
        door.sign_in(std::move(asked), [&](Gate::Door::SignInAnswer given) {
            EXPECT_FALSE(answer) << "answered twice";
            answer = std::move(given);
        });
        for (int i = 0; i < 30'000 && !answer; ++i) {
            io.restart();
            io.poll();
            if (!answer) std::this_thread::sleep_for(1ms);  // a pool's thread, or a delay that is due
        }
        if (!answer) throw std::runtime_error("no answer");
        return std::move(*answer);
    }
    std::string code() {
        clock.advance(30s);
        return must(identity::totp_generate(codes, clock.now()));
    }
    std::vector<audit::Entry> records(const std::string& kind) {
        std::vector<audit::Entry> list;
        audit::Filter filter;
        filter.kind = kind;
        must(audit::each_entry(here->database, here->log->chain(), filter, [&](const audit::Entry& entry) {
            list.push_back(entry);
            return ok();
        }));
        return list;
    }
    std::string invite(const PersonId& person) {
        const auto made = identity::new_typed_code(identity::TypedCode::invitation);
        const auto hash = identity::hash_of_typed(identity::TypedCode::invitation, person, made.expose_text());
        must(here->invitations.make({person, hash.value(), clock.now(), clock.now() + 72h, "unix:root", 0}));
        return std::string(made.expose_text());
    }

    const PersonId dana{"dana"}, nora{"nora"};
    Secret codes;
    int answered = 0;
    boost::asio::io_context io;
    Penalties gateway;
    std::unique_ptr<installation::Installation> here;
    std::unique_ptr<Shared> shared;
    Gate::Door door;
};

TEST_F(ConsoleDoor, PasswordAndCodeOpenIt) {
    const auto answer = sign_in("dana", password, code());
    ASSERT_TRUE(answer.person) << answer.sentence;
    EXPECT_EQ(*answer.person, dana);
    EXPECT_FALSE(answer.enrolling);
    EXPECT_EQ(answer.factors, "password+code");
    ASSERT_EQ(records("login.accepted").size(), 1u);
    EXPECT_EQ(records("login.accepted")[0].fields.at("at"), "console");
}

TEST_F(ConsoleDoor, StrangersAndWrongFactorsGetTheSameAnswer) {
    const auto good = code();
    for (const auto& [user, typed, shown] : {std::tuple<std::string, std::string, std::string>{"nobody", password, good},
                                             {"dana", "another password", good},
                                             {"dana", password, "000000"},
                                             {"dana", password, ""},
                                             {"nobody", password, ""},
                                             {"nora", password, good},
                                             {"no name at all!", password, good}}) {
        const auto answer = sign_in(user, typed, shown, "198.51.100." + std::to_string(user.size()));
        EXPECT_FALSE(answer.person) << user;
        EXPECT_EQ(answer.sentence, wrong) << user;
        EXPECT_EQ(answer.retry_after, 0u) << user;
        EXPECT_FALSE(answer.too_many) << user;
    }
    EXPECT_TRUE(records("login.accepted").empty());
    EXPECT_GE(records("login.refused").size(), 5u) << "a missing code hides nobody";
    EXPECT_TRUE(sign_in("dana", password, good, "192.0.2.1").person) << "a wrong password used no code up";
}

TEST_F(ConsoleDoor, AUsedCodeIsSaidToWhoeverHasThePasswordRight) {
    const auto once = code();
    ASSERT_TRUE(sign_in("dana", password, once).person);
    const auto again = sign_in("dana", password, once);
    EXPECT_FALSE(again.person);
    EXPECT_THAT(again.sentence, HasSubstr("used already"));
    EXPECT_GT(again.retry_after, 0u);
    const auto guessed = sign_in("dana", "another password", once);
    EXPECT_EQ(guessed.sentence, wrong);
}

TEST_F(ConsoleDoor, DisabledPeopleAreStrangers) {
    must(here->people.set_disabled(dana, true));
    const auto answer = sign_in("dana", password, code());
    EXPECT_FALSE(answer.person);
    EXPECT_EQ(answer.sentence, wrong);
}

TEST_F(ConsoleDoor, AnInvitationOpensEnrolmentUnlessThereAreFactors) {
    const auto invitation = invite(nora);
    auto answer = sign_in("nora", invitation, "");
    ASSERT_TRUE(answer.person) << answer.sentence;
    EXPECT_TRUE(answer.enrolling);
    EXPECT_EQ(answer.factors, "invitation");
    must(here->passkeys.insert(
        {.id = random_id(), .person = nora, .credential_id = Bytes(16, 1), .public_key = {1}, .algorithm = -7, .issued_by = "person:nora"}));
    answer = sign_in("nora", invitation, "");
    EXPECT_FALSE(answer.person) << "a passkey is a factor, too";
    EXPECT_EQ(answer.sentence, wrong);
}

TEST_F(ConsoleDoor, AnAddressThatFailsTooOftenWaits) {
    const std::string source = "203.0.113.9";
    for (int i = 0; i < 20; ++i) shared->slowing.count({source, "", false, identity::AttemptKind::key}, clock.monotonic());
    EXPECT_GT(door.refused_for(source), Duration(0));
    const auto answer = sign_in("dana", password, code(), source);
    EXPECT_FALSE(answer.person);
    EXPECT_TRUE(answer.too_many);
    EXPECT_GT(answer.retry_after, 0u);
    EXPECT_EQ(records("login.refused").at(0).fields.at("why"), "too_many");
    EXPECT_TRUE(sign_in("dana", password, code(), "203.0.113.10").person) << "others are not held up";
}

// Who waits for an answer occupies a call of the web server's, which has so many for all: approvals go through all the same.
TEST_F(ConsoleDoor, SoManySignInsAreUnderWayAtMost) {
    std::size_t refused = 0;
    const auto attack = [&](int from) {
        Gate::Door::SignIn asked{"dana", Secret::copy_of("wrong"), Secret::copy_of("000000"), "198.51.100." + std::to_string(from), "curl"};
        door.sign_in(std::move(asked), [&](const Gate::Door::SignInAnswer& given) {
            EXPECT_FALSE(given.person);
            if (given.too_many) ++refused;
        });
    };
    for (std::size_t i = 0; i < Shared::most_console_sign_ins; ++i) attack(static_cast<int>(i));
    EXPECT_EQ(shared->console_sign_ins, Shared::most_console_sign_ins);
    EXPECT_EQ(refused, 0u);
    attack(250);
    EXPECT_EQ(refused, 1u);
    EXPECT_EQ(records("login.refused").back().fields.at("why"), "busy");
    bool told = false;
    door.attempt("198.51.100.251", [] { return false; }, [&] { told = true; });
    EXPECT_TRUE(told) << "a passkey that is wrong waits for no place";
}

TEST_F(ConsoleDoor, PasskeysThatFailCountForTheirAddressAndGoodOnesDoNot) {
    const std::string source = "203.0.113.9";
    for (int i = 0; i < 40; ++i) door.attempt(source, [] { return true; }, [&] { ++answered; });
    EXPECT_EQ(answered, 40) << "at once";
    EXPECT_EQ(door.refused_for(source), Duration(0));
    for (int i = 0; i < 20; ++i) door.attempt(source, [] { return false; }, [&] { ++answered; });
    EXPECT_GT(door.refused_for(source), Duration(0));
    EXPECT_EQ(gateway.sources.back(), source) << "nor does the SSH gateway let it in";
    EXPECT_EQ(answered, 40) << "none of these at once";
}

TEST_F(ConsoleDoor, PasswordsAreHashedOffTheLoop) {
    std::optional<Result<std::string>> hashed;
    door.hash_password(Secret::copy_of(std::string_view(password)), [&](Result<std::string> done) { hashed = std::move(done); });
    EXPECT_FALSE(hashed);
    for (int i = 0; i < 30'000 && !hashed; ++i) {
        io.restart();
        io.poll();
        if (!hashed) std::this_thread::sleep_for(1ms);
    }
    ASSERT_TRUE(hashed && *hashed);
    EXPECT_TRUE(identity::verify_password(**hashed, Secret::copy_of(std::string_view(password))));
}

}  // namespace
}  // namespace anteroom::daemon
