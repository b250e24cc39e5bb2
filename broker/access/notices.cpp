// Who hears of what, and the JSON object that waits in the outbox. Every text is made printable and cut here: what comes later only
// has to fit it into a form.
#include "broker/access/notices.h"

#include <boost/json.hpp>

#include <algorithm>

namespace anteroom::access {

namespace {

namespace json = boost::json;
using installation::AlertChannel;

constexpr std::size_t longest_sentence = 1000, longest_reason = 2000, longest_name = 200, most_targets = 200, most_recipients = 50;

void add_person(installation::Installation& here, const PersonId& name, std::vector<std::string>& to) {
    const auto person = here.people.find(name);
    if (!person || !*person || (*person)->disabled || !installation::is_mail_address((*person)->email)) return;
    to.push_back((*person)->email);
}

// The addresses of a mail, each once, in the order of the file.
std::vector<std::string> recipients(installation::Installation& here, const AlertChannel& channel, const Notice& notice) {
    std::vector<std::string> found, to;
    for (const auto& one : channel.to) {
        if (one == "person") add_person(here, notice.person, found);
        else if (one == "approvers")
            for (const auto& approver : notice.approvers) add_person(here, approver, found);
        else found.push_back(one);
    }
    for (auto& address : found)
        if (to.size() < most_recipients && std::find(to.begin(), to.end(), address) == to.end()) to.push_back(std::move(address));
    return to;
}

json::array texts(const std::vector<std::string>& list, std::size_t most) {
    json::array out;
    for (const auto& text : list)
        if (out.size() < most) out.emplace_back(printable(text, longest_name));
    return out;
}

// Where the console shows it. Nothing happens by opening it, and whoever opens it signs in first.
std::string link_of(const installation::Installation& here, const Notice& notice) {
    const auto& web = here.config.web;
    if (!web.on()) return "";
    const auto begins = [&](std::string_view text) { return notice.event.starts_with(text); };
    if (begins("break-glass.") || begins("incident.")) return web.reached_at() + "/breakglass";
    if (notice.request != 0) return web.reached_at() + "/requests/" + std::to_string(notice.request);
    if (notice.event == "person.invited" || notice.event == "person.reset") return web.reached_at() + "/welcome";
    return begins("factor.") ? web.reached_at() + "/me" : "";
}

std::string body_of(installation::Installation& here, const AlertChannel& channel, const Notice& notice, const std::vector<std::string>& to) {
    json::object body{{"event", notice.event},
                      {"time", rfc3339(here.clock.now())},
                      {"installation", here.log->chain()},
                      {"loudness", notice.loudness},
                      {"drill", notice.drill},
                      {"request", notice.request},
                      {"person", notice.person.str()},
                      {"person_name", printable(notice.person_name, longest_name)},
                      {"vendor", printable(notice.vendor, longest_name)},
                      {"targets", texts(notice.targets, most_targets)},
                      {"summary", printable(notice.summary, longest_sentence)},
                      {"ticket", printable(notice.ticket, longest_name)},
                      {"deadline", notice.deadline ? json::value(rfc3339(*notice.deadline)) : json::value(nullptr)}};
    if (const auto link = link_of(here, notice); !link.empty()) body["link"] = link;
    if (channel.reasons && !notice.reason.empty()) body["reason"] = printable(notice.reason, longest_reason);
    if (channel.kind == AlertChannel::Kind::smtp) body["to"] = texts(to, most_recipients);
    return json::serialize(body);
}

Status alarm(installation::Installation& here, const Notice& notice, const std::string& channel, const char* problem) {
    TRY(here.log->append(
        {audit::Kind::alarm,
         notice.person.str(),
         "",
         "",
         {{"what", "alert"}, {"channel", channel}, {"event", notice.event}, {"request", std::to_string(notice.request)}, {"problem", problem}}}));
    return ok();
}

// The delivery's number; 0 where a mail has nobody to go to.
Result<std::int64_t> queue(installation::Installation& here, const AlertChannel& channel, const Notice& notice) {
    std::vector<std::string> to;
    if (channel.kind == AlertChannel::Kind::smtp) {
        to = recipients(here, channel, notice);
        if (to.empty()) return 0;
    }
    return here.outbox.insert(channel.name, notice.event, body_of(here, channel, notice, to), here.clock.now());
}

bool wants_approvers(const AlertChannel& channel) { return std::find(channel.to.begin(), channel.to.end(), "approvers") != channel.to.end(); }

}  // namespace

Status announce(installation::Installation& here, const Notice& notice) {
    const auto named = [&](const std::string& name) { return std::find(notice.channels.begin(), notice.channels.end(), name) != notice.channels.end(); };
    for (const auto& [name, channel] : here.config.alerts) {
        if (!named(name) && !channel.events.contains(notice.about)) continue;
        const auto number = TRY(queue(here, channel, notice));
        // Nobody at all is all right where the event is about nobody; an approver or a named channel that cannot be reached is not.
        if (number == 0 && (named(name) || (wants_approvers(channel) && !notice.approvers.empty())))
            TRY(alarm(here, notice, name, "nobody to write to has a mail address"));
    }
    for (const auto& name : notice.channels)
        if (!here.config.alerts.contains(name)) TRY(alarm(here, notice, name, "policy names this channel, and anteroom.yaml does not define it"));
    return ok();
}

Result<std::int64_t> announce_to(installation::Installation& here, const std::string& channel, const Notice& notice) {
    const auto found = here.config.alerts.find(channel);
    if (found == here.config.alerts.end()) return fail(ErrorKind::not_found, "there is no channel named " + printable(channel, 64) + " in anteroom.yaml");
    const auto number = TRY(queue(here, found->second, notice));
    if (number == 0) return fail(ErrorKind::refused, channel + " writes only to approvers and to the person concerned: this event has neither");
    return number;
}

}  // namespace anteroom::access
