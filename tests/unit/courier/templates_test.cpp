// The shapes of a web hook: valid JSON of the receiver's form, within its limits, in which no name becomes markup.
#include "broker/courier/templates.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/courier/events.h"

namespace anteroom::courier {
namespace {

namespace json = boost::json;
using testing::full_event;
using ::testing::HasSubstr;
using testing::hostile_event;
using ::testing::Not;

std::string text(const json::value& value) { return std::string(value.as_string()); }

TEST(Event, ComesOutOfItsJsonAsItWentIn) {
    const auto event = parse_event(R"({"event":"request.created","time":"2026-01-02T03:04:05Z","installation":"chain-1","loudness":1,"drill":true,"request":7,
        "person":"vera","person_name":"Vera","vendor":"Acme","targets":["a","b"],"summary":"S","ticket":"T","deadline":null,"reason":"R","link":"https://a.example/requests/7","to":["x@y"]})");
    ASSERT_TRUE(event) << event.error().detail;
    EXPECT_EQ(event->event, "request.created");
    EXPECT_EQ(rfc3339(event->time), "2026-01-02T03:04:05.000000Z");
    EXPECT_TRUE(event->drill);
    EXPECT_EQ(event->request, 7);
    EXPECT_EQ(event->targets, (std::vector<std::string>{"a", "b"}));
    EXPECT_FALSE(event->deadline);
    EXPECT_EQ(event->reason, "R");
    EXPECT_EQ(event->link, "https://a.example/requests/7");
    EXPECT_EQ(event->to, std::vector<std::string>{"x@y"});
}

TEST(Event, OfAnotherKindIsDamaged) {
    for (const char* text : {"", "[]", "{", "{\"event\":1}", "{\"targets\":\"a\"}", "{\"to\":[1]}", "{\"deadline\":\"soon\"}", "{\"request\":\"7\"}"}) {
        const auto event = parse_event(text);
        ASSERT_FALSE(event) << text;
        EXPECT_EQ(event.error().kind, ErrorKind::damaged) << text;
    }
}

TEST(Event, OfADrillSaysSoFirst) {
    auto event = full_event();
    EXPECT_EQ(title_of(event), "Break-glass used");
    event.drill = true;
    EXPECT_EQ(title_of(event), "DRILL: Break-glass used");
    EXPECT_EQ(facts_of(event, "UTC").front().first, "Drill");
}

TEST(Event, ShowsTimesInTheSitesZoneWithTheirOffset) {
    for (const auto& [name, fact] : facts_of(full_event(), "America/Chicago"))
        if (name == "Deadline") EXPECT_EQ(fact, "2026-01-03 03:04 -06:00");
}

TEST(Event, TextIsCutBetweenCharacters) {
    EXPECT_EQ(cut("abcdef", 6), "abcdef");
    EXPECT_EQ(cut("abcdefg", 6), "abc...");
    EXPECT_EQ(cut("aüüüü", 7), "aü...") << "a letter of two bytes is not divided";
    EXPECT_EQ(cut("abc", 2), "...");
}

TEST(PlainBody, SaysWhatTheEventSays) {
    const auto body = json::parse(plain_body(full_event(), "soc-9")).as_object();
    EXPECT_EQ(text(body.at("event")), "break-glass.used");
    EXPECT_EQ(text(body.at("delivery")), "soc-9");
    EXPECT_EQ(body.at("request").as_int64(), 42);
    EXPECT_EQ(text(body.at("person")), "alice");
    EXPECT_EQ(text(body.at("link")), full_event().link);
    EXPECT_EQ(body.at("targets").as_array().size(), 2u);
    EXPECT_EQ(text(body.at("deadline")), "2026-01-03T09:04:05.000000Z");
    EXPECT_FALSE(body.contains("reason")) << "a reason that did not come does not go";
    EXPECT_FALSE(body.contains("to")) << "mail addresses are nobody else's business";
}

TEST(SlackBody, IsHeaderSummaryAndFields) {
    const auto body = json::parse(slack_body(full_event(), "UTC")).as_object();
    const auto& blocks = body.at("blocks").as_array();
    ASSERT_EQ(blocks.size(), 4u);
    EXPECT_EQ(text(blocks[0].at("text").at("text")), "Break-glass used");
    EXPECT_EQ(text(blocks[1].at("text").at("text")), full_event().summary);
    EXPECT_LE(blocks[2].at("fields").as_array().size(), 10u);
    EXPECT_EQ(text(blocks[3].at("text").at("text")), "<" + full_event().link + "|Open it in Anteroom>");
    EXPECT_EQ(text(body.at("text")), "Break-glass used: " + full_event().summary);
    auto without = full_event();
    without.link.clear();
    EXPECT_EQ(json::parse(slack_body(without, "UTC")).at("blocks").as_array().size(), 3u);
}

TEST(SlackBody, CallsNobodyAndLinksNothingThatWasTyped) {
    auto event = hostile_event();
    event.summary += std::string(9000, 'x');
    const auto body = json::parse(slack_body(event, "UTC")).as_object();
    EXPECT_THAT(text(body.at("text")), Not(HasSubstr("<")));
    EXPECT_THAT(text(body.at("text")), HasSubstr("&lt;!channel&gt;"));
    for (const auto& block : body.at("blocks").as_array()) {
        if (const auto* one = block.as_object().if_contains("text"))
            EXPECT_TRUE(text(one->at("type")) == "plain_text" || text(one->at("text")) == "<" + event.link + "|Open it in Anteroom>");
        if (const auto* one = block.as_object().if_contains("text")) EXPECT_LE(text(one->at("text")).size(), 3000u);
        if (const auto* fields = block.as_object().if_contains("fields"))
            for (const auto& field : fields->as_array()) EXPECT_EQ(text(field.at("type")), "plain_text");
    }
}

TEST(TeamsBody, IsAnAdaptiveCardWithoutMarkdown) {
    const auto body = json::parse(teams_body(hostile_event(), "UTC")).as_object();
    EXPECT_EQ(text(body.at("type")), "message");
    const auto& attachment = body.at("attachments").as_array().at(0).as_object();
    EXPECT_EQ(text(attachment.at("contentType")), "application/vnd.microsoft.card.adaptive");
    const auto& card = attachment.at("content").as_object();
    EXPECT_EQ(text(card.at("type")), "AdaptiveCard");
    EXPECT_EQ(text(card.at("actions").at(0).at("type")), "Action.OpenUrl");
    EXPECT_EQ(text(card.at("actions").at(0).at("url")), full_event().link);
    for (const auto& block : card.at("body").as_array()) {
        EXPECT_EQ(text(block.at("type")), "RichTextBlock") << "a TextBlock would read Markdown";
        for (const auto& run : block.at("inlines").as_array()) {
            EXPECT_EQ(text(run.at("type")), "TextRun");
            EXPECT_FALSE(run.as_object().contains("selectAction"));
        }
    }
}

TEST(PagerDutyBody, IsOneTriggerWhoseKeyStaysTheSame) {
    const auto body = json::parse(pagerduty_body(full_event(), "pager-9", "R0UT1NG")).as_object();
    EXPECT_EQ(text(body.at("routing_key")), "R0UT1NG");
    EXPECT_EQ(text(body.at("event_action")), "trigger");
    EXPECT_EQ(text(body.at("dedup_key")), "chain-7/pager-9");
    EXPECT_EQ(pagerduty_body(full_event(), "pager-9", "k"), pagerduty_body(full_event(), "pager-9", "k"));
    EXPECT_EQ(text(body.at("payload").at("severity")), "critical");
    EXPECT_EQ(text(body.at("payload").at("component")), "mri-3");
    EXPECT_EQ(text(body.at("client_url")), full_event().link);
}

TEST(PagerDutyBody, OfADrillWakesNobodyAndASummaryIsCutToItsLimit) {
    auto event = hostile_event();
    event.drill = true;
    event.summary += std::string(5000, 'x');
    const auto body = json::parse(pagerduty_body(event, "pager-9", "k")).as_object();
    EXPECT_EQ(text(body.at("payload").at("severity")), "info");
    EXPECT_LE(text(body.at("payload").at("summary")).size(), 1024u);
    EXPECT_TRUE(text(body.at("payload").at("summary")).starts_with("DRILL: "));
}

}  // namespace
}  // namespace anteroom::courier
