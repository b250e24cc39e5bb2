// From a ticket to what is handed out: a recording with its roots and its index, a live session in two ways, and nothing for a ticket that is
// not one's own, which is written down.
#include "tests/unit/console/recording_scene.h"

namespace anteroom::console::testing {
namespace {

using ::testing::HasSubstr;

struct Tickets : RecordingScene, ::testing::Test {
    Browser ruth = browser("ruth"), dana = browser("dana");
    SessionId id = live_one("sam");

    std::string ticket(const Browser& by, const std::string& path) {
        const auto answer = post(by, path, with_code("ruth"));
        EXPECT_EQ(answer.status, 200) << json::serialize(answer.body);
        return answer.status == 200 ? answer.text("ticket") : "";
    }
    std::string to_watch(const Browser& by) { return ticket(by, "/api/sessions/" + id.str() + "/watch"); }
    std::string to_replay(const Browser& by) { return ticket(by, at(id, "open")); }
    std::size_t refusals() {
        std::size_t out = 0;
        for (const auto& record : records("recording.view")) out += record.fields.contains("outcome") ? 1 : 0;
        return out;
    }
};

TEST_F(Tickets, ToWatchAndToReplayALiveSessionAreTwoRecords) {
    const auto watched = show(ruth, to_watch(ruth));
    ASSERT_TRUE(watched) << watched.error().detail;
    EXPECT_TRUE(watched->recording.live);
    EXPECT_EQ(records("session.watched").size(), 1u);
    EXPECT_TRUE(records("recording.view").empty());
    const auto replayed = show(ruth, to_replay(ruth));
    ASSERT_TRUE(replayed) << replayed.error().detail;
    EXPECT_TRUE(replayed->recording.live);
    EXPECT_TRUE(replayed->recording.audited.empty());
    EXPECT_EQ(records("session.watched").size(), 1u);
    ASSERT_EQ(records("recording.view").size(), 1u);
    const auto record = records("recording.view").back();
    EXPECT_EQ(record.person, "ruth");
    EXPECT_EQ(record.session, id.str());
    EXPECT_EQ(record.fields.at("way"), "console");
    EXPECT_EQ(record.fields.at("of"), "sam");
    EXPECT_EQ(record.fields.at("factor"), "code");
    EXPECT_EQ(record.fields.at("source"), ruth.source);
}

TEST_F(Tickets, OfARecordingGiveItsRootsAndItsIndex) {
    const std::string root(64, 'a');
    note(id, audit::Kind::recording_root, {{"count", "3"}, {"bytes", "900"}, {"root", root}});
    note(id, audit::Kind::recording_sealed, {{"count", "7"}, {"bytes", "2000"}, {"root", root}});
    end(id);
    const auto without = show(ruth, to_replay(ruth));
    ASSERT_TRUE(without) << without.error().detail;
    EXPECT_FALSE(without->recording.live);
    EXPECT_FALSE(without->index);
    ASSERT_EQ(without->recording.audited.size(), 2u);
    EXPECT_EQ(without->recording.audited.back().count, 7u);
    recorder::Digest all_of_a{};
    all_of_a.fill(0xaa);
    EXPECT_EQ(without->recording.audited.back().root, all_of_a);
    must(replace_file(scene.here->index_path(id), view("the index")));
    const auto with = show(ruth, to_replay(ruth));
    ASSERT_TRUE(with) << with.error().detail;
    ASSERT_TRUE(with->index);
    EXPECT_EQ(must(recorder::read_at(with->index.get(), 0, 100)), to_bytes(view("the index")));
}

TEST_F(Tickets, ToWatchOpenNoRecordingThatIsOver) {
    const auto way = to_watch(ruth);
    end(id, 10s);
    const auto refused = show(ruth, way);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().detail, "The session has ended.");
    EXPECT_TRUE(show(ruth, to_replay(ruth)));
}

TEST_F(Tickets, OfOthersUsedOnesAndThoseOfNobodyAreWrittenDown) {
    const auto stolen = to_replay(ruth);
    EXPECT_FALSE(show(dana, stolen));
    ASSERT_EQ(refusals(), 1u);
    EXPECT_EQ(records("recording.view").back().person, "dana");
    EXPECT_THAT(records("recording.view").back().fields.at("why"), HasSubstr("used already"));
    EXPECT_FALSE(show(ruth, stolen)) << "used up by whoever showed it";
    EXPECT_EQ(refusals(), 2u);
    EXPECT_EQ(records("recording.view").back().person, "ruth");
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(show(ruth, stolen));
    EXPECT_EQ(refusals(), 2u) << "those are counted";
    const auto left = to_replay(ruth);
    ASSERT_EQ(post(ruth, "/api/sign-out").status, 200);
    EXPECT_FALSE(show(ruth, left));
    EXPECT_EQ(refusals(), 3u);
    EXPECT_EQ(records("recording.view").back().person, "");
}

TEST_F(Tickets, OpenNothingWhereTheLogCannotBeWritten) {
    const auto way = to_replay(ruth);
    must(scene.here->database.execute("CREATE TRIGGER full BEFORE INSERT ON audit_records BEGIN SELECT RAISE(ABORT, 'disk full'); END"));
    EXPECT_FALSE(show(ruth, way));
}

TEST_F(Tickets, AReplayEndsWhenThePolicyForbidsIt) {
    end(id, 10s);
    ASSERT_TRUE(show(ruth, to_replay(ruth)));
    gate->tick();
    EXPECT_TRUE(over.empty());
    with_policy("privacy: { members: [person:ruth] }", "privacy: { members: [person:gina] }");
    scene.clock.advance(6s);
    gate->tick();
    ASSERT_EQ(over.size(), 1u);
    EXPECT_THAT(over.back(), HasSubstr("policy"));
}

}  // namespace
}  // namespace anteroom::console::testing
