// The shapes, each with its receiver's limits.
#include "broker/courier/templates.h"

#include <boost/json.hpp>

#include <algorithm>

namespace anteroom::courier {

namespace json = boost::json;

namespace {

// https://docs.slack.dev/reference/block-kit/blocks: characters of a header, of a text, of a field; fields of a section.
constexpr std::size_t slack_header = 150, slack_text = 3000, slack_field = 2000, slack_fields = 10;
// Events API v2: payload.summary.
constexpr std::size_t pagerduty_summary = 1024;
constexpr std::size_t teams_text = 3000;
constexpr std::string_view opens = "Open it in Anteroom";

json::array texts(const std::vector<std::string>& list) {
    json::array out;
    for (const auto& text : list) out.emplace_back(text);
    return out;
}

json::object object_of(const Event& event) {
    json::object out{{"event", event.event},
                     {"title", title_of(event)},
                     {"time", rfc3339(event.time)},
                     {"installation", event.installation},
                     {"loudness", event.loudness},
                     {"drill", event.drill},
                     {"request", event.request == 0 ? json::value(nullptr) : json::value(event.request)},
                     {"person", event.person},
                     {"person_name", event.person_name},
                     {"vendor", event.vendor},
                     {"targets", texts(event.targets)},
                     {"summary", event.summary},
                     {"ticket", event.ticket},
                     {"deadline", event.deadline ? json::value(rfc3339(*event.deadline)) : json::value(nullptr)}};
    if (!event.link.empty()) out["link"] = event.link;
    if (!event.reason.empty()) out["reason"] = event.reason;
    return out;
}

// Slack reads & < > as markup wherever it is not told otherwise: <!channel> would call everybody.
std::string slack_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else out += c;
    }
    return out;
}

json::object slack_plain(const std::string& text, std::size_t limit) { return {{"type", "plain_text"}, {"text", cut(text, limit)}, {"emoji", false}}; }

// A RichTextBlock, because a TextBlock would read Markdown: [a link](http://...) out of a ticket's name.
json::object teams_line(json::array runs) { return {{"type", "RichTextBlock"}, {"inlines", std::move(runs)}}; }
json::object teams_run(const std::string& text, bool bold) {
    json::object run{{"type", "TextRun"}, {"text", cut(text, teams_text)}};
    if (bold) run["weight"] = "Bolder";
    return run;
}

const char* severity_of(const Event& event) {
    if (event.drill) return "info";
    return event.loudness <= 0 ? "info" : event.loudness == 1 ? "warning" : "critical";
}

}  // namespace

std::string plain_body(const Event& event, const std::string& delivery) {
    auto out = object_of(event);
    out["delivery"] = delivery;
    return json::serialize(out);
}

std::string slack_body(const Event& event, const std::string& zone) {
    json::array blocks{{{"type", "header"}, {"text", slack_plain(title_of(event), slack_header)}}};
    if (!event.summary.empty()) blocks.push_back({{"type", "section"}, {"text", slack_plain(event.summary, slack_text)}});
    json::array fields;
    for (const auto& [name, text] : facts_of(event, zone))
        if (fields.size() < slack_fields) fields.push_back(slack_plain(name + ": " + text, slack_field));
    if (!fields.empty()) blocks.push_back({{"type", "section"}, {"fields", std::move(fields)}});
    // The one text that is markup: the broker made the address.
    if (!event.link.empty())
        blocks.push_back({{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", "<" + slack_escaped(event.link) + "|" + std::string(opens) + ">"}}}});
    const auto line = title_of(event) + (event.summary.empty() ? "" : ": " + event.summary);
    return json::serialize(json::object{{"text", slack_escaped(cut(line, slack_text))}, {"blocks", std::move(blocks)}});
}

std::string teams_body(const Event& event, const std::string& zone) {
    auto head = teams_run(title_of(event), true);
    head["size"] = "Large";
    if (event.loudness >= 2 && !event.drill) head["color"] = "Attention";
    json::array body;
    body.emplace_back(teams_line({std::move(head)}));
    if (!event.summary.empty()) body.emplace_back(teams_line({teams_run(event.summary, false)}));
    for (const auto& [name, text] : facts_of(event, zone)) body.emplace_back(teams_line({teams_run(name + ": ", true), teams_run(text, false)}));
    json::object card{
        {"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"}, {"type", "AdaptiveCard"}, {"version", "1.4"}, {"body", std::move(body)}};
    if (!event.link.empty()) card["actions"] = json::array{json::object{{"type", "Action.OpenUrl"}, {"title", opens}, {"url", event.link}}};
    json::object attachment{{"contentType", "application/vnd.microsoft.card.adaptive"}, {"contentUrl", nullptr}, {"content", std::move(card)}};
    json::array attachments;
    attachments.emplace_back(std::move(attachment));
    return json::serialize(json::object{{"type", "message"}, {"attachments", std::move(attachments)}});
}

std::string pagerduty_body(const Event& event, const std::string& delivery, std::string_view routing_key) {
    const auto line = title_of(event) + (event.summary.empty() ? "" : ": " + event.summary);
    std::string component = event.targets.empty() ? "access" : event.targets.front();
    json::object payload{{"summary", cut(line, pagerduty_summary)}, {"source", "anteroom " + event.installation}, {"severity", severity_of(event)},
                         {"timestamp", rfc3339(event.time)},        {"component", std::move(component)},          {"class", event.event},
                         {"custom_details", object_of(event)}};
    json::object out{{"routing_key", json::string(routing_key.data(), routing_key.size())},
                     {"event_action", "trigger"},
                     // The same for every attempt: a repeated one raises no second alert.
                     {"dedup_key", event.installation + "/" + delivery},
                     {"client", "Anteroom"},
                     {"payload", std::move(payload)}};
    if (!event.link.empty()) out["client_url"] = event.link;
    return json::serialize(out);
}

}  // namespace anteroom::courier
