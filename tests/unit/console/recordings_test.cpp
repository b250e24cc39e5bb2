// Recordings in the console: who finds which, what is known of one, and what only those leave there who have looked into it.
#include <filesystem>

#include "tests/unit/console/recording_scene.h"

namespace anteroom::console::testing {
namespace {

using ::testing::HasSubstr;

class Recordings : public ::testing::Test, protected RecordingScene {
protected:
    Browser sam = browser("sam"), dana = browser("dana"), ruth = browser("ruth"), gina = browser("gina");
};

TEST_F(Recordings, AreFoundByTheirReviewersAlone) {
    const auto mri = ended("sam").str(), lab = ended("gina", "lab-1").str();
    EXPECT_EQ(listed(ruth), std::vector{mri});
    for (const auto* other : {&sam, &dana, &gina}) {
        EXPECT_EQ(get(*other, "/api/recordings").status, 403);
        EXPECT_EQ(get(*other, "/api/recordings/" + mri).status, 403);
    }
    const auto row = get(ruth, "/api/recordings").object().at("recordings").as_array().front().as_object();
    EXPECT_EQ(row.at("state"), "complete");
    EXPECT_EQ(row.at("seconds").to_number<int>(), 60);
    EXPECT_EQ(row.at("vendor"), "Acme Imaging");
    EXPECT_TRUE(row.at("may_open").as_bool());
    EXPECT_TRUE(row.at("signed_off").is_null());
    EXPECT_FALSE(row.at("emergency").as_bool());
    ASSERT_FALSE(records("console.looked").empty());
    EXPECT_EQ(records("console.looked").back().person, "ruth");
    // Of a target that is not hers, one that never was, and no name of one at all: the same.
    for (const auto& path : {lab, SessionId(random_id()).str(), std::string("x")}) EXPECT_EQ(get(ruth, "/api/recordings/" + path).status, 404) << path;
    for (const char* verb : {"notes", "watched", "ask-consent"})
        EXPECT_GE(post(ruth, "/api/recordings/" + lab + "/" + verb, {{"at", 0}, {"text", "x"}}).status, 404) << verb;
    EXPECT_EQ(post(ruth, "/api/recordings/" + lab + "/open", with_code("ruth")).status, 404);
}

TEST_F(Recordings, AreJudgedByTheLabelsOfTheirTime) {
    const auto id = ended("sam").str();
    with_policy("labels: { zone: imaging }\n    accounts: { service", "labels: { zone: lab }\n    accounts: { service");
    EXPECT_EQ(listed(ruth), std::vector{id});
    EXPECT_TRUE(get(ruth, "/api/recordings").object().at("recordings").as_array().front().as_object().at("may_open").as_bool());
    with_policy("privacy: { members: [person:ruth] }", "privacy: { members: [person:erin] }");
    EXPECT_EQ(get(ruth, "/api/recordings").status, 403);
}

TEST_F(Recordings, ComePageByPageAndAsAskedFor) {
    std::vector<std::string> all;
    for (int i = 0; i < 5; ++i) all.insert(all.begin(), ended(i == 2 ? "gina" : "sam").str());
    EXPECT_EQ(listed(ruth), all);
    const auto first = get(ruth, "/api/recordings", "limit=2");
    EXPECT_EQ(ids_in(first.object().at("recordings")), (std::vector{all[0], all[1]}));
    const auto second = get(ruth, "/api/recordings", "limit=2&before=" + first.text("before"));
    EXPECT_EQ(ids_in(second.object().at("recordings")), (std::vector{all[2], all[3]}));
    const auto third = get(ruth, "/api/recordings", "limit=2&before=" + second.text("before"));
    EXPECT_EQ(ids_in(third.object().at("recordings")), (std::vector{all[4]}));
    EXPECT_TRUE(third.object().at("before").is_null());
    EXPECT_EQ(listed(ruth, "person=gina"), std::vector{all[2]});
    EXPECT_TRUE(listed(ruth, "target=lab-1").empty());
    EXPECT_EQ(listed(ruth, "until=" + second.text("before")).size(), 1u);
    for (const char* wrong : {"limit=0", "limit=201", "since=yesterday", "before=7", "nonsense=1"})
        EXPECT_GE(get(ruth, "/api/recordings", wrong).status, 400) << wrong;
}

TEST_F(Recordings, ThatBeganTogetherStayOnOnePage) {
    const auto one = live_one("sam"), two = live_one("sam");
    end(one), must(scene.here->sessions.end(two, scene.clock.now(), "closed", "complete"));
    const auto later = ended("sam");
    const auto page = get(ruth, "/api/recordings", "limit=2");
    EXPECT_EQ(page.object().at("recordings").as_array().size(), 3u);
    EXPECT_TRUE(page.object().at("before").is_null());
}

TEST_F(Recordings, ThatAreNotThereAreSaidToBeGone) {
    const auto id = ended("sam"), lost = live_one("sam");
    end(lost, 5s, "lost");
    const auto torn = live_one("sam");
    end(torn, 5s, "torn");
    std::filesystem::remove(scene.here->recording_path(id));
    const auto rows = get(ruth, "/api/recordings").object().at("recordings").as_array();
    EXPECT_EQ(rows[0].at("state"), "torn");
    EXPECT_EQ(rows[1].at("state"), "gone");
    EXPECT_EQ(rows[2].at("state"), "gone");
    EXPECT_FALSE(rows[2].at("may_open").as_bool());
    EXPECT_EQ(open("ruth", ruth, id).status, 409);
    EXPECT_EQ(get(ruth, at(id)).status, 200) << "what is known of it is not gone";
}

TEST_F(Recordings, SayEverythingThatIsKnownOfThem) {
    const auto request = ask(sam);
    const auto card = get(dana, path_of(request));
    ASSERT_EQ(post(dana, path_of(request, "approve"), with_code("dana", {{"seconds", nullptr}, {"confirmed", true}}), card.etag).status, 200);
    const auto id = live_one("sam");
    must(store::Recordings(scene.here->database).set_grounds(id, {request, false, 2}));
    scene.clock.advance(10s);
    note(id, audit::Kind::capability_refused, {{"capability", "x11"}, {"detail", ""}});
    note(id, audit::Kind::recording_root, {{"count", "1"}});
    end(id);
    const auto detail = get(ruth, at(id)).object();
    EXPECT_EQ(detail.at("request").at("id").to_number<int>(), request);
    EXPECT_EQ(detail.at("request").at("yeses").as_array().front().at("by"), "dana");
    EXPECT_EQ(detail.at("refusals").to_number<int>(), 2);
    EXPECT_EQ(detail.at("ended_why"), "closed");
    EXPECT_TRUE(detail.at("emergency_review").is_null());
    EXPECT_TRUE(detail.at("required").as_array().empty()) << "nobody has to watch what was no emergency";
    const auto moments = detail.at("audit").as_array();
    ASSERT_EQ(moments.size(), 2u);
    EXPECT_EQ(moments[1].at("kind"), "capability.refused");
    EXPECT_EQ(moments[1].at("offset").to_number<int>(), 10'000);
}

TEST_F(Recordings, AreOpenedOnceForEachFactorAndTheViewIsWrittenDownFirst) {
    const auto id = ended("sam");
    EXPECT_EQ(post(ruth, at(id, "open")).status, 403) << "without a factor";
    EXPECT_TRUE(records("recording.view").empty());
    EXPECT_EQ(open("ruth", ruth, id).status, 200);
    ASSERT_EQ(records("recording.view").size(), 1u);
    EXPECT_EQ(records("recording.view").front().person, "ruth");
    const auto watchers = get(ruth, at(id)).object().at("watchers").as_array();
    ASSERT_EQ(watchers.size(), 1u);
    EXPECT_EQ(watchers.front().at("person"), "ruth");
}

// A page that plays says so whether somebody sits there or not.
TEST_F(Recordings, ThatPlayByThemselvesKeepNobodySignedIn) {
    const auto id = ended("sam");
    ASSERT_TRUE(show(ruth, post(ruth, at(id, "open"), with_code("ruth")).text("ticket")));
    const auto idle = scene.here->config.web.idle;
    for (const bool input : {true, false}) {
        ASSERT_EQ(post(ruth, at(id, "notes"), {{"at", 1}, {"text", "here"}}).status, 200);
        scene.clock.advance(idle - std::chrono::minutes(1));
        if (input) EXPECT_EQ(post(ruth, at(id, "notes"), {{"at", 1}, {"text", "still here"}}).status, 200);
        else EXPECT_EQ(watched(ruth, id, "[[0, 1000]]").status, 200);
        scene.clock.advance(std::chrono::minutes(2));
        EXPECT_EQ(get(ruth, at(id)).status, input ? 200 : 401);
    }
}

TEST_F(Recordings, TakeNotesAndSignOffsFromThoseAloneWhoHaveLooked) {
    const auto id = ended("sam");
    const json::object sentence{{"at", 1000}, {"text", "what is this?\nAsk acme."}};
    EXPECT_EQ(post(ruth, at(id, "notes"), sentence).status, 409);
    EXPECT_EQ(watched(ruth, id, "[[0, 1000]]").status, 409);
    EXPECT_EQ(post(ruth, at(id, "sign-off"), with_code("ruth", {{"outcome", "fine"}})).status, 409);
    // A ticket alone shows nothing, and a look that was refused is none.
    const auto ticket = post(ruth, at(id, "open"), with_code("ruth"));
    EXPECT_EQ(post(ruth, at(id, "notes"), sentence).status, 409);
    note(id, audit::Kind::recording_view, {{"outcome", "refused"}});
    ASSERT_TRUE(show(ruth, ticket.text("ticket")));
    const auto noted = post(ruth, at(id, "notes"), sentence);
    ASSERT_EQ(noted.status, 200);
    EXPECT_EQ(noted.object().at("notes").as_array().front().at("text"), "what is this?\nAsk acme.");
    EXPECT_EQ(records("recording.noted").back().fields.at("at_ms"), "1000");
    EXPECT_EQ(post(ruth, at(id, "notes"), {{"at", 60'001}, {"text", "behind the end"}}).status, 422);
    EXPECT_EQ(post(ruth, at(id, "notes"), {{"at", -1}, {"text", "before the beginning"}}).status, 422);
    EXPECT_EQ(post(ruth, at(id, "notes"), {{"at", 1}, {"text", " \n"}}).status, 422);
    EXPECT_EQ(post(ruth, at(id, "notes"), {{"at", 1}, {"text", "by \u202eecila"}}).status, 422) << "nothing turns what stands beside it";
    EXPECT_EQ(post(ruth, at(id, "sign-off"), with_code("ruth", {{"outcome", "incident"}})).status, 422) << "without a note";
    EXPECT_EQ(post(ruth, at(id, "sign-off"), with_code("ruth", {{"outcome", "good"}})).status, 422);
    EXPECT_EQ(post(ruth, at(id, "sign-off"), {{"outcome", "fine"}}).status, 403) << "without a factor";
    ASSERT_EQ(post(ruth, at(id, "sign-off"), with_code("ruth", {{"outcome", "incident"}, {"note", "a new account"}})).status, 200);
    EXPECT_EQ(records("recording.reviewed").back().fields.at("factor"), "code");
    EXPECT_EQ(get(ruth, "/api/recordings").object().at("recordings").as_array().front().at("signed_off").at("outcome"), "incident");
}

TEST_F(Recordings, AreNotSignedOffWhileTheyRunNorByWhoIsSeen) {
    const auto id = live_one("sam");
    ASSERT_EQ(open("ruth", ruth, id).status, 200);
    EXPECT_EQ(post(ruth, at(id, "sign-off"), with_code("ruth", {{"outcome", "fine"}})).status, 409);
    end(id);
    EXPECT_EQ(post(ruth, at(id, "sign-off"), with_code("ruth", {{"outcome", "fine"}})).status, 200);
    const auto own = ended("ruth");
    ASSERT_EQ(open("ruth", ruth, own).status, 200);
    EXPECT_EQ(post(ruth, at(own, "sign-off"), with_code("ruth", {{"outcome", "fine"}})).status, 403);
}

TEST_F(Recordings, RememberWhatWasWatched) {
    const auto id = ended("sam");
    ASSERT_EQ(open("ruth", ruth, id).status, 200);
    EXPECT_EQ(watched(ruth, id, "[[0, 5000], [50000, 99000]]").object().at("watched"), json::parse("[[0, 5000], [50000, 60000]]"));
    EXPECT_EQ(watched(ruth, id, "[[6000, 7000]]", 0ms).status, 200) << "what a page says when it is left follows at once";
    EXPECT_EQ(watched(ruth, id, "[[5000, 9000]]").object().at("watched"), json::parse("[[0, 9000], [50000, 60000]]"));
    const auto detail = get(ruth, at(id)).object();
    EXPECT_EQ(detail.at("watched").as_array().size(), 2u);
    EXPECT_EQ(detail.at("watchers").as_array().front().at("watched").as_array().size(), 2u);
    for (const char* wrong : {"7", "[7]", "[[1]]", "[[1, \"2\"]]", "[[2, 1]]", "[[-1, 1]]", "[[1, 2, 3]]", "[[1, 2.5]]", "{}", "[[1, 18446744073709551615]]"})
        EXPECT_EQ(watched(ruth, id, wrong).status, 422) << wrong;
    std::string many = "[[1, 2]";
    for (int i = 0; i < 200; ++i) many += ", [1, 2]";
    EXPECT_EQ(watched(ruth, id, (many + "]").c_str()).status, 422);
}

TEST_F(Recordings, TellTheirReviewersWhatChanges) {
    std::vector<std::string> heard, other;
    const auto listen = [&](const Browser& by, std::vector<std::string>& to) {
        control::WebListen asked;
        asked.session = by.token.duplicate();
        asked.source = by.source;
        must(gate->listen(asked, {[&to](const control::WebEvent& event) {
                                      if (event.topic == "recording") to.push_back(event.json);
                                  },
                                  [](const std::string&) {}}));
    };
    listen(ruth, heard), listen(dana, other);
    const auto id = live_one("sam");
    ASSERT_EQ(open("ruth", ruth, id).status, 200);
    end(id);
    gate->events().session({must(scene.here->sessions.find(id)).value(), false}, "ended");
    ASSERT_EQ(post(ruth, at(id, "notes"), {{"at", 1}, {"text", "nobody's business"}}).status, 200);
    ASSERT_EQ(post(ruth, at(id, "sign-off"), with_code("ruth", {{"outcome", "fine"}})).status, 200);
    ASSERT_EQ(heard.size(), 3u);
    EXPECT_THAT(heard[0], HasSubstr("\"ended\""));
    EXPECT_THAT(heard[1], HasSubstr("\"noted\""));
    EXPECT_THAT(heard[1], Not(HasSubstr("business")));
    EXPECT_THAT(heard[2], HasSubstr(id.str()));
    EXPECT_TRUE(other.empty());
}

// ---- consent

class Consents : public Recordings {
protected:
    Consents() { with_policy(reviewers_line, with_consent); }
    Reply ask_for(const Browser& by, const SessionId& id) { return post(by, at(id, "ask-consent"), {{"reason", "a complaint"}}); }
    Reply consent(const std::string& who, const Browser& by, const SessionId& id, const std::string& asker) {
        return post(by, at(id, "consent"), with_code(who, {{"person", asker}}));
    }
};

TEST_F(Consents, OpenARecordingForAnHour) {
    const auto id = ended("sam");
    const auto row = get(ruth, "/api/recordings").object().at("recordings").as_array().front().as_object();
    EXPECT_FALSE(row.at("may_open").as_bool());
    EXPECT_THAT(std::string(row.at("why_not").as_string()), HasSubstr("consent"));
    const auto refused = open("ruth", ruth, id);
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(refused.detail(), HasSubstr("another reviewer"));
    EXPECT_EQ(records("recording.view").back().fields.at("outcome"), "refused");
    const auto asked = ask_for(ruth, id);
    ASSERT_EQ(asked.status, 200);
    EXPECT_EQ(asked.object().at("consent").at("asked").at("reason"), "a complaint");
    EXPECT_TRUE(asked.object().at("consent").at("given").is_null());
    const auto waiting = get(gina, "/api/recordings").object().at("asked").as_array();
    ASSERT_EQ(waiting.size(), 1u);
    EXPECT_EQ(waiting.front().at("person"), "ruth");
    EXPECT_TRUE(get(ruth, "/api/recordings").object().at("asked").as_array().empty()) << "nobody is asked by themselves";
    ASSERT_EQ(consent("gina", gina, id, "ruth").status, 200);
    EXPECT_TRUE(get(gina, "/api/recordings").object().at("asked").as_array().empty());
    EXPECT_EQ(records("recording.consented").back().fields.at("to"), "ruth");
    EXPECT_EQ(records("recording.consented").back().fields.at("factor"), "code");
    EXPECT_EQ(get(ruth, at(id)).object().at("consent").at("given").at("by"), "gina");
    EXPECT_EQ(open("ruth", ruth, id).status, 200);
    EXPECT_EQ(open("gina", gina, id).status, 403) << "it was for ruth";
    EXPECT_EQ(open("ruth", ruth, ended("sam")).status, 403) << "and for that recording";
    scene.clock.advance(1h);
    gate->tick();
    ASSERT_EQ(over.size(), 1u) << "what runs then ends";
    EXPECT_EQ(open("ruth", ruth, id).status, 401) << "and so has the console session";
    const auto again = browser("ruth");
    EXPECT_EQ(open("ruth", again, id).status, 403);
    // The question was answered: nobody is asked it again, and ruth may ask another one.
    const auto later = get(again, at(id)).object().at("consent");
    EXPECT_TRUE(later.at("asked").is_null());
    EXPECT_TRUE(later.at("given").is_null());
    gina = browser("gina");
    EXPECT_TRUE(get(gina, "/api/recordings").object().at("asked").as_array().empty());
    EXPECT_EQ(consent("gina", gina, id, "ruth").status, 409);
    ASSERT_EQ(ask_for(again, id).status, 200);
    EXPECT_EQ(get(gina, "/api/recordings").object().at("asked").as_array().size(), 1u);
    ASSERT_EQ(consent("gina", gina, id, "ruth").status, 200);
    EXPECT_EQ(open("ruth", again, id).status, 200);
}

TEST_F(Consents, ThatNobodyGivesWithinADayAreAskedForAnew) {
    const auto id = ended("sam");
    ASSERT_EQ(ask_for(ruth, id).status, 200);
    scene.clock.advance(25h);
    ruth = browser("ruth"), gina = browser("gina");
    EXPECT_TRUE(get(ruth, at(id)).object().at("consent").at("asked").is_null());
    EXPECT_TRUE(get(gina, "/api/recordings").object().at("asked").as_array().empty());
    EXPECT_EQ(consent("gina", gina, id, "ruth").status, 409) << "what is not asked any more";
    ASSERT_EQ(ask_for(ruth, id).status, 200);
    EXPECT_EQ(consent("gina", gina, id, "ruth").status, 200);
}

TEST_F(Consents, AreNotGivenToOneselfNorByWhoIsSeenNorUnasked) {
    const auto id = ended("sam");
    EXPECT_EQ(consent("gina", gina, id, "ruth").status, 409) << "unasked";
    ASSERT_EQ(ask_for(ruth, id).status, 200);
    EXPECT_EQ(consent("ruth", ruth, id, "ruth").status, 403);
    EXPECT_EQ(consent("gina", gina, id, "erin").status, 409);
    EXPECT_EQ(consent("gina", gina, id, "nobody at all").status, 422);
    EXPECT_EQ(post(gina, at(id, "consent"), {{"person", "ruth"}}).status, 403) << "without a factor";
    const auto own = ended("gina");
    ASSERT_EQ(ask_for(ruth, own).status, 200);
    EXPECT_EQ(consent("gina", gina, own, "ruth").status, 403) << "who is seen in it";
    EXPECT_EQ(open("ruth", ruth, id).status, 403);
    EXPECT_EQ(open("ruth", ruth, own).status, 403);
}

TEST_F(Consents, AreNotGivenByAnotherAccountOfTheSameHuman) {
    scene.add("ruth2", "ruth@hospital.example"), scene.add("ruth3", "Ruth@hospital.example");
    with_policy(reviewers_line, "  - { who: [person:ruth2, person:ruth3, person:gina], of: { labels: { zone: imaging } }, consent: 1 }");
    const auto one = browser("ruth2"), two = browser("ruth3");
    const auto id = ended("sam");
    ASSERT_EQ(ask_for(one, id).status, 200);
    EXPECT_EQ(consent("ruth3", two, id, "ruth2").status, 403);
    EXPECT_EQ(consent("gina", gina, id, "ruth2").status, 200);
    EXPECT_EQ(open("ruth2", one, id).status, 200);
}

TEST_F(Consents, OfSomebodyWhoReviewsNoMoreDoNotCount) {
    const auto id = ended("sam");
    ASSERT_EQ(ask_for(ruth, id).status, 200);
    ASSERT_EQ(consent("gina", gina, id, "ruth").status, 200);
    with_policy(reviewers_line, "  - { who: [role:privacy, person:erin], of: { labels: { zone: imaging } }, consent: 1 }");
    EXPECT_EQ(open("ruth", ruth, id).status, 403);
}

TEST_F(Consents, AreCountedByHumansWhereTwoAreNeeded) {
    with_policy(reviewers_line, "  - { who: [role:privacy, person:gina, person:erin], of: { labels: { zone: imaging } }, consent: 2 }");
    const auto erin = browser("erin");
    const auto id = ended("sam");
    ASSERT_EQ(ask_for(ruth, id).status, 200);
    ASSERT_EQ(consent("gina", gina, id, "ruth").status, 200);
    ASSERT_EQ(consent("gina", gina, id, "ruth").status, 200);
    EXPECT_EQ(open("ruth", ruth, id).status, 403);
    EXPECT_EQ(get(erin, "/api/recordings").object().at("asked").as_array().size(), 1u);
    ASSERT_EQ(consent("erin", erin, id, "ruth").status, 200);
    EXPECT_EQ(open("ruth", ruth, id).status, 200);
}

TEST_F(Consents, AreAskedForWhereTheyAreNeededOnly) {
    with_policy(reviewers_line, reviewers_line);
    EXPECT_EQ(ask_for(ruth, ended("sam")).status, 409);
}

}  // namespace
}  // namespace anteroom::console::testing
