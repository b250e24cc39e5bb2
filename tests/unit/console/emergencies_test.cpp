// Break-glass in the console: the queue by deadline, and the review by somebody else who has watched what mattered.
#include <filesystem>

#include "tests/unit/console/recording_scene.h"

namespace anteroom::console::testing {
namespace {

using ::testing::HasSubstr;

class Emergencies : public ::testing::Test, protected RecordingScene {
protected:
    // Carl has broken the glass, worked for a minute, and was refused something after twenty seconds.
    struct Broken {
        std::int64_t request = 0;
        SessionId session;
    };
    Broken broken(bool drill = false) {
        Broken out;
        const auto proof = scene.factor("carl");
        const auto made = must(scene.access->break_glass(PersonId("carl"), access::testing::mri3, "bleeding, scanner dead", "10.1.2.3", proof.at(), drill));
        out.request = made.id;
        out.session = live_one("carl", "mri-3", "night");
        must(store::Recordings(scene.here->database).set_grounds(out.session, {made.id, true, std::nullopt}));
        note(out.session, audit::Kind::capability_used, {{"capability", "shell"}, {"detail", ""}});
        scene.clock.advance(20s);
        note(out.session, audit::Kind::capability_refused, {{"capability", "sftp:write"}, {"detail", "/etc/passwd"}});
        end(out.session, 40s);
        return out;
    }
    json::array queue(const Browser& by, const char* part = "due") { return get(by, "/api/emergencies").object().at(part).as_array(); }
    Reply review(const std::string& who, const Browser& by, std::int64_t request, const std::string& outcome = "justified", const std::string& note = "seen",
                 const std::string& follow_up = "") {
        return post(by, "/api/emergencies/" + std::to_string(request) + "/review",
                    with_code(who, {{"outcome", outcome}, {"note", note}, {"follow_up", follow_up}}));
    }
    void watch_all(const SessionId& id) {
        ASSERT_EQ(open("ruth", ruth, id).status, 200);
        ASSERT_EQ(watched(ruth, id, "[[0, 60000]]").status, 200);
    }
    Browser carl = browser("carl"), ruth = browser("ruth"), dana = browser("dana");
};

TEST_F(Emergencies, StandInAQueueOfWhoReviewsThemTheNextDueFirst) {
    const auto first = broken();
    scene.clock.advance(1h);
    const auto second = broken();
    for (const char* other : {"dana", "carl"}) EXPECT_EQ(get(browser(other), "/api/emergencies").status, 403);
    ruth = browser("ruth");
    const auto due = queue(ruth);
    ASSERT_EQ(due.size(), 2u);
    EXPECT_EQ(due[0].at("request").to_number<std::int64_t>(), first.request);
    EXPECT_EQ(due[1].at("request").to_number<std::int64_t>(), second.request);
    EXPECT_EQ(due[0].at("reason"), "bleeding, scanner dead");
    EXPECT_TRUE(due[0].at("may_review").as_bool());
    EXPECT_FALSE(due[0].at("overdue").as_bool());
    const auto session = due[0].at("sessions").as_array().front().as_object();
    EXPECT_EQ(session.at("id").as_string(), first.session.str());
    EXPECT_EQ(session.at("unwatched").to_number<int>(), 2);
    EXPECT_EQ(session.at("touched"), (json::array{"a shell", "refused: write files (SFTP): /etc/passwd"}));
    scene.clock.advance(25h);
    ruth = browser("ruth");
    EXPECT_TRUE(queue(ruth)[0].at("overdue").as_bool());
}

TEST_F(Emergencies, AreReviewedByWhoHasWatchedEveryMomentThatMatters) {
    const auto one = broken();
    const auto refused = review("ruth", ruth, one.request);
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.detail(), HasSubstr("the first at 0:00 (a shell)"));
    ASSERT_EQ(open("ruth", ruth, one.session).status, 200);
    ASSERT_EQ(watched(ruth, one.session, "[[0, 10000], [30000, 60000]]").status, 200);
    EXPECT_THAT(review("ruth", ruth, one.request).detail(), HasSubstr("was not seen, the first at 0:20"));
    EXPECT_THAT(review("ruth", ruth, one.request).detail(), HasSubstr("1 moment of the session on mri-3 of 20"));
    const auto required = get(ruth, at(one.session)).object().at("required").as_array();
    ASSERT_EQ(required.size(), 2u);
    EXPECT_TRUE(required[0].at("watched").as_bool());
    EXPECT_FALSE(required[1].at("watched").as_bool());
    std::vector<std::string> heard;
    const auto stream =
        must(gate->listen({1, ruth.token.duplicate(), ruth.source, 0}, {[&](control::WebEvent event) { heard.push_back(event.json); }, [](auto&&...) {}}));
    ASSERT_EQ(watched(ruth, one.session, "[[18000, 23000]]", 0s).status, 200) << "what a page says when it is left follows at once";
    ASSERT_EQ(heard.size(), 2u);
    EXPECT_THAT(heard.back(), HasSubstr(R"("state":"watched")")) << "the queue stands open in another page";
    gate->events().close(stream);
    EXPECT_EQ(queue(ruth)[0].at("sessions").as_array().front().at("unwatched").to_number<int>(), 0);
    EXPECT_TRUE(records("break-glass.reviewed").empty());
    const auto done = review("ruth", ruth, one.request, "partly", "no patient was there", "talk to carl");
    ASSERT_EQ(done.status, 200) << done.detail();
    EXPECT_EQ(done.text("outcome"), "partly");
    EXPECT_EQ(done.text("follow_up"), "talk to carl");
    EXPECT_EQ(done.text("reviewed_by"), "ruth");
    EXPECT_FALSE(done.object().at("may_review").as_bool());
    const auto record = records("break-glass.reviewed").back();
    EXPECT_EQ(record.fields.at("follow_up"), "talk to carl");
    EXPECT_EQ(record.fields.at("factor"), "code");
    EXPECT_EQ(record.fields.at("way"), "console");
    EXPECT_FALSE(record.fields.contains("unwatched"));
    EXPECT_TRUE(queue(ruth).empty());
    EXPECT_EQ(queue(ruth, "done").front().at("note"), "no patient was there");
    const auto late = review("ruth", ruth, one.request);
    EXPECT_EQ(late.status, 409);
    EXPECT_EQ(late.object().at("settled").at("by"), "ruth");
    EXPECT_EQ(get(ruth, at(one.session)).object().at("emergency_review").at("outcome"), "partly");
}

TEST_F(Emergencies, TakeTheWatchingOfTheReviewerAndOfNobodyElse) {
    with_policy("privacy: { members: [person:ruth] }", "privacy: { members: [person:ruth, person:dana] }");
    const auto one = broken();
    ASSERT_EQ(open("dana", dana, one.session).status, 200);
    ASSERT_EQ(watched(dana, one.session, "[[0, 60000]]").status, 200);
    EXPECT_EQ(review("ruth", ruth, one.request).status, 409);
    EXPECT_EQ(review("dana", dana, one.request).status, 200);
}

TEST_F(Emergencies, AreNeverReviewedByWhoBrokeTheGlassWithAnyAccount) {
    with_policy("privacy: { members: [person:ruth] }", "privacy: { members: [person:ruth, person:carl] }");
    const auto one = broken();
    ASSERT_EQ(open("carl", carl, one.session).status, 200);
    ASSERT_EQ(watched(carl, one.session, "[[0, 60000]]").status, 200);
    const auto own = queue(carl);
    ASSERT_EQ(own.size(), 1u);
    EXPECT_FALSE(own[0].at("may_review").as_bool());
    EXPECT_THAT(std::string(own[0].at("why_not").as_string()), HasSubstr("of their own"));
    EXPECT_EQ(review("carl", carl, one.request).status, 403);
    EXPECT_TRUE(records("break-glass.reviewed").empty());
}

TEST_F(Emergencies, AreNotThereForWhoDoesNotReviewThem) {
    const auto one = broken();
    for (const char* number : {"0", "99", "x", "01"})
        EXPECT_EQ(post(ruth, std::string("/api/emergencies/") + number + "/review", with_code("ruth", {{"outcome", "justified"}})).status, 404);
    const auto request = ask(browser("sam"));
    EXPECT_EQ(review("ruth", ruth, request).status, 404) << "no emergency";
    EXPECT_EQ(post(ruth, "/api/emergencies/" + std::to_string(one.request) + "/review", {{"outcome", "justified"}}).status, 403) << "without a factor";
    // Who reads the audit log sees that a review is owed, and gives none.
    with_policy("  audit: [role:privacy]", "  audit: [person:dana]");
    ASSERT_EQ(queue(dana).size(), 1u);
    EXPECT_FALSE(queue(dana)[0].at("may_review").as_bool());
    EXPECT_EQ(review("dana", dana, one.request).status, 403);
}

TEST_F(Emergencies, AreNotReviewedWhileSomebodyWorks) {
    const auto proof = scene.factor("carl");
    const auto made = must(scene.access->break_glass(PersonId("carl"), access::testing::mri3, "bleeding", "10.1.2.3", proof.at(), false));
    const auto id = live_one("carl", "mri-3", "night");
    must(store::Recordings(scene.here->database).set_grounds(id, {made.id, true, std::nullopt}));
    EXPECT_FALSE(queue(ruth)[0].at("may_review").as_bool());
    EXPECT_EQ(review("ruth", ruth, made.id).status, 403);
    end(id);
    watch_all(id);
    EXPECT_EQ(review("ruth", ruth, made.id).status, 200);
}

TEST_F(Emergencies, ThatCannotBeWatchedAreReviewedWithANoteThatSaysSo) {
    const auto one = broken();
    std::filesystem::remove(scene.here->recording_path(one.session));
    EXPECT_THAT(std::string(queue(ruth)[0].at("sessions").as_array().front().at("excused").as_string()), HasSubstr("gone")) << "no word of watched";
    const auto silent = review("ruth", ruth, one.request, "justified", "");
    EXPECT_EQ(silent.status, 422);
    EXPECT_THAT(silent.detail(), HasSubstr("its recording is gone"));
    ASSERT_EQ(review("ruth", ruth, one.request, "justified", "the disk was lost").status, 200);
    EXPECT_THAT(records("break-glass.reviewed").back().fields.at("unwatched"), HasSubstr("gone"));
}

// Who connects often first hides nothing by it.
TEST_F(Emergencies, OfManySessionsAreJudgedByAllOfThem) {
    const auto one = broken();
    watch_all(one.session);
    for (int i = 0; i < 30; ++i) {
        const auto id = live_one("carl", "mri-3", "night");
        must(store::Recordings(scene.here->database).set_grounds(id, {one.request, true, std::nullopt}));
        note(id, audit::Kind::capability_used, {{"capability", "shell"}, {"detail", ""}});
        end(id, 1s);
        if (i < 29) watch_all(id);
    }
    ruth = browser("ruth");
    const auto row = queue(ruth)[0].as_object();
    EXPECT_EQ(row.at("sessions").as_array().size(), 20u);
    EXPECT_EQ(row.at("sessions").at(0).at("unwatched").to_number<int>(), 1) << "what is still to be watched stands first";
    EXPECT_EQ(row.at("more_sessions").to_number<int>(), 11);
    EXPECT_EQ(review("ruth", ruth, one.request).status, 409);
    watch_all(SessionId(std::string(row.at("sessions").at(0).at("id").as_string())));
    EXPECT_EQ(review("ruth", ruth, one.request).status, 200);
}

TEST_F(Emergencies, InADrillAreReviewedWithoutWatching) {
    const auto one = broken(true);
    EXPECT_EQ(queue(ruth)[0].at("kind"), "drill");
    EXPECT_EQ(review("ruth", ruth, one.request, "justified", "").status, 200);
}

TEST_F(Emergencies, TakeAnOutcomeThatThereIsAndANoteWhereItWasNotJustified) {
    const auto one = broken();
    watch_all(one.session);
    EXPECT_GE(review("ruth", ruth, one.request, "fine").status, 400);
    EXPECT_GE(review("ruth", ruth, one.request, "unjustified", "").status, 400);
    EXPECT_EQ(review("ruth", ruth, one.request, "unjustified", "he wanted to look").status, 200);
    EXPECT_EQ(records("incident.opened").size(), 1u);
}

}  // namespace
}  // namespace anteroom::console::testing
