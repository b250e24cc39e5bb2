// Rows, records and notices of requests.
#include "broker/access/telling.h"

#include <algorithm>

#include "base/bytes.h"
#include "broker/access/request_json.h"

namespace anteroom::access {

namespace {

std::string rules_text(const Request& request) {
    std::vector<std::string> rules;
    for (const auto& wanted : request.wanted)
        if (std::find(rules.begin(), rules.end(), wanted.rule) == rules.end()) rules.push_back(wanted.rule);
    return joined(rules, ",");
}

std::vector<std::string> targets_of(const Request& request) {
    std::vector<std::string> out;
    for (const auto& wanted : request.wanted)
        if (std::find(out.begin(), out.end(), wanted.ask.target.str()) == out.end()) out.push_back(wanted.ask.target.str());
    return out;
}

std::string yeses_text(const std::vector<Yes>& yeses) {
    std::vector<std::string> out;
    for (const auto& yes : yeses) out.push_back(yes.by.str() + (yes.standing_in_for ? " for " + yes.standing_in_for->str() : std::string()));
    return joined(out);
}

void add(audit::Fields& fields, const char* name, const std::string& value) {
    if (!value.empty()) fields.emplace(name, value);
}
void add(audit::Fields& fields, const char* name, const std::optional<Time>& value) {
    if (value) fields.emplace(name, rfc3339(*value));
}

}  // namespace

store::RequestRow row_of(const Request& request) {
    const bool open = is_open(request.state) || (request.emergency && request.outcome.empty());
    return {request.id, request.person, std::string(name(request.state)), request.emergency, open, request.created, body_of(request)};
}

Result<Request> request_of(const store::RequestRow& row) {
    auto request = TRY(parse_body(row.body));
    const bool same = request.id == row.id && request.person == row.person && name(request.state) == row.state && request.emergency == row.emergency;
    if (!same) return fail(ErrorKind::damaged, "the row of request " + std::to_string(row.id) + " contradicts itself");
    return request;
}

Result<std::vector<Request>> requests_of(const std::vector<store::RequestRow>& rows) {
    std::vector<Request> out;
    for (const auto& row : rows) out.push_back(TRY(request_of(row)));
    return out;
}

audit::Record record_of(const installation::Installation& here, const Request& request, audit::Kind kind, audit::Fields more) {
    const auto targets = targets_of(request);
    audit::Record out{kind, request.person.str(), targets.size() == 1 ? targets.front() : "", "", std::move(more)};
    auto& fields = out.fields;
    fields["request"] = std::to_string(request.id);
    fields["state"] = name(request.state);
    fields["policy_version"] = std::to_string(here.policy.version);
    std::vector<std::string> places;
    for (const auto& wanted : request.wanted) places.push_back(wanted.ask.target.str() + "/" + wanted.ask.account.str());
    add(fields, "asks", joined(places));
    add(fields, request.emergency ? "entry" : "rule", rules_text(request));
    add(fields, "reason", request.reason);
    add(fields, "ticket", request.ticket);
    add(fields, "unusual", joined(request.unusual, "; "));
    add(fields, "approvals", yeses_text(request.yeses));
    if (request.length > Duration(0)) add(fields, "length", duration_text(request.length));
    add(fields, "starts", request.starts);
    add(fields, "ends", request.ends);
    if (request.drill) add(fields, "drill", std::string("yes"));
    return out;
}

Notice notice_of(const Circle& circle, const Request& request, std::string event, installation::AlertEvent about, int loudness, std::string summary) {
    Notice out;
    out.event = std::move(event);
    out.about = about;
    out.loudness = loudness;
    out.drill = request.drill;
    out.request = request.id;
    out.person = request.person;
    out.person_name = circle.display_name(request.person);
    out.vendor = circle.vendor_name(request.person);
    out.targets = targets_of(request);
    out.summary = (request.drill ? "DRILL: " : "") + std::move(summary);
    out.reason = request.reason;
    out.ticket = request.ticket;
    return out;
}

std::string places_text(const Request& request) {
    std::vector<std::string> out;
    for (const auto& wanted : request.wanted) out.push_back(wanted.ask.target.str() + " as " + wanted.ask.account.str());
    return joined(out);
}

std::string person_text(const Circle& circle, const PersonId& person) {
    const auto vendor = circle.vendor_name(person);
    return circle.display_name(person) + (vendor.empty() ? "" : " (" + vendor + ")");
}

std::string number_text(const Request& request) {
    return (request.drill ? "drill " : request.emergency ? "emergency " : "request ") + std::to_string(request.id);
}

std::string joined(const std::vector<std::string>& list, std::string_view between) {
    std::string out;
    for (const auto& text : list) (out += out.empty() ? std::string_view() : between) += text;
    return out;
}

Status check_line(std::string_view text, const std::string& what, std::size_t most, bool needed) {
    const auto refuse = [&](const std::string& how) { return fail(ErrorKind::refused, "The " + what + " " + how); };
    if (text.find_first_not_of(' ') == std::string_view::npos)
        return needed ? Status(refuse("is missing.")) : text.empty() ? ok() : Status(refuse("is empty."));
    // Counted in characters, looked at only where even 4 bytes a character fit: a megabyte costs nothing here.
    const auto characters = [](std::string_view t) {
        return static_cast<std::size_t>(std::count_if(t.begin(), t.end(), [](char c) { return (c & 0xc0) != 0x80; }));
    };
    if (text.size() > 4 * most || characters(text) > most) return refuse("is longer than " + std::to_string(most) + " characters.");
    if (printable(text, text.size()) != text) return refuse("has characters that cannot be shown on one line.");
    return ok();
}

}  // namespace anteroom::access
