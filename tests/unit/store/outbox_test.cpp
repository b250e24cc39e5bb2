// The outbox: order, counts, and numbers that are never given twice.
#include "broker/store/outbox.h"

#include "tests/unit/store/temporary.h"

namespace anteroom::store {
namespace {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using namespace std::chrono_literals;

class WithOutbox : public anteroom::testing::WithDatabase {
protected:
    std::int64_t put(const char* channel) { return must(outbox.insert(channel, "test", "{}", clock.now())); }
    std::vector<std::int64_t> heads() {
        std::vector<std::int64_t> numbers;
        for (const auto& row : must(outbox.heads())) numbers.push_back(row.number);
        return numbers;
    }
    Outbox outbox{database};
};

TEST_F(WithOutbox, GivesBackWhatWasPutIn) {
    const auto number = must(outbox.insert("soc", "break-glass.used", R"({"a":"é\"'"})", clock.now()));
    const auto row = must(outbox.list(10)).at(0);
    EXPECT_EQ(row.number, number);
    EXPECT_EQ(row.channel, "soc");
    EXPECT_EQ(row.event, "break-glass.used");
    EXPECT_EQ(row.body, R"({"a":"é\"'"})");
    EXPECT_EQ(row.created, clock.now());
    EXPECT_EQ(row.attempts, 0);
    EXPECT_FALSE(row.next_try || row.arrived);
}

TEST_F(WithOutbox, HeadsAreTheOldestOfEachChannelDueOrNot) {
    put("soc"), put("mail"), put("soc"), put("mail");
    EXPECT_EQ(heads(), (std::vector<std::int64_t>{1, 2}));
    must(outbox.failed(1, "down", clock.now() + 1h));
    EXPECT_EQ(heads(), (std::vector<std::int64_t>{1, 2}));
    must(outbox.arrived(1, clock.now()));
    EXPECT_EQ(heads(), (std::vector<std::int64_t>{2, 3}));
    must(outbox.arrived(3, clock.now()));
    EXPECT_EQ(heads(), (std::vector<std::int64_t>{2}));
}

TEST_F(WithOutbox, CountsFailuresAndKeepsTheLastReason) {
    put("soc");
    must(outbox.failed(1, "first", clock.now() + 2s));
    must(outbox.failed(1, "second", clock.now() + 4s));
    auto row = must(outbox.heads()).at(0);
    EXPECT_EQ(row.attempts, 2);
    EXPECT_EQ(row.why, "second");
    EXPECT_EQ(*row.next_try, clock.now() + 4s);
    must(outbox.arrived(1, clock.now() + 5s));
    row = must(outbox.list(1)).at(0);
    EXPECT_EQ(*row.arrived, clock.now() + 5s);
    EXPECT_EQ(row.why, "second") << "of the last failure";
}

TEST_F(WithOutbox, WhatArrivedIsDoneWith) {
    put("soc");
    must(outbox.arrived(1, clock.now()));
    EXPECT_EQ(kind_of(outbox.arrived(1, clock.now())), ErrorKind::not_found);
    EXPECT_EQ(kind_of(outbox.failed(1, "x", clock.now())), ErrorKind::not_found);
    EXPECT_EQ(kind_of(outbox.arrived(99, clock.now())), ErrorKind::not_found);
}

TEST_F(WithOutbox, CountsWhatWaitsByChannel) {
    put("soc"), put("mail"), put("soc");
    must(outbox.arrived(2, clock.now()));
    EXPECT_EQ(must(outbox.waiting()), (std::vector<std::pair<std::string, std::int64_t>>{{"soc", 2}}));
}

TEST_F(WithOutbox, GivesNoNumberTwiceThoughItForgetsWhatArrived) {
    put("soc"), put("soc"), put("soc");
    for (std::int64_t number = 1; number <= 3; ++number) must(outbox.arrived(number, clock.now()));
    must(outbox.forget_arrived(clock.now() + 1s));
    EXPECT_EQ(must(outbox.list(10)).size(), 1u);
    EXPECT_EQ(put("soc"), 4);
}

TEST_F(WithOutbox, NeverForgetsWhatWaits) {
    put("soc"), put("soc");
    must(outbox.forget_arrived(clock.now() + 1000h));
    EXPECT_EQ(must(outbox.list(10)).size(), 2u);
}

TEST_F(WithOutbox, ARowOfATransactionThatIsUndoneWasNeverThere) {
    const auto undone = database.transaction([&]() -> Status {
        must(outbox.insert("soc", "test", "{}", clock.now()));
        return fail(ErrorKind::refused, "no");
    });
    EXPECT_FALSE(undone);
    EXPECT_TRUE(heads().empty());
    EXPECT_EQ(put("soc"), 1);
}

}  // namespace
}  // namespace anteroom::store
