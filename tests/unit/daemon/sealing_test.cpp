// How a session ends in the books: the store's row and the audit log name the same root, and a recording of which something is missing
// neither keeps its session alive nor goes without an alarm.
#include "broker/daemon/sealing.h"

#include <gtest/gtest.h>

#include "tests/unit/access/scene.h"

namespace anteroom::daemon {
namespace {

using access::testing::must;

class Sealing : public ::testing::Test {
protected:
    Sealing() {
        session.id = SessionId("s1");
        session.worker = WorkerId("w1");
        session.person = PersonId("sam");
        session.target = TargetId("mri-3");
        session.account = AccountId("service");
        session.started = scene.clock.now();
        session.recording_state = "open";
        must(scene.here->sessions.insert(session));
        must(scene.here->sessions.set_commit(session.id, {3, 300, Bytes(32, 3)}));
    }
    static RecordingKeeper::Outcome left(std::uint64_t count, const std::string& state = "recovered") {
        RecordingKeeper::Outcome out{state, count, count * 100, {}, {}};
        out.root.fill(static_cast<std::uint8_t>(count));
        return out;
    }
    Status seal(const RecordingKeeper::Outcome& outcome, Ending ending = {"broker-restarted"}) {
        return note_sealed(*scene.here, session, outcome, ending, scene.clock.now());
    }
    store::Session row() { return must(scene.here->sessions.find(session.id)).value(); }
    std::vector<audit::Entry> records(audit::Kind kind) { return scene.records(std::string(audit::name_of(kind))); }

    access::testing::Scene scene;
    store::Session session;
};

TEST_F(Sealing, GivesTheRowTheRootThatTheAuditRecordNames) {
    must(seal(left(7)));
    const auto sealed = records(audit::Kind::recording_sealed);
    ASSERT_EQ(sealed.size(), 1u);
    EXPECT_EQ(sealed[0].fields.at("root"), hex(row().commit.root));
    EXPECT_EQ(row().commit.count, 7);
    EXPECT_EQ(row().commit.bytes, 700);
    EXPECT_EQ(row().recording_state, "recovered");
    EXPECT_TRUE(records(audit::Kind::alarm).empty());
}

TEST_F(Sealing, EndsASessionWhoseRecordingLostWhatWasCommittedAndRaisesTheAlarm) {
    must(seal(left(2, "torn")));
    EXPECT_TRUE(row().ended.has_value());
    EXPECT_EQ(row().recording_state, "torn");
    EXPECT_EQ(row().commit.count, 3) << "what was committed is not forgotten";
    EXPECT_EQ(records(audit::Kind::recording_sealed).at(0).fields.at("count"), "2");
    EXPECT_EQ(records(audit::Kind::alarm).size(), 1u);
    EXPECT_EQ(records(audit::Kind::session_end).size(), 1u);
}

TEST_F(Sealing, WritesNothingForASessionThatHasEnded) {
    must(seal(left(7)));
    EXPECT_FALSE(seal(left(9)).has_value());
    EXPECT_EQ(row().commit.count, 7);
    EXPECT_EQ(records(audit::Kind::recording_sealed).size(), 1u);
}

}  // namespace
}  // namespace anteroom::daemon
