// Thousands of random connections: an independent observer, which knows only what went in and out, must agree with every acceptance.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/identity/login_scene.h"

using namespace anteroom;
using namespace anteroom::identity;
using namespace anteroom::identity::scene;

namespace {

constexpr const char* names[] = {"dana", "eve", "max", "nils", "vera", "ines", "ivan", "emil", "nobody", "../x"};
constexpr std::size_t name_count = std::size(names);

// Drives a Login directly, with verdicts that may be right, wrong, used, stale or unasked.
class Observer {
public:
    explicit Observer(unsigned seed) : dice_(seed), user_(names[pick(name_count)]) {}

    void play() {
        for (int i = 0; i < 60; ++i) judge(login_.on(next(), Monotonic{}));
    }
    int acceptances = 0, enrolling = 0, by_ticket = 0;

private:
    std::size_t pick(std::size_t below) { return dice_() % below; }
    bool chance(int percent) { return static_cast<int>(pick(100)) < percent; }

    std::string user() {
        if (!chance(2)) return user_;
        std::string other = names[pick(name_count)];
        renamed_ = renamed_ || (begun_ && other != user_);
        if (!begun_) user_ = other;
        return other;
    }
    Bytes key() { return to_bytes(std::string_view(chance(70) ? user_ : names[pick(name_count)])); }

    Event next() {
        if (pending_ && chance(97)) return result();
        if (asked_ && chance(85)) {
            InteractiveAnswers answers;
            answers.answers.push_back(Secret::copy_of(chance(10) ? "" : "text"));
            if (chance(1)) answers.answers.push_back(Secret());
            return answers;
        }
        auto name = user();
        begun_ = true;
        switch (pick(7)) {
            case 6: return TicketPresented{name, Secret::copy_of("token")};
            case 0: return NoneRequest{name};
            case 1: return KeyOffer{name, key()};
            case 2: {
                auto blob = key();
                bool verified = chance(50);
                auto found = world_.find(user_);
                bool theirs = found != world_.end() && found->second.facts.may_log_in && !found->second.facts.key_blobs.empty() &&
                              found->second.facts.key_blobs.front() == blob;
                key_proven_ = key_proven_ || (verified && theirs && name == user_);
                return KeyProof{name, blob, verified, {}};
            }
            case 3: return PasswordRequest{name, Secret::copy_of("text")};
            default: return InteractiveStart{name};
        }
    }

    Event result() {
        auto effect = *pending_;
        pending_.reset();
        auto ticket = effect.ticket + (chance(1) ? 1 : 0);
        if (effect.kind == 0) {
            auto found = world_.find(effect.person);
            return PersonLoaded{ticket, found == world_.end() ? std::nullopt : std::optional(found->second.facts)};
        }
        if (effect.kind == 1) {
            const bool right = chance(60);
            (effect.invitation ? invitation_right_ : password_right_) = right;
            return PasswordChecked{ticket, right};  // even for nobody: the machine must not believe it
        }
        if (effect.kind == 3) {
            // Even a good one in another's name, or for somebody who may not sign on: the machine must not believe it.
            using Kind = TicketVerdict::Kind;
            const std::string whose = chance(70) ? user_ : names[pick(name_count)];
            const auto verdict = chance(15) ? Kind::good : chance(50) ? Kind::used : Kind::unknown;
            ticket_good_ = verdict == Kind::good && whose == user_ && effect.person == user_ && ticket == effect.ticket;
            if (!ticket_good_) begun_ = key_proven_ = password_right_ = invitation_right_ = code_accepted_ = false;
            return TicketChecked{ticket, {verdict, {PersonId(whose), TargetId("ct-1"), {}}, Time{}, "then"}};
        }
        auto kind = chance(40) ? CodeVerdict::Kind::accepted : chance(40) ? CodeVerdict::Kind::used : CodeVerdict::Kind::wrong;
        code_accepted_ = kind == CodeVerdict::Kind::accepted && effect.person == user_;
        return CodeChecked{ticket, {.kind = kind, .step = 1}};
    }

    void judge(const Step& step) {
        asked_ = step.answer && std::holds_alternative<Ask>(*step.answer);
        int started = 0;
        for (const auto& effect : step.effects) {
            if (const auto* look = std::get_if<LookUp>(&effect)) pending_ = {look->ticket, 0, look->person ? look->person->str() : ""}, ++started;
            if (const auto* check = std::get_if<CheckPassword>(&effect))
                pending_ = {check->ticket, 1, check->person ? check->person->str() : "", check->invitation}, ++passwords_, ++started;
            if (const auto* check = std::get_if<CheckCode>(&effect))
                pending_ = {check->ticket, 2, check->person ? check->person->str() : ""}, ++codes_, ++started;
            if (const auto* check = std::get_if<CheckTicket>(&effect))
                pending_ = {check->ticket, 3, check->person ? check->person->str() : ""}, ++tickets_, ++started;
            if (const auto* check = std::get_if<CheckPassword>(&effect)) EXPECT_TRUE(!check->person || check->person->str() == user_);
        }
        EXPECT_EQ(started, step.answer ? 0 : 1) << "an answer, or exactly one effect to wait for";
        EXPECT_LE(passwords_, login::max_attempts);
        EXPECT_LE(tickets_, login::max_attempts);
        EXPECT_LE(codes_, login::max_wrong_codes + login::max_used_codes - 1);
        if (accepted(step)) judge_acceptance(*accepted(step));
        if (ended_) EXPECT_TRUE(std::holds_alternative<Disconnect>(*step.answer));
        ended_ = ended_ || login_.over();
    }

    void judge_acceptance(const SignedIn& who) {
        ++acceptances;
        EXPECT_FALSE(ended_);
        EXPECT_FALSE(renamed_);
        EXPECT_EQ(who.person().str(), user_);
        const auto& facts = world_.at(user_).facts;
        enrolling += who.enrolling();
        if (who.enrolling()) {
            EXPECT_TRUE(invitation_right_ && facts.invited && facts.may_log_in);
            EXPECT_FALSE(facts.has_password || facts.has_codes || !facts.key_blobs.empty());
            return;
        }
        by_ticket += who.first_factor() == Factor::ticket;
        if (who.first_factor() == Factor::ticket) {
            EXPECT_TRUE(ticket_good_ && facts.may_log_in);
            EXPECT_EQ(who.name()->target, TargetId("ct-1"));
            EXPECT_TRUE(who.proven_at());
            return;
        }
        EXPECT_FALSE(who.proven_at());
        EXPECT_TRUE(code_accepted_);
        EXPECT_TRUE(facts.may_log_in && facts.has_codes);
        if (who.first_factor() == Factor::key) EXPECT_TRUE(key_proven_);
        else EXPECT_TRUE(password_right_ && facts.has_password && !facts.needs_key);
    }

    struct Pending {
        std::uint64_t ticket = 0;
        int kind = 0;
        std::string person;
        bool invitation = false;
    };
    std::mt19937 dice_;
    std::string user_;
    std::map<std::string, Person> world_ = people();
    Login login_{Monotonic{}};
    std::optional<Pending> pending_;
    unsigned passwords_ = 0, codes_ = 0, tickets_ = 0;
    bool asked_ = false, begun_ = false, renamed_ = false, ended_ = false;
    bool key_proven_ = false, password_right_ = false, code_accepted_ = false, invitation_right_ = false, ticket_good_ = false;
};

}  // namespace

TEST(LoginProperty, AcceptsNobodyWithoutAProvenFirstFactorAndAnAcceptedCodeOfTheSamePerson) {
    int acceptances = 0, enrolling = 0, by_ticket = 0;
    for (unsigned seed = 0; seed < 20'000 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        Observer observer(seed);
        observer.play();
        ASSERT_LE(observer.acceptances, 1);
        acceptances += observer.acceptances;
        enrolling += observer.enrolling;
        by_ticket += observer.by_ticket;
    }
    EXPECT_GT(by_ticket, 500) << "and by ticket";
    EXPECT_GT(enrolling, 500) << "and by invitation, too";
    EXPECT_GT(acceptances - enrolling - by_ticket, 500) << "the events must be likely enough to reach the end";
}

TEST(LoginProperty, ShowsTheSameToAStrangerWhateverIsTyped) {
    // Random wrong attempts at a real person and at a name nobody bears: the client sees the same lines and the pool does the same work.
    for (unsigned seed = 0; seed < 6'000; ++seed) {
        Connection person(seed % 2 == 0 ? "dana" : "ines"), stranger("nobody");
        std::mt19937 dice(seed);
        for (int i = 0; i < 25; ++i) {
            auto act = [choice = dice() % 7](Connection& c) {
                switch (choice) {
                    case 0: return c.none();
                    case 1: return c.offer("stolen");
                    case 2: return c.prove("stolen");
                    case 3: return c.password("guess");
                    case 4: return c.start();
                    case 5: return c.ticket("guess");
                    default: return c.answer("123456");
                }
            };
            auto a = act(person), b = act(stranger);
            ASSERT_EQ(seen(a), seen(b)) << seed;
            ASSERT_EQ(a.slow, b.slow) << seed;
            ASSERT_EQ(person.passwords_checked, stranger.passwords_checked);
            ASSERT_EQ(person.codes_checked, stranger.codes_checked);
            ASSERT_EQ(person.counted, stranger.counted);
        }
    }
}
