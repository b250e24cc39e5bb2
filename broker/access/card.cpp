// The card: everything an approver is shown.
#include <algorithm>

#include "broker/access/access.h"
#include "broker/access/telling.h"
#include "broker/store/recordings.h"

namespace anteroom::access {

namespace {

constexpr std::size_t visits_shown = 5, visits_looked_at = 1000;

std::string agreement_text(const policy::Document& document, const store::Person* person) {
    if (person == nullptr || person->vendor.empty()) return "";
    const auto vendor = document.vendors.find(VendorId(person->vendor));
    if (vendor == document.vendors.end() || !vendor->second.agreement) return "none";
    return "until " + rfc3339(Time(vendor->second.agreement->expires_on)).substr(0, 10);
}

Card::Place place_of(const policy::Document& document, const Request& request, const Wanted& wanted) {
    Card::Place out;
    out.target = wanted.ask.target.str();
    out.account = wanted.ask.account.str();
    out.rule = wanted.rule;
    if (const auto target = document.targets.find(wanted.ask.target); target != document.targets.end()) {
        out.description = target->second.description;
        if (const auto account = target->second.accounts.find(wanted.ask.account); account != target->second.accounts.end())
            out.privileged = account->second.privileged;
    }
    if (request.emergency) {
        if (const auto* entry = document.emergency(wanted.rule)) out.capabilities = entry->allow;
        return out;
    }
    const auto* rule = document.rule(wanted.rule);
    if (rule == nullptr) return out;
    out.capabilities = rule->allow;
    if (rule->at_expiry == policy::AtExpiry::grace) out.grace = rule->grace;
    if (rule->approval && !rule->approval->confirm.empty()) out.confirm = {rule->approval->confirm};
    return out;
}

// The last ones, those on the targets asked for first; of those that are looked at, only these are read whole.
Result<std::vector<Card::Visit>> visits_of(store::Database& database, const Request& request) {
    store::Recordings recordings(database);
    store::RecordingFilter filter;
    filter.person = request.person.str();
    const auto sessions = TRY(recordings.outlines(filter, visits_looked_at));
    const auto here = [&](const TargetId& target) {
        return std::any_of(request.wanted.begin(), request.wanted.end(), [&](const Wanted& w) { return w.ask.target == target; });
    };
    std::vector<SessionId> chosen;
    for (const bool on_target : {true, false})
        for (const auto& s : sessions)
            if (here(s.target) == on_target && chosen.size() < visits_shown) chosen.push_back(s.id);
    const auto found = TRY(recordings.find(chosen));
    std::vector<Card::Visit> out;
    for (const bool on_target : {true, false})
        for (const auto& [s, grounds] : found)
            if (here(s.target) == on_target) out.push_back({s.started, s.ended, s.target.str(), s.account.str(), s.ticket});
    return out;
}

bool is_told(const installation::Config& config) {
    return std::any_of(config.alerts.begin(), config.alerts.end(),
                       [](const auto& channel) { return channel.second.events.contains(installation::AlertEvent::requests); });
}

}  // namespace

Result<Card> Access::card(const Request& request) {
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    return card_with(circle, request, time);
}

Result<Card> Access::card_with(const Circle& circle, const Request& request, Time time) {
    const auto& document = here_.policy.document;
    Card out;
    out.request = request;
    out.person_name = circle.display_name(request.person);
    out.vendor = circle.vendor_name(request.person);
    out.agreement = agreement_text(document, circle.find(request.person));
    for (const auto& wanted : request.wanted) out.places.push_back(place_of(document, request, wanted));
    out.visits = TRY(visits_of(here_.database, request));
    if (request.emergency) {
        out.notified = request.created;
        return out;
    }
    const auto terms = circle.terms(request, time);
    out.waiting_for = waits_for(document, request, terms, time);
    if (is_told(here_.config)) out.notified = asked_at(request);
    out.confirm = terms.confirm;
    out.max = std::min(request.asked, terms.max);
    return out;
}

}  // namespace anteroom::access
