// Events: each goes to whom its thing is shown, and to nobody else; what was missed comes again; a stream ends with its session.
#include "tests/unit/console/gate_scene.h"

namespace anteroom::console::testing {
namespace {

struct Heard {
    std::vector<control::WebEvent> events;
    std::vector<std::string> over;
    json::object last() const { return json::parse(events.back().json).as_object(); }
    std::size_t of(const std::string& topic) const {
        return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [&](const auto& one) { return one.topic == topic; }));
    }
};

class Hearing : public ::testing::Test {
protected:
    Result<std::uint64_t> listen(const GateScene::Browser& by, const std::shared_ptr<Heard>& to, std::uint64_t after = 0) {
        control::WebListen asked;
        asked.session = by.token.duplicate();
        asked.after = after;
        return scene.gate->listen(asked, {[to](control::WebEvent event) { to->events.push_back(std::move(event)); },
                                          [to](const std::string& sentence) { to->over.push_back(sentence); }});
    }
    std::shared_ptr<Heard> heard(const GateScene::Browser& by, std::uint64_t after = 0) {
        auto to = std::make_shared<Heard>();
        EXPECT_TRUE(listen(by, to, after));
        return to;
    }
    GateScene scene;
    GateScene::Browser sam = scene.browser("sam"), dana = scene.browser("dana"), erin = scene.browser("erin"), gina = scene.browser("gina"),
                       ruth = scene.browser("ruth");
};

TEST_F(Hearing, ARequestIsHeardByItsPersonAndItsDecidersOnly) {
    const auto of_sam = heard(sam), of_dana = heard(dana), of_gina = heard(gina), of_ruth = heard(ruth);
    const auto id = scene.ask(sam);
    EXPECT_EQ(of_sam->of("request"), 1u);
    EXPECT_EQ(of_gina->of("request"), 0u);
    EXPECT_EQ(of_ruth->of("request"), 0u);
    ASSERT_EQ(of_dana->of("request"), 1u);
    const auto fresh = of_dana->last();
    EXPECT_TRUE(fresh.at("fresh").as_bool());
    EXPECT_EQ(fresh.at("waiting").to_number<int>(), 1);
    EXPECT_EQ(fresh.at("id").to_number<std::int64_t>(), id);
    const std::string summary(fresh.at("summary").as_string());
    EXPECT_NE(summary.find("mri-3 as service"), std::string::npos);
    EXPECT_EQ(summary.find("gradient coil"), std::string::npos) << "never the reason's text";
    EXPECT_FALSE(of_sam->last().contains("fresh"));
    EXPECT_FALSE(of_sam->last().contains("summary"));
    const auto seen = scene.get(erin, GateScene::path_of(id)).etag;
    ASSERT_EQ(scene.post(erin, GateScene::path_of(id, "approve"), scene.with_code("erin", {{"confirmed", true}}), seen).status, 200);
    EXPECT_EQ(of_dana->last().at("waiting").to_number<int>(), 0);
    EXPECT_EQ(of_dana->last().at("state"), "approved");
    EXPECT_FALSE(of_dana->last().contains("fresh"));
}

TEST_F(Hearing, ASessionIsHeardByItsPersonReviewersAndDeciders) {
    const auto of_sam = heard(sam), of_dana = heard(dana), of_gina = heard(gina), of_ruth = heard(ruth);
    const auto id = scene.session_of("sam", "mri-3", "service", "mri-service");
    scene.gate->events().session({must(scene.scene.here->sessions.find(id)).value(), false}, "live");
    for (const auto& one : {of_sam, of_dana, of_ruth}) EXPECT_EQ(one->of("session"), 1u);
    EXPECT_EQ(of_gina->of("session"), 0u);
    EXPECT_EQ(of_ruth->last().at("id"), json::value(id.str()));
}

TEST_F(Hearing, OfPeopleWhoSeeThatPageAndOfMeI) {
    const auto of_sam = heard(sam), of_ruth = heard(ruth);
    scene.gate->events().people();
    scene.gate->events().me(PersonId("sam"));
    scene.gate->events().policy();
    EXPECT_EQ(of_sam->of("people"), 0u);
    EXPECT_EQ(of_ruth->of("people"), 1u);
    EXPECT_EQ(of_sam->of("me"), 1u);
    EXPECT_EQ(of_ruth->of("me"), 0u);
    EXPECT_EQ(of_sam->of("policy"), 1u);
}

// Whoever comes is told at once what waits for them, and nobody else's.
TEST_F(Hearing, WhatWaitsIsSaidWithTheFirstWord) {
    const auto waiting = [](const auto& one) { return one->events.empty() ? json::value() : json::parse(one->events[0].json).at("waiting"); };
    EXPECT_EQ(waiting(heard(dana)), json::value(0));
    scene.ask(sam);
    EXPECT_EQ(waiting(heard(dana)), json::value(1));
    EXPECT_EQ(waiting(heard(sam)), json::value(0));
    EXPECT_EQ(waiting(heard(dana, heard(dana)->events[0].id)), json::value(1)) << "and after a line that was lost";
}

TEST_F(Hearing, WhatWasMissedComesAgainAndOnlyWhatMayBeSeen) {
    const auto first = heard(dana);
    ASSERT_EQ(first->of("hello"), 1u);
    scene.ask(sam);
    const auto last = first->events.back().id;
    scene.gate->events().me(PersonId("gina"));
    scene.gate->events().policy();
    const auto again = heard(dana, last);
    ASSERT_EQ(again->events.size(), 2u);
    EXPECT_EQ(again->events[0].topic, "hello");
    EXPECT_EQ(again->events[0].id, last);
    EXPECT_FALSE(json::parse(again->events[0].json).as_object().contains("missed"));
    EXPECT_EQ(again->events[1].topic, "policy");
    EXPECT_GT(again->events[1].id, last);
    EXPECT_EQ(heard(dana, again->events[1].id)->events.size(), 1u);
}

// A page asks who it is, then for what it shows, and only then listens: what changes in between is not lost.
TEST_F(Hearing, AStreamGoesOnBehindWhatMeSaid) {
    const auto before = scene.get(dana, "/api/me").object().at("event").to_number<std::uint64_t>();
    EXPECT_EQ(heard(dana, before)->events.size(), 1u);
    const auto id = scene.ask(sam);
    const auto of_dana = heard(dana, before);
    ASSERT_EQ(of_dana->of("request"), 1u);
    EXPECT_EQ(of_dana->last().at("id").to_number<std::int64_t>(), id);
    EXPECT_TRUE(of_dana->last().at("fresh").as_bool());
    EXPECT_FALSE(json::parse(of_dana->events[0].json).as_object().contains("missed"));
    EXPECT_EQ(scene.get(dana, "/api/me").object().at("event").to_number<std::uint64_t>(), of_dana->events.back().id);
}

TEST_F(Hearing, WhoWasAwayTooLongIsTold) {
    const auto first = heard(sam);
    const auto long_ago = first->events.front().id;
    for (std::size_t i = 0; i <= Events::kept; ++i) scene.gate->events().policy();
    const auto again = heard(sam, long_ago);
    ASSERT_EQ(again->events.size(), 1u);
    EXPECT_TRUE(json::parse(again->events[0].json).as_object().at("missed").as_bool());
    EXPECT_TRUE(json::parse(heard(sam, 7)->events.front().json).as_object().contains("missed")) << "of an earlier broker";
    EXPECT_TRUE(json::parse(heard(sam, ~std::uint64_t{0})->events.front().json).as_object().contains("missed")) << "of no broker";
}

TEST_F(Hearing, EndsWithASignOutAtOnceAndWithSilenceInTime) {
    const auto of_sam = heard(sam), of_dana = heard(dana);
    ASSERT_EQ(scene.post(sam, "/api/sign-out").status, 200);
    scene.gate->tick();
    scene.scene.clock.advance(6s);
    scene.gate->tick();
    EXPECT_EQ(of_sam->over.size(), 1u);
    EXPECT_TRUE(of_dana->over.empty());
    scene.gate->events().me(PersonId("sam"));
    EXPECT_EQ(of_sam->of("me"), 0u);
    scene.scene.clock.advance(11min);
    scene.gate->tick();
    EXPECT_EQ(of_dana->over.size(), 1u) << "a stream keeps no session alive";
    EXPECT_EQ(scene.gate->events().streams(), 0u);
}

TEST_F(Hearing, EndsWhenItsPersonIsDisabled) {
    const auto of_sam = heard(sam);
    ASSERT_EQ(scene.post(ruth, "/api/people/sam/disable", scene.with_code("ruth", {{"reason", "left"}})).status, 200);
    EXPECT_EQ(of_sam->over.size(), 1u);
    EXPECT_EQ(of_sam->events.size(), 1u) << "nothing after the end but the greeting before";
}

TEST_F(Hearing, IsForThoseWhoAreSignedInAndEnrolled) {
    const GateScene::Browser nobody{Secret::copy_of(std::string_view("x")), ""};
    const auto to = std::make_shared<Heard>();
    EXPECT_EQ(listen(nobody, to).error().kind, ErrorKind::not_found);
    EXPECT_EQ(listen(scene.browser("gina", true), to).error().kind, ErrorKind::refused);
    EXPECT_TRUE(to->events.empty());
}

TEST_F(Hearing, HasALimitForEachSession) {
    const auto to = std::make_shared<Heard>();
    std::vector<std::uint64_t> open;
    for (std::size_t i = 0; i < Events::most_of_a_session; ++i) open.push_back(must(listen(sam, to)));
    EXPECT_EQ(listen(sam, to).error().kind, ErrorKind::conflict);
    EXPECT_TRUE(listen(dana, to));
    scene.gate->events().close(open.front());
    EXPECT_TRUE(listen(sam, to));
}

}  // namespace
}  // namespace anteroom::console::testing
