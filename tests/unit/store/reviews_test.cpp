// What reviewers leave, and recordings as they are looked for.
#include "broker/store/reviews.h"

#include "broker/store/recordings.h"
#include "tests/unit/store/temporary.h"

namespace anteroom::store {
namespace {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using namespace std::chrono_literals;

class ReviewRows : public anteroom::testing::WithDatabase {
protected:
    SessionId session(const std::string& person, const std::string& target, Time started, std::int64_t policy_version = 1) {
        Session one;
        one.id = SessionId(random_id());
        one.worker = WorkerId(random_id());
        one.person = PersonId(person);
        one.target = TargetId(target);
        one.account = AccountId("service");
        one.policy_version = policy_version;
        one.protocol = "ssh";
        one.started = started;
        one.recording_state = "open";
        must(sessions.insert(one));
        return one.id;
    }
    Sessions sessions{database};
    Recordings recordings{database};
    Reviews reviews{database};
    SessionId first = session("sam", "mri-3", clock.now());
};

TEST_F(ReviewRows, KeepNotesInTheRecordingsOrder) {
    const auto other = session("sam", "mri-4", clock.now());
    EXPECT_EQ(must(reviews.add_note({0, first, 900, "later", PersonId("ruth"), clock.now()})), 1);
    EXPECT_EQ(must(reviews.add_note({0, first, 100, "'; DROP TABLE recording_notes; --\n\x1b[31m", PersonId("dana"), clock.now()})), 2);
    EXPECT_EQ(must(reviews.add_note({0, other, 5, "elsewhere", PersonId("dana"), clock.now()})), 3);
    const auto notes = must(reviews.notes(first));
    ASSERT_EQ(notes.size(), 2u);
    EXPECT_EQ(notes[0].at_ms, 100);
    EXPECT_EQ(notes[0].text, "'; DROP TABLE recording_notes; --\n\x1b[31m");
    EXPECT_EQ(notes[1].person, PersonId("ruth"));
    EXPECT_FALSE(reviews.add_note({0, SessionId(random_id()), 5, "of no session", PersonId("dana"), clock.now()}));
}

TEST_F(ReviewRows, TakeSoManyNotesOfARecordingAndNoMore) {
    must(database.transaction([&]() -> Status {
        for (std::size_t i = 0; i < Reviews::most_notes; ++i) TRY(reviews.add_note({0, first, 1, "x", PersonId("ruth"), clock.now()}));
        return ok();
    }));
    EXPECT_EQ(kind_of(reviews.add_note({0, first, 1, "x", PersonId("ruth"), clock.now()})), ErrorKind::conflict);
    const auto other = session("sam", "mri-4", clock.now());
    EXPECT_TRUE(reviews.add_note({0, other, 1, "x", PersonId("ruth"), clock.now()}));
}

TEST_F(ReviewRows, RememberWhenARecordingWasFirstOpened) {
    EXPECT_FALSE(must(reviews.watched(first, PersonId("ruth"))));
    must(reviews.keep_watched({first, PersonId("ruth"), clock.now(), clock.now(), "[[0,5]]"}));
    must(reviews.keep_watched({first, PersonId("ruth"), clock.now() + 1h, clock.now() + 1h, "[[0,9]]"}));
    must(reviews.keep_watched({first, PersonId("dana"), clock.now() - 1h, clock.now(), "[]"}));
    const auto mine = must(reviews.watched(first, PersonId("ruth"))).value();
    EXPECT_EQ(mine.opened, clock.now());
    EXPECT_EQ(mine.updated, clock.now() + 1h);
    EXPECT_EQ(mine.ranges, "[[0,9]]");
    const auto all = must(reviews.watchers(first));
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].person, PersonId("dana"));
}

TEST_F(ReviewRows, KeepEverySignOffAndShowTheLast) {
    const auto other = session("sam", "mri-4", clock.now());
    must(reviews.sign_off({first, PersonId("ruth"), "incident", "look at 0:12", clock.now()}));
    must(reviews.sign_off({first, PersonId("dana"), "fine", "", clock.now() + 1h}));
    ASSERT_EQ(must(reviews.sign_offs(first)).size(), 2u);
    EXPECT_EQ(must(reviews.sign_offs(first)).front().outcome, "incident");
    const auto last = must(reviews.last_sign_offs({first, other}));
    ASSERT_EQ(last.size(), 1u);
    EXPECT_EQ(last.at(first).person, PersonId("dana"));
    EXPECT_TRUE(must(reviews.last_sign_offs({})).empty());
}

TEST_F(ReviewRows, HoldAConsentForItsAskerAndItsTime) {
    const auto now = clock.now();
    must(reviews.ask_consent({first, PersonId("ruth"), "complaint", now - 2h}));
    must(reviews.ask_consent({first, PersonId("ruth"), "complaint 7", now}));
    EXPECT_EQ(must(reviews.asked(first, PersonId("ruth")))->reason, "complaint 7");
    EXPECT_FALSE(must(reviews.asked(first, PersonId("dana"))));
    EXPECT_EQ(must(reviews.asked_since(now - 1h, 10)).size(), 1u);
    EXPECT_TRUE(must(reviews.asked_since(now + 1s, 10)).empty());
    must(reviews.give_consent({first, PersonId("ruth"), PersonId("dana"), now, now + 1h}));
    EXPECT_EQ(must(reviews.given(first, PersonId("ruth"), now + 59min)).size(), 1u);
    EXPECT_TRUE(must(reviews.given(first, PersonId("ruth"), now + 1h)).empty()) << "the end does not belong to it";
    EXPECT_TRUE(must(reviews.given(first, PersonId("erin"), now)).empty());
    EXPECT_TRUE(must(reviews.given(session("sam", "mri-3", now), PersonId("ruth"), now)).empty());
    must(reviews.give_consent({first, PersonId("ruth"), PersonId("dana"), now + 2h, now + 3h}));
    EXPECT_EQ(must(reviews.given_to(PersonId("ruth"), now + 2h)).size(), 1u) << "given again, not twice";
}

class RecordingRows : public ReviewRows {
protected:
    std::vector<SessionId> found(const RecordingFilter& filter, std::size_t limit = 100) {
        std::vector<SessionId> out;
        for (const auto& one : must(recordings.outlines(filter, limit))) out.push_back(one.id);
        return out;
    }
};

TEST_F(RecordingRows, AreFoundNewestFirstByWhatIsAsked) {
    const auto second = session("dana", "mri-3", clock.now() + 1h, 2), third = session("sam", "lab-1", clock.now() + 2h);
    EXPECT_EQ(found({}), (std::vector{third, second, first}));
    EXPECT_EQ(found({}, 1), (std::vector{third}));
    RecordingFilter filter;
    filter.person = "sam";
    EXPECT_EQ(found(filter), (std::vector{third, first}));
    filter.target = "mri-3";
    EXPECT_EQ(found(filter), (std::vector{first}));
    RecordingFilter times;
    times.since = clock.now() + 1h;
    EXPECT_EQ(found(times), (std::vector{third, second}));
    times.until = clock.now() + 2h;
    EXPECT_EQ(found(times), (std::vector{second}));
    times.before = clock.now() + 1h;
    EXPECT_TRUE(found(times).empty());
    EXPECT_EQ(must(recordings.outlines({}, 2)).at(1).policy_version, 2);
}

TEST_F(RecordingRows, SayWhatTheyStoodOn) {
    const auto plain = session("sam", "mri-3", clock.now() + 1h);
    must(recordings.set_grounds(first, {7, true, std::nullopt}));
    must(recordings.set_refusals(first, 3));
    must(recordings.set_refusals(plain, 3));
    const auto list = must(recordings.find({first, plain, SessionId(random_id())}));
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0].session.id, plain);
    EXPECT_FALSE(list[0].grounds.request || list[0].grounds.emergency || list[0].grounds.refusals) << "nothing is known of it";
    EXPECT_EQ(list[1].grounds.request, 7);
    EXPECT_TRUE(list[1].grounds.emergency);
    EXPECT_EQ(list[1].grounds.refusals, 3);
    EXPECT_EQ(must(recordings.of_request(7, 10)).size(), 1u);
    EXPECT_TRUE(must(recordings.of_request(8, 10)).empty());
    EXPECT_EQ(must(recordings.grounds(first)).request, 7);
    EXPECT_TRUE(must(recordings.find({})).empty());
}

TEST_F(RecordingRows, GiveTheMomentsOfTheirSessionAlone) {
    AuditRecords records(database, "chain");
    const auto add = [&](std::int64_t seq, const char* kind, const std::string& session) {
        must(records.insert({"chain", seq, clock.now(), kind, "sam", "mri-3", session, "{}", "x"}));
    };
    add(1, "session.start", first.str());
    add(2, "recording.root", first.str());
    add(3, "capability.refused", first.str());
    add(4, "capability.refused", "another");
    const auto kinds = [&](const std::vector<std::string_view>& wanted, const std::string& chain = "chain") {
        std::vector<std::int64_t> out;
        for (const auto& row : must(recordings.moments(chain, first, wanted, 10))) out.push_back(row.seq);
        return out;
    };
    EXPECT_EQ(kinds({}), (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ(kinds({"capability.refused", "alarm"}), (std::vector<std::int64_t>{3}));
    EXPECT_TRUE(kinds({}, "another").empty());
}

// Whoever makes much noise first is to be seen afterwards all the same.
TEST_F(RecordingRows, AreSampledFromTheWholeOfASession) {
    AuditRecords records(database, "chain");
    const auto add = [&](std::int64_t seq, const char* kind) {
        must(records.insert({"chain", seq, clock.now(), kind, "sam", "mri-3", first.str(), "{}", "x"}));
    };
    const auto sampled = [&](std::size_t limit) {
        std::vector<std::int64_t> out;
        for (const auto& row : must(recordings.sampled("chain", first, {"capability.used", "alarm", "capability.refused"}, limit))) out.push_back(row.seq);
        return out;
    };
    EXPECT_TRUE(sampled(10).empty());
    std::int64_t seq = 1;
    for (; seq <= 1000; ++seq) add(seq, "capability.used");
    add(seq++, "alarm");
    for (; seq <= 1100; ++seq) add(seq, "capability.used");
    add(seq++, "alarm");
    EXPECT_EQ(sampled(2000).size(), 1101u) << "all of them, where there is room";
    const auto some = sampled(30);
    EXPECT_LE(some.size(), 30u);
    EXPECT_GE(some.size(), 10u);
    EXPECT_TRUE(std::is_sorted(some.begin(), some.end()));
    for (const std::int64_t rare : {1001, 1101})
        EXPECT_TRUE(std::find(some.begin(), some.end(), rare) != some.end()) << "what is rare is not lost in what is not";
    EXPECT_TRUE(std::find(some.begin(), some.end(), 1100) != some.end()) << "the last one is among them";
    EXPECT_LT(some.front(), 150);
}

}  // namespace
}  // namespace anteroom::store
