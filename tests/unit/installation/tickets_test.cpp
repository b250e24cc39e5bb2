// Tickets: good once, for minutes, for their person; two at once are one; and nothing of a token stays in the database.
#include "broker/installation/tickets.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "broker/audit/reader.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::installation {
namespace {

using namespace testing;
using identity::login::TicketVerdict;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = TicketVerdict::Kind;
using std::chrono::seconds;

class Tickets : public WithInstallation {
protected:
    void SetUp() override {
        here = opened();
        for (const char* name : {"maya", "dana"}) {
            store::Person person;
            person.name = PersonId(name);
            person.created = clock.now();
            must(here->people.insert(person));
        }
    }
    NewTicket issue(const char* person = "maya") { return must(issue_ticket(*here, PersonId(person), TargetId("cart-1"), AccountId("care"))); }
    TicketVerdict use(const Secret& token, const char* person = "maya") { return must(use_ticket(*here, PersonId(person), token, "203.0.113.7")); }
    int used_records() {
        int count = 0;
        audit::Filter filter;
        filter.kind = "ticket.used";
        must(audit::each_entry(here->database, here->log->chain(), filter, [&](const audit::Entry&) {
            ++count;
            return ok();
        }));
        return count;
    }
    std::unique_ptr<Installation> here;
};

TEST_F(Tickets, AreGoodOnceAndRecorded) {
    const auto ticket = issue();
    EXPECT_EQ(ticket.token.size(), 52u);
    clock.advance(seconds(10));
    const auto first = use(ticket.token);
    EXPECT_EQ(first.kind, Kind::good);
    EXPECT_EQ(first.name.person, PersonId("maya"));
    EXPECT_EQ(first.name.target, TargetId("cart-1"));
    EXPECT_EQ(first.name.account, AccountId("care"));
    EXPECT_EQ(first.issued, start_of_tests());
    const auto used_at = here->time_text(clock.now());
    clock.advance(std::chrono::minutes(2));
    const auto second = use(ticket.token);
    EXPECT_EQ(second.kind, Kind::used);
    EXPECT_EQ(second.when, used_at);
    EXPECT_EQ(used_records(), 1);
}

TEST_F(Tickets, AreGoodForFiveMinutesAndNotAMomentLonger) {
    const auto just = issue(), late = issue();
    clock.advance(ticket_lasts - std::chrono::microseconds(1));
    EXPECT_EQ(use(just.token).kind, Kind::good);
    clock.advance(std::chrono::microseconds(1));
    const auto verdict = use(late.token);
    EXPECT_EQ(verdict.kind, Kind::late);
    EXPECT_EQ(verdict.when, here->time_text(late.ends));
    EXPECT_EQ(used_records(), 1);
}

TEST_F(Tickets, AreWorthNothingInAnotherName) {
    const auto ticket = issue("maya");
    EXPECT_EQ(use(ticket.token, "dana").kind, Kind::unknown);
    EXPECT_EQ(use_ticket(*here, std::nullopt, ticket.token, "x")->kind, Kind::unknown);
    EXPECT_EQ(use(ticket.token, "maya").kind, Kind::good) << "and their own person has lost nothing";
    EXPECT_EQ(use(ticket.token, "dana").kind, Kind::unknown) << "not even that it was used is told to others";
}

TEST_F(Tickets, AreNotGuessed) {
    const auto ticket = issue();
    const std::string token(ticket.token.expose_text());
    for (const auto& guess : {std::string(), token.substr(1), token + "A", std::string(52, 'A'), "anteroom:" + token, std::string(1 << 16, 'A')})
        EXPECT_EQ(use(Secret::copy_of(guess)).kind, Kind::unknown);
    EXPECT_EQ(use(ticket.token).kind, Kind::good);
}

TEST_F(Tickets, AreKeptAsHashesAlone) {
    const auto ticket = issue();
    std::string all;
    for (const auto& file : std::filesystem::recursive_directory_iterator(dir))
        if (file.is_regular_file()) all += to_string(must(read_file(file.path(), 64u << 20)));
    EXPECT_THAT(all.find(std::string(ticket.token.expose_text())), std::string::npos);
    EXPECT_THAT(all.find(hex(ticket.token.expose())), std::string::npos);
}

TEST_F(Tickets, UsedTwiceAtOnceAreUsedOnce) {
    for (int round = 0; round < 6; ++round) {
        const auto ticket = issue();
        std::atomic<int> good = 0, used = 0, waiting = 2;
        const auto run = [&] {
            auto own = opened();  // a connection of its own to the same database
            --waiting;
            while (waiting > 0) std::this_thread::yield();
            const auto verdict = use_ticket(*own, PersonId("maya"), ticket.token, "x");
            if (verdict && verdict->kind == Kind::good) ++good;
            if (verdict && verdict->kind == Kind::used) ++used;
        };
        std::thread one(run), two(run);
        one.join();
        two.join();
        EXPECT_EQ(good, 1) << round;
        EXPECT_LE(used, 1);
    }
}

TEST_F(Tickets, AreForgottenAMonthLater) {
    const auto old = issue();
    clock.advance(std::chrono::hours(24 * 31));
    (void)issue();
    EXPECT_EQ(use(old.token).kind, Kind::unknown);
}

}  // namespace
}  // namespace anteroom::installation
