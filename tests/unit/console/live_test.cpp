// Live sessions in the console: who sees which, who may end one, and the one-use way to watching one.
#include <fcntl.h>

#include "recorder/create.h"
#include "tests/unit/console/gate_scene.h"

namespace anteroom::console::testing {
namespace {

using ::testing::HasSubstr;

class LiveOnes : public ::testing::Test {
protected:
    std::vector<std::string> seen_by(const GateScene::Browser& by) {
        std::vector<std::string> out;
        const auto answer = scene.get(by, "/api/sessions");
        for (const auto& one : answer.object().at("sessions").as_array()) out.emplace_back(one.as_object().at("id").as_string());
        return out;
    }
    void record(const SessionId& id) {
        Fd file = *open_file(scene.scene.here->recording_path(id), O_RDWR | O_CREAT | O_APPEND);
        must(recorder::create(file.get(), {.recording_id = id.str(),
                                           .session_id = id.str(),
                                           .start = scene.scene.clock.now(),
                                           .recipients = {scene.scene.here->ring.recording_identity_public(), scene.scene.here->ring.escrow_public()},
                                           .signer_public_key = scene.scene.here->ring.recording_signing_public()}));
    }
    std::string ticket(const std::string& who, const GateScene::Browser& by, const SessionId& id) {
        const auto answer = scene.post(by, "/api/sessions/" + id.str() + "/watch", scene.with_code(who));
        EXPECT_EQ(answer.status, 200) << json::serialize(answer.body);
        return answer.status == 200 ? answer.text("ticket") : "";
    }
    Result<Watches::Opened> open(const GateScene::Browser& by, const std::string& ticket) {
        control::WebWatch asked;
        asked.session = by.token.duplicate();
        asked.ticket = Secret::copy_of(ticket);
        asked.source = by.source;
        return scene.gate->watch(asked, [this](const std::string& sentence) { over.push_back(sentence); });
    }
    GateScene scene;
    std::vector<std::string> over;
    GateScene::Browser sam = scene.browser("sam"), dana = scene.browser("dana"), ruth = scene.browser("ruth"), gina = scene.browser("gina");
};

TEST_F(LiveOnes, AreSeenByTheirPersonTheirReviewersAndTheirDeciders) {
    const auto mri = scene.session_of("sam", "mri-3", "service", "mri-service").str();
    const auto lab = scene.session_of("gina", "lab-1", "tech", "lab-staff").str();
    EXPECT_EQ(seen_by(sam), std::vector{mri});
    EXPECT_EQ(seen_by(dana), std::vector{mri});
    EXPECT_EQ(seen_by(ruth), std::vector{mri});
    EXPECT_EQ(seen_by(gina), std::vector{lab});
    const auto row = scene.get(ruth, "/api/sessions").object().at("sessions").as_array().front().as_object();
    EXPECT_TRUE(row.at("may_watch").as_bool());
    EXPECT_EQ(row.at("refusals").to_number<int>(), 2);
    EXPECT_EQ(row.at("vendor"), "Acme Imaging");
    EXPECT_FALSE(scene.get(dana, "/api/sessions").object().at("sessions").as_array().front().as_object().at("may_watch").as_bool());
}

TEST_F(LiveOnes, AreEndedWithAFactorAndARecordBefore) {
    const auto id = scene.session_of("sam", "mri-3", "service", "mri-service");
    const auto path = "/api/sessions/" + id.str() + "/terminate";
    EXPECT_EQ(scene.post(gina, path, scene.with_code("gina", {{"reason", "x"}})).status, 404);
    EXPECT_EQ(scene.post(ruth, path, scene.with_code("ruth", {{"reason", " "}})).status, 422);
    EXPECT_TRUE(scene.live.ended.empty());
    EXPECT_EQ(scene.post(ruth, path, scene.with_code("ruth", {{"reason", "patient on the table"}})).status, 200);
    ASSERT_EQ(scene.live.ended.size(), 1u);
    EXPECT_EQ(scene.live.ended.front(), "This session was ended by ruth: patient on the table.");
    const auto record = scene.records("session.terminated").back();
    EXPECT_EQ(record.person, "ruth");
    EXPECT_EQ(record.session, id.str());
    EXPECT_EQ(record.fields.at("factor"), "code");
    EXPECT_EQ(record.fields.at("reason"), "patient on the table");
}

TEST_F(LiveOnes, AreWatchedByReviewersOnceForEachFactor) {
    const auto id = scene.session_of("sam", "mri-3", "service", "mri-service");
    record(id);
    const auto way = ticket("ruth", ruth, id);
    EXPECT_TRUE(scene.records("session.watched").empty());
    const auto opened = open(ruth, way);
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_EQ(opened->recording.id, id.str());
    EXPECT_EQ(opened->recording.data_key.size(), 32u);
    EXPECT_EQ(opened->recording.signer, scene.scene.here->ring.recording_signing_public());
    ASSERT_EQ(scene.records("session.watched").size(), 1u);
    EXPECT_EQ(scene.records("session.watched").back().fields.at("factor"), "code");
    EXPECT_FALSE(open(ruth, way)) << "a second time";
    EXPECT_EQ(scene.records("session.watched").size(), 1u);
}

TEST_F(LiveOnes, AreNotWatchedByDecidersOrByTheirOwnPerson) {
    const auto id = scene.session_of("sam", "mri-3", "service", "mri-service");
    record(id);
    for (const char* who : {"dana", "sam"}) {
        const auto answer = scene.post(who == std::string("dana") ? dana : sam, "/api/sessions/" + id.str() + "/watch", scene.with_code(who));
        EXPECT_EQ(answer.status, 403) << who;
        EXPECT_EQ(scene.records("session.watched").back().fields.at("outcome"), "refused");
    }
}

TEST_F(LiveOnes, AreNotOpenedByATicketOfAnotherOrAnOldOne) {
    const auto id = scene.session_of("sam", "mri-3", "service", "mri-service");
    record(id);
    const auto stolen = ticket("ruth", ruth, id);
    EXPECT_FALSE(open(dana, stolen));
    EXPECT_FALSE(open(ruth, stolen)) << "used up by whoever showed it";
    const auto other_page = scene.browser("ruth");
    EXPECT_FALSE(open(other_page, ticket("ruth", ruth, id)));
    const auto old = ticket("ruth", ruth, id);
    scene.scene.clock.advance(Watches::ticket_lasts);
    EXPECT_FALSE(open(ruth, old));
    EXPECT_FALSE(open(ruth, ""));
    EXPECT_FALSE(open(ruth, "00"));
    EXPECT_TRUE(scene.records("session.watched").empty());
}

TEST_F(LiveOnes, StopBeingWatchedAtASignOutAndWhenThePolicyForbidsIt) {
    const auto id = scene.session_of("sam", "mri-3", "service", "mri-service");
    record(id);
    auto second = scene.browser("ruth");
    ASSERT_TRUE(open(ruth, ticket("ruth", ruth, id)));
    ASSERT_TRUE(open(second, ticket("ruth", second, id)));
    ASSERT_EQ(scene.post(ruth, "/api/sign-out").status, 200);
    scene.scene.clock.advance(6s);
    scene.gate->tick();
    ASSERT_EQ(over.size(), 1u);
    EXPECT_THAT(over.back(), HasSubstr("signed out"));
    auto other = hospital;
    const std::string was = "privacy: { members: [person:ruth] }";
    other.replace(other.find(was), was.size(), "privacy: { members: [person:gina] }");
    scene.scene.apply(other);
    scene.scene.clock.advance(6s);
    scene.gate->tick();
    ASSERT_EQ(over.size(), 2u);
    EXPECT_THAT(over.back(), HasSubstr("policy"));
}

}  // namespace
}  // namespace anteroom::console::testing
