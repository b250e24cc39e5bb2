// Requests through the console: asked for, decided on by the state that was looked at, settled once; who sees them, and what stands in
// the audit log of how it was proven.
#include "tests/unit/console/gate_scene.h"

namespace anteroom::console::testing {
namespace {

using ::testing::HasSubstr;

class Requests : public ::testing::Test {
protected:
    std::string etag(const GateScene::Browser& by, std::int64_t id) { return scene.get(by, GateScene::path_of(id)).etag; }
    Reply approve(const std::string& who, const GateScene::Browser& by, std::int64_t id, const std::string& if_match) {
        return scene.post(by, GateScene::path_of(id, "approve"), scene.with_code(who, {{"seconds", nullptr}, {"confirmed", true}}), if_match);
    }
    GateScene scene;
    GateScene::Browser sam = scene.browser("sam"), dana = scene.browser("dana"), erin = scene.browser("erin"), gina = scene.browser("gina");
};

TEST_F(Requests, AreAskedForAndWaitForThoseWhoDecide) {
    const auto form = scene.get(sam, "/api/request-form", "place=mri-3+service");
    ASSERT_EQ(form.status, 200);
    EXPECT_TRUE(form.object().at("possible").as_bool());
    EXPECT_EQ(form.text("ticket_pattern"), "CHG-[0-9]+");
    EXPECT_EQ(form.object().at("max_seconds").to_number<int>(), 4 * 3600);
    EXPECT_EQ(form.object().at("approvers"), json::array{"admins"});
    const auto id = scene.ask(sam);
    const auto mine = scene.get(sam, "/api/requests");
    ASSERT_EQ(mine.object().at("requests").as_array().size(), 1u);
    const auto card = scene.get(dana, GateScene::path_of(id));
    EXPECT_TRUE(card.object().at("may_decide").as_bool());
    EXPECT_FALSE(card.object().at("mine").as_bool());
    EXPECT_EQ(card.text("etag"), card.etag);
    EXPECT_EQ(card.object().at("confirm"), json::array{"Scanner idle"});
    const auto own = scene.get(sam, GateScene::path_of(id));
    EXPECT_TRUE(own.object().at("mine").as_bool());
    EXPECT_FALSE(own.object().at("may_decide").as_bool());
    EXPECT_THAT(own.text("why_not"), HasSubstr("Nobody decides on a request of their own"));
    const auto waiting = scene.get(erin, "/api/approvals");
    ASSERT_EQ(waiting.object().at("waiting").as_array().size(), 1u);
    EXPECT_EQ(scene.get(gina, "/api/approvals").object().at("waiting").as_array().size(), 0u);
    EXPECT_EQ(scene.get(gina, "/api/requests", "state=all").object().at("requests").as_array().size(), 0u);
    EXPECT_EQ(scene.records("access.requested").back().fields.at("made_by"), "console");
}

// Of an answer that was lost: who tries again is not told that theirs did not count.
TEST_F(Requests, SayToWhoTriesAgainThatTheirsCounts) {
    const auto id = scene.ask(sam);
    const auto seen = etag(dana, id);
    ASSERT_EQ(approve("dana", dana, id, seen).status, 200);
    const auto again = approve("dana", dana, id, seen);
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.object().at("settled").at("by"), "dana");
}

TEST_F(Requests, AreApprovedByTheStateThatWasLookedAt) {
    const auto id = scene.ask(sam);
    EXPECT_EQ(approve("dana", dana, id, "").status, 428);
    EXPECT_EQ(approve("dana", dana, id, "\"0123456789abcdef\"").status, 412);
    EXPECT_EQ(must(scene.scene.access->find(id))->state, access::RequestState::requested);
    const auto done = approve("dana", dana, id, etag(dana, id));
    ASSERT_EQ(done.status, 200) << json::serialize(done.body);
    EXPECT_EQ(done.text("state"), "approved");
    EXPECT_TRUE(done.object().at("may_revoke").as_bool());
    EXPECT_NE(done.etag, "");
    const auto record = scene.records("access.approved").back();
    EXPECT_EQ(record.fields.at("by"), "dana");
    EXPECT_EQ(record.fields.at("factor"), "code");
}

TEST_F(Requests, AreSettledOnceAndTheSecondReadsWhoWasFirst) {
    const auto id = scene.ask(sam);
    const auto seen = etag(erin, id);
    ASSERT_EQ(approve("dana", dana, id, etag(dana, id)).status, 200);
    for (const auto& state : {seen, etag(erin, id)}) {
        const auto late = approve("erin", erin, id, state);
        EXPECT_EQ(late.status, 409);
        EXPECT_THAT(late.detail(), HasSubstr("dana approved it"));
        const auto& settled = late.object().at("settled").as_object();
        EXPECT_EQ(settled.at("by"), "dana");
        EXPECT_EQ(settled.at("state"), "approved");
    }
    const auto denial = scene.post(erin, GateScene::path_of(id, "deny"), scene.with_code("erin", {{"reason", "no"}}), seen);
    EXPECT_EQ(denial.status, 409);
    EXPECT_EQ(must(scene.scene.access->find(id))->state, access::RequestState::approved);
    const auto list = scene.get(erin, "/api/approvals");
    EXPECT_EQ(list.object().at("waiting").as_array().size(), 0u);
    EXPECT_EQ(list.object().at("settled").as_array().size(), 1u);
    EXPECT_EQ(scene.get(sam, "/api/approvals").object().at("settled").as_array().size(), 0u);
}

TEST_F(Requests, AreNotDecidedByThoseWhoAskOrWhomNobodyNamed) {
    const auto id = scene.ask(sam);
    EXPECT_EQ(approve("sam", sam, id, etag(sam, id)).status, 403);
    EXPECT_EQ(approve("gina", gina, id, etag(dana, id)).status, 404);
    EXPECT_EQ(scene.post(dana, GateScene::path_of(id, "withdraw")).status, 403);
    EXPECT_EQ(must(scene.scene.access->find(id))->state, access::RequestState::requested);
}

TEST_F(Requests, AreNotDecidedWithACodeThatWasUsed) {
    const auto id = scene.ask(sam);
    auto body = scene.with_code("dana", {{"reason", "not today"}});
    EXPECT_EQ(scene.post(dana, GateScene::path_of(id, "deny"), body, "\"0000000000000000\"").status, 412);
    const auto again = scene.post(dana, GateScene::path_of(id, "deny"), body, etag(dana, id));
    EXPECT_EQ(again.status, 403);
    EXPECT_THAT(again.detail(), HasSubstr("used already"));
    EXPECT_EQ(must(scene.scene.access->find(id))->state, access::RequestState::requested);
}

TEST_F(Requests, WithoutTheConfirmationAreNotApproved) {
    const auto id = scene.ask(sam);
    const auto answer =
        scene.post(dana, GateScene::path_of(id, "approve"), scene.with_code("dana", {{"seconds", nullptr}, {"confirmed", false}}), etag(dana, id));
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(must(scene.scene.access->find(id))->state, access::RequestState::requested);
}

TEST_F(Requests, AreDeniedWithdrawnExtendedAndRevoked) {
    const auto first = scene.ask(sam);
    EXPECT_EQ(scene.post(dana, GateScene::path_of(first, "deny"), scene.with_code("dana", {{"reason", ""}}), etag(dana, first)).status, 422);
    const auto denied = scene.post(dana, GateScene::path_of(first, "deny"), scene.with_code("dana", {{"reason", "not today"}}), etag(dana, first));
    ASSERT_EQ(denied.status, 200);
    EXPECT_EQ(scene.get(sam, GateScene::path_of(first)).text("decision"), "not today");

    const auto second = scene.ask(sam);
    EXPECT_EQ(scene.post(sam, GateScene::path_of(second, "withdraw")).text("state"), "withdrawn");
    EXPECT_EQ(scene.post(sam, GateScene::path_of(second, "withdraw")).status, 409);

    const auto third = scene.ask(sam);
    ASSERT_EQ(approve("dana", dana, third, etag(dana, third)).status, 200);
    EXPECT_EQ(scene.post(dana, GateScene::path_of(third, "ask-extension"), {{"seconds", 600}}).status, 403);
    EXPECT_EQ(scene.post(sam, GateScene::path_of(third, "ask-extension"), {{"seconds", 0}}).status, 422);
    const auto asked = scene.post(sam, GateScene::path_of(third, "ask-extension"), {{"seconds", 600}});
    ASSERT_EQ(asked.status, 200) << json::serialize(asked.body);
    EXPECT_EQ(scene.get(erin, "/api/approvals").object().at("waiting").as_array().size(), 1u);
    const auto extended =
        scene.post(erin, GateScene::path_of(third, "extend"), scene.with_code("erin", {{"yes", true}, {"confirmed", true}}), etag(erin, third));
    ASSERT_EQ(extended.status, 200) << json::serialize(extended.body);
    EXPECT_TRUE(extended.object().at("extension").is_null());
    const auto late = scene.post(dana, GateScene::path_of(third, "extend"), scene.with_code("dana", {{"yes", false}}), asked.etag);
    EXPECT_EQ(late.status, 409);
    EXPECT_THAT(late.detail(), HasSubstr("decided already"));
    const auto revoked = scene.post(dana, GateScene::path_of(third, "revoke"), scene.with_code("dana", {{"reason", "enough"}}), etag(dana, third));
    ASSERT_EQ(revoked.status, 200);
    EXPECT_EQ(revoked.text("state"), "revoked");
    EXPECT_FALSE(revoked.object().at("may_revoke").as_bool());
    EXPECT_EQ(scene.records("access.revoked").back().fields.at("factor"), "code");
}

TEST_F(Requests, NameOnlyWhatTheirPersonMayAskFor) {
    const json::object body{{"places", json::array{"lab-1+tech"}}, {"reason", "x"}, {"ticket", "CHG-1"}, {"seconds", 60}, {"at", nullptr}};
    const auto other = scene.post(sam, "/api/requests", body);
    auto unknown = body;
    unknown["places"] = json::array{"lab-9+tech"};
    EXPECT_EQ(other.status, 403);
    EXPECT_EQ(scene.post(sam, "/api/requests", unknown).status, 403);
    const auto form = scene.get(sam, "/api/request-form", "place=lab-1+tech");
    EXPECT_FALSE(form.object().at("possible").as_bool());
    EXPECT_EQ(form.text("description"), "");
    EXPECT_EQ(scene.get(sam, "/api/request-form").status, 422);
    EXPECT_TRUE(scene.records("access.requested").empty());
}

}  // namespace
}  // namespace anteroom::console::testing
