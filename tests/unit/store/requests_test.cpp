// Requests and windows as rows.
#include "broker/store/requests.h"

#include "broker/store/windows.h"
#include "tests/unit/store/temporary.h"

namespace anteroom::store {
namespace {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using namespace std::chrono_literals;

class RequestRows : public anteroom::testing::WithDatabase {
protected:
    RequestRow row(const char* person, bool open = true, bool emergency = false) {
        return {must(requests.next_id()), PersonId(person), open ? "requested" : "ended", emergency, open, clock.now(), "{\"a\":1}"};
    }
    Requests requests{database};
    Windows windows{database};
};

TEST_F(RequestRows, AreNumberedOnceAndForEver) {
    EXPECT_EQ(must(requests.next_id()), 1);
    must(requests.insert(row("sam")));
    must(requests.insert(row("sam")));
    EXPECT_EQ(must(requests.next_id()), 3);
    auto again = row("sam");
    again.id = 2;
    EXPECT_EQ(kind_of(requests.insert(again)), ErrorKind::conflict);
    // A number that was rolled back was never given.
    EXPECT_FALSE(database.transaction([&]() -> Status {
        TRY(requests.insert(row("sam")));
        return fail(ErrorKind::refused, "no");
    }));
    EXPECT_EQ(must(requests.next_id()), 3);
}

TEST_F(RequestRows, AreFoundByNumberPersonAndOpenness) {
    must(requests.insert(row("sam")));
    must(requests.insert(row("dana")));
    must(requests.insert(row("sam", false)));
    must(requests.insert(row("sam", true, true)));
    const auto found = must(requests.find(1)).value();
    EXPECT_EQ(found.person, PersonId("sam"));
    EXPECT_EQ(found.state, "requested");
    EXPECT_EQ(found.created, clock.now());
    EXPECT_EQ(found.body, "{\"a\":1}");
    EXPECT_FALSE(must(requests.find(9)));
    const auto ids = [](const std::vector<RequestRow>& rows) {
        std::vector<std::int64_t> out;
        for (const auto& r : rows) out.push_back(r.id);
        return out;
    };
    EXPECT_EQ(ids(must(requests.open())), (std::vector<std::int64_t>{1, 2, 4}));
    EXPECT_EQ(ids(must(requests.open_of(PersonId("sam")))), (std::vector<std::int64_t>{4, 1}));
    EXPECT_EQ(ids(must(requests.list(false))), (std::vector<std::int64_t>{4, 3, 2, 1}));
    EXPECT_EQ(ids(must(requests.list(true))), (std::vector<std::int64_t>{4}));
    EXPECT_EQ(ids(must(requests.list(false, 2))), (std::vector<std::int64_t>{4, 3}));
}

TEST_F(RequestRows, ChangeStateOpennessAndBodyAndNothingElse) {
    auto changed = row("sam");
    must(requests.insert(changed));
    changed.state = "denied";
    changed.open = false;
    changed.body = "{}";
    changed.person = PersonId("mallory");
    must(requests.update(changed));
    const auto found = must(requests.find(1)).value();
    EXPECT_EQ(found.state, "denied");
    EXPECT_FALSE(found.open);
    EXPECT_EQ(found.body, "{}");
    EXPECT_EQ(found.person, PersonId("sam"));
    changed.id = 2;
    EXPECT_EQ(kind_of(requests.update(changed)), ErrorKind::not_found);
}

TEST_F(RequestRows, KeepTextsAsTheyAre) {
    auto hostile = row("sam");
    hostile.body = "'; DROP TABLE requests; --\n\x1b[31m \u202e";
    must(requests.insert(hostile));
    EXPECT_EQ(must(requests.find(1))->body, hostile.body);
}

TEST_F(RequestRows, StandBesideWindowsThatCloseByTime) {
    const auto first = must(windows.insert({0, TargetId("mri-3"), VendorId("acme"), "CHG-77", "unix:root", clock.now(), clock.now() + 1h}));
    const auto second = must(windows.insert({0, TargetId("mri-4"), VendorId("acme"), "CHG-78", "person:dana", clock.now(), clock.now() + 2h}));
    EXPECT_EQ(first.id, 1);
    EXPECT_EQ(second.id, 2);
    ASSERT_EQ(must(windows.open(clock.now())).size(), 2u);
    EXPECT_EQ(must(windows.open(clock.now())).at(0).ticket, "CHG-77");
    EXPECT_EQ(must(windows.open(clock.now() + 1h)).size(), 1u) << "the end does not belong to it";
    EXPECT_TRUE(must(windows.open(clock.now() - 1s)).empty());
    EXPECT_EQ(must(windows.list()).at(0).id, 2);
    must(windows.move(2, clock.now() - 3h, clock.now() - 1h));
    EXPECT_EQ(must(windows.open(clock.now())).size(), 1u);
    EXPECT_EQ(kind_of(windows.move(9, clock.now(), clock.now())), ErrorKind::not_found);
}

}  // namespace
}  // namespace anteroom::store
