// The pages that policy gives: the audit log, the policy, the people. Reading them is written down; what is decided there takes a factor.
#include "tests/unit/console/gate_scene.h"

namespace anteroom::console::testing {
namespace {

using ::testing::HasSubstr;

class Pages : public ::testing::Test {
protected:
    std::vector<std::int64_t> numbers(const Reply& page) {
        std::vector<std::int64_t> out;
        for (const auto& one : page.object().at("records").as_array()) out.push_back(one.as_object().at("seq").to_number<std::int64_t>());
        return out;
    }
    GateScene scene;
    GateScene::Browser ruth = scene.browser("ruth"), sam = scene.browser("sam");
};

TEST_F(Pages, TheAuditLogIsReadNewestFirstPageByPage) {
    for (int i = 0; i < 5; ++i) must(scene.scene.here->log->append({audit::Kind::alarm, "sam", "mri-3", "", {{"what", std::to_string(i)}}}));
    const auto first = scene.get(ruth, "/api/audit", "kind=alarm&limit=2");
    ASSERT_EQ(first.status, 200);
    auto all = numbers(first);
    ASSERT_EQ(all.size(), 2u);
    const auto before = first.object().at("before").to_number<std::int64_t>();
    EXPECT_EQ(before, all.back());
    const auto second = scene.get(ruth, "/api/audit", "kind=alarm&limit=3&before=" + std::to_string(before));
    for (const auto seq : numbers(second)) all.push_back(seq);
    EXPECT_TRUE(second.object().at("before").is_null());
    EXPECT_EQ(all.size(), 5u);
    EXPECT_TRUE(std::is_sorted(all.rbegin(), all.rend()));
    const auto& row = first.object().at("records").as_array().front().as_object();
    EXPECT_EQ(row.at("fields").as_object().at("what"), "4");
    EXPECT_EQ(row.at("hash").as_string().size(), 16u);
}

TEST_F(Pages, TheAuditLogIsNarrowedAndNonsenseIsNamed) {
    must(scene.scene.here->log->append({audit::Kind::alarm, "sam", "mri-3", "", {}}));
    scene.scene.clock.advance(1h);
    must(scene.scene.here->log->append({audit::Kind::alarm, "gina", "lab-1", "", {}}));
    ruth = scene.browser("ruth");
    EXPECT_EQ(numbers(scene.get(ruth, "/api/audit", "kind=alarm&person=gina")).size(), 1u);
    EXPECT_EQ(numbers(scene.get(ruth, "/api/audit", "kind=alarm&target=mri-3")).size(), 1u);
    EXPECT_EQ(numbers(scene.get(ruth, "/api/audit", "kind=alarm&until=2026-03-04T09:30:00Z")).size(), 1u);
    EXPECT_EQ(numbers(scene.get(ruth, "/api/audit", "kind=alarm&since=2026-03-04T10:30:00%2B01:00")).size(), 1u);
    EXPECT_EQ(numbers(scene.get(ruth, "/api/audit", "kind=alarm&person=nobody")).size(), 0u);
    for (const char* query : {"kind=nonsense", "limit=0", "limit=201", "limit=x", "before=0", "before=-1", "since=yesterday"})
        EXPECT_EQ(scene.get(ruth, "/api/audit", query).status, 422) << query;
    const auto kinds = scene.get(ruth, "/api/audit/kinds").object().at("kinds").as_array();
    EXPECT_NE(std::find(kinds.begin(), kinds.end(), json::value("access.approved")), kinds.end());
}

TEST_F(Pages, ReadingTheAuditLogIsWrittenDownOnceForOneReading) {
    for (int i = 0; i < 20; ++i) scene.get(ruth, "/api/audit", "person=sam&before=" + std::to_string(1000 + i));
    const auto looked = scene.records("console.looked");
    ASSERT_EQ(looked.size(), 1u);
    EXPECT_EQ(looked.back().person, "ruth");
    EXPECT_EQ(looked.back().fields.at("query.person"), "sam");
    scene.get(ruth, "/api/audit", "person=dana");
    EXPECT_EQ(scene.records("console.looked").size(), 2u);
}

TEST_F(Pages, ThePolicyIsShownAndExplained) {
    const auto policy = scene.get(ruth, "/api/policy");
    EXPECT_EQ(policy.text("text"), hospital);
    const auto names = scene.get(ruth, "/api/policy/names");
    EXPECT_EQ(names.object().at("targets").as_array().size(), 2u);
    EXPECT_GT(names.object().at("capabilities").as_array().size(), 10u);
    const auto why =
        scene.post(ruth, "/api/policy/explain", {{"person", "sam"}, {"target", "mri-3"}, {"account", "service"}, {"capability", "shell"}, {"at", nullptr}});
    EXPECT_EQ(why.text("verdict"), "needs-approval");
    EXPECT_EQ(why.text("rule"), "mri-service");
    const auto later = scene.post(ruth, "/api/policy/explain",
                                  {{"person", "sam"}, {"target", "mri-3"}, {"account", "service"}, {"capability", "shell"}, {"at", "2029-01-01T00:00:00Z"}});
    EXPECT_EQ(later.text("verdict"), "deny");
    EXPECT_EQ(scene.post(ruth, "/api/policy/explain", {{"person", "nobody"}, {"target", "mri-3"}, {"account", "service"}, {"capability", "shell"}}).status,
              422);
    EXPECT_EQ(scene.post(ruth, "/api/policy/explain", {{"person", "sam"}, {"target", "mri-3"}, {"account", "service"}, {"capability", "fly"}}).status, 422);
    const auto who = scene.post(ruth, "/api/policy/who-can", {{"target", "mri-3"}});
    ASSERT_EQ(who.object().at("rows").as_array().size(), 1u);
    EXPECT_EQ(who.object().at("rows").as_array().front().as_object().at("person"), "sam");
    EXPECT_EQ(scene.post(ruth, "/api/policy/who-can", {{"target", "none"}}).status, 422);
}

TEST_F(Pages, AnotherPolicyIsComparedAndNeverApplied) {
    auto other = hospital;
    other.replace(other.find("max: 4h"), 7, "max: 2h");
    const auto diff = scene.post(ruth, "/api/policy/diff", {{"text", other}});
    EXPECT_TRUE(diff.object().at("problem").is_null());
    EXPECT_EQ(diff.object().at("changes").as_array().size(), 1u);
    const auto wrong = scene.post(ruth, "/api/policy/diff", {{"text", "version: 9"}});
    EXPECT_THAT(std::string(wrong.object().at("problem").as_string()), HasSubstr("policy.yaml:1: version"));
    EXPECT_EQ(scene.get(ruth, "/api/policy").text("text"), hospital);
}

TEST_F(Pages, PeopleAreListedWithWhatTheySignInBy) {
    const auto people = scene.get(ruth, "/api/people").object().at("people").as_array();
    ASSERT_EQ(people.size(), 6u);
    const auto row = std::find_if(people.begin(), people.end(), [](const json::value& one) { return one.as_object().at("name") == "sam"; })->as_object();
    EXPECT_TRUE(row.at("factors").as_object().at("codes").as_bool());
    EXPECT_FALSE(row.at("factors").as_object().at("password").as_bool());
    EXPECT_TRUE(row.at("reviewed").is_null());
    const auto detail = scene.get(ruth, "/api/people/sam");
    ASSERT_EQ(detail.object().at("reach").as_array().size(), 1u);
    EXPECT_EQ(detail.object().at("reach").as_array().front().as_object().at("verdict"), "needs-approval");
    EXPECT_EQ(scene.get(ruth, "/api/people/zoe").status, 404);
    EXPECT_EQ(scene.get(ruth, "/api/people/Sam").status, 404);
}

TEST_F(Pages, KeepingSomebodyIsAReviewWithARecord) {
    const auto kept = scene.post(ruth, "/api/people/sam/keep", scene.with_code("ruth", {{"note", "contract until 2028"}}));
    ASSERT_EQ(kept.status, 200) << json::serialize(kept.body);
    EXPECT_EQ(kept.object().at("reviewed").as_object().at("by"), "ruth");
    const auto record = scene.records("access.reviewed").back();
    EXPECT_EQ(record.person, "sam");
    EXPECT_EQ(record.fields.at("factor"), "code");
    EXPECT_EQ(record.fields.at("note"), "contract until 2028");
    EXPECT_EQ(scene.post(ruth, "/api/people/ruth/keep", scene.with_code("ruth")).status, 403);
}

TEST_F(Pages, DisablingSomebodyEndsTheirConsoleAndTheirSessions) {
    EXPECT_EQ(scene.post(ruth, "/api/people/sam/disable", {{"reason", "left"}}).status, 403);
    EXPECT_EQ(scene.get(sam, "/api/me").status, 200);
    const auto done = scene.post(ruth, "/api/people/sam/disable", scene.with_code("ruth", {{"reason", "left"}}));
    ASSERT_EQ(done.status, 200) << json::serialize(done.body);
    EXPECT_TRUE(done.object().at("disabled").as_bool());
    EXPECT_EQ(scene.get(sam, "/api/me").status, 401);
    EXPECT_EQ(scene.live.reconsidered, 1);
    EXPECT_EQ(scene.records("person.disabled").back().fields.at("reason"), "left");
    EXPECT_EQ(scene.post(ruth, "/api/people/sam/disable", scene.with_code("ruth", {{"reason", "left"}})).status, 409);
    EXPECT_EQ(scene.post(ruth, "/api/people/ruth/disable", scene.with_code("ruth", {{"reason", "x"}})).status, 403);
    ASSERT_EQ(scene.post(ruth, "/api/people/sam/enable", scene.with_code("ruth", {{"reason", "back"}})).status, 200);
    EXPECT_EQ(scene.get(sam, "/api/me").status, 401) << "a session that was ended does not come back";
}

}  // namespace
}  // namespace anteroom::console::testing
