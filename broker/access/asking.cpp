// Asking for access: what can be asked for, what is unusual about it, the request itself, its withdrawal and its extension.
#include <algorithm>

#include "broker/access/access.h"
#include "broker/access/telling.h"
#include "policy/deciding.h"

namespace anteroom::access {

namespace {

using installation::AlertEvent;

constexpr std::size_t most_targets = 20, most_open = 20, sessions_looked_at = 1000;
constexpr Duration waits = std::chrono::hours(24), furthest = std::chrono::hours(24 * 30);

Status refuse(std::string sentence) { return fail(ErrorKind::refused, std::move(sentence)); }
std::string place_text(const policy::Ask& ask) { return ask.target.str() + " as " + ask.account.str(); }

void add_once(std::vector<std::string>& to, std::string text) {
    if (std::find(to.begin(), to.end(), text) == to.end()) to.push_back(std::move(text));
}

// The vendor outside of whose networks the source lies; "" where that is not so.
std::string outside_of(const policy::Document& document, const policy::Facts& facts) {
    const auto vendor = facts.vendor ? document.vendors.find(*facts.vendor) : document.vendors.end();
    if (vendor == document.vendors.end() || vendor->second.networks.empty()) return "";
    const auto& networks = vendor->second.networks;
    const bool inside = std::any_of(networks.begin(), networks.end(), [&](const auto& n) { return n.contains(facts.source_ip); });
    return inside ? "" : vendor->second.name.empty() ? vendor->first.str() : vendor->second.name;
}

// "203.0.113.9" of "203.0.113.9", "203.0.113.9:50022" and "[2001:db8::1]:50022".
std::string_view address_of(std::string_view source) {
    if (source.starts_with('[')) return source.substr(1, source.find(']') - 1);
    const auto colon = source.find(':');
    return colon == source.rfind(':') ? source.substr(0, colon) : source;
}

Status check_tickets(const policy::Document& document, const Request& request) {
    TRY(check_line(request.ticket, "ticket", longest_ticket, false));
    for (const auto* rule : rules_of(document, request)) {
        if (!rule->approval || policy::ticket_matches(*rule->approval, request.ticket)) continue;
        return refuse(request.ticket.empty() ? "A ticket is needed, one like " + rule->approval->ticket + "."
                                             : "This is not the kind of ticket that is needed, one like " + rule->approval->ticket + " is.");
    }
    return ok();
}

Status check_places(const std::vector<policy::Ask>& asks) {
    if (asks.empty()) return refuse("A request names at least one target.");
    if (asks.size() > most_targets) return refuse("A request names at most " + std::to_string(most_targets) + " targets.");
    for (std::size_t i = 0; i < asks.size(); ++i)
        if (std::find(asks.begin(), asks.begin() + static_cast<std::ptrdiff_t>(i), asks[i]) != asks.begin() + static_cast<std::ptrdiff_t>(i))
            return refuse(place_text(asks[i]) + " stands in the request twice.");
    return ok();
}

// Length and time of a request that is otherwise ready.
Status settle_times(Request& request, const NewRequest& asked, Duration max, Time now) {
    if (asked.length < Duration(0) || (asked.length > Duration(0) && asked.length < std::chrono::seconds(1))) return refuse("That is no time at all.");
    if (asked.length > max) return refuse("At most " + duration_text(max) + " can be asked for.");
    request.asked = asked.length == Duration(0) ? max : asked.length;
    if (asked.not_before && *asked.not_before > now + furthest) return refuse("A request is made for the next 30 days at the furthest.");
    if (asked.not_before && *asked.not_before > now) request.not_before = asked.not_before;
    request.waits_until = now + waits;
    if (request.not_before) request.waits_until = std::max(request.waits_until, *request.not_before + request.asked);
    return ok();
}

// One request at a time for the same target: more time is an extension, and a later visit says when.
Status check_open(const std::vector<Request>& open, const Request& request) {
    const auto waiting = std::count_if(open.begin(), open.end(), [](const Request& r) { return !r.emergency && is_open(r.state); });
    if (static_cast<std::size_t>(waiting) >= most_open)
        return refuse("You have " + std::to_string(most_open) + " open requests. Withdraw one that is not needed any more.");
    for (const auto& other : open) {
        if (other.emergency || !is_open(other.state) || other.not_before || request.not_before) continue;
        for (const auto& wanted : other.wanted)
            if (std::any_of(request.wanted.begin(), request.wanted.end(), [&](const Wanted& w) { return w.ask == wanted.ask; }))
                return fail(ErrorKind::conflict, "Request " + std::to_string(other.id) + " for " + place_text(wanted.ask) + " is open already.");
    }
    return ok();
}

}  // namespace

Result<Access::Plan> Access::plan(const policy::Facts& facts, const std::vector<policy::Ask>& asks, std::optional<Time> later, Time now) {
    const auto& document = here_.policy.document;
    const auto at = std::max(now, later.value_or(now));
    Plan out;
    TRY(check_places(asks));
    const auto open = TRY(own(facts.person));
    for (const auto& ask : asks) {
        const auto held = later ? std::vector<policy::Grant>() : grants(open, ask, facts.source_ip);
        const auto decision = policy::evaluate(document, facts, ask, at, held);
        if (decision.verdict == policy::Decision::Verdict::deny) return fail(ErrorKind::refused, decision.sentence);
        if (decision.verdict == policy::Decision::Verdict::permit)
            return fail(ErrorKind::refused, "You may connect to " + place_text(ask) + (later ? " then, without a request." : " already."));
        const auto* rule = document.rule(decision.rule);
        if (rule == nullptr || !rule->approval) return fail(ErrorKind::refused, place_text(ask) + " cannot be asked for.");
        out.max = out.wanted.empty() ? longest(*rule) : std::min(out.max, longest(*rule));
        out.wanted.push_back({ask, rule->id});
    }
    return out;
}

Result<std::vector<std::string>> Access::unusual(const policy::Facts& facts, const std::vector<Wanted>& wanted, const std::string& source, Time at) {
    std::vector<std::string> out;
    const auto& document = here_.policy.document;
    for (const auto& one : wanted) {
        const auto* rule = document.rule(one.rule);
        if (rule != nullptr && rule->when && !policy::opening(*rule->when, at).open) add_once(out, "outside the hours of rule " + rule->id);
    }
    if (const auto vendor = outside_of(document, facts); !vendor.empty() && !source.empty()) add_once(out, "from outside " + vendor + "'s networks");
    const auto visits = TRY(here_.sessions.of_person(facts.person, sessions_looked_at));
    const auto been = [&](const auto& test) { return std::any_of(visits.begin(), visits.end(), test); };
    for (const auto& one : wanted)
        if (!been([&](const auto& v) { return v.target == one.ask.target; })) add_once(out, "first time on " + one.ask.target.str());
    if (!source.empty() && !been([&](const auto& v) { return address_of(v.source) == address_of(source); })) add_once(out, "first time from " + source);
    return out;
}

Result<Questions> Access::questions(const PersonId& person, const std::vector<policy::Ask>& asks, const std::string& source_ip) {
    const auto time = TRY(now());
    const auto circle = TRY(Circle::load(here_));
    const auto facts = circle.facts_of(person, source_ip);
    Questions out;
    const auto planned = plan(facts, asks, std::nullopt, time);
    if (!planned && planned.error().kind != ErrorKind::refused) return fail(planned.error());
    if (!planned) {
        out.sentence = planned.error().detail;
        return out;
    }
    out.possible = true;
    out.max = planned->max;
    Request request;
    request.wanted = planned->wanted;
    std::vector<std::string> patterns;
    for (const auto* rule : rules_of(here_.policy.document, request)) {
        if (!rule->approval->ticket.empty()) add_once(patterns, rule->approval->ticket);
        for (auto& name : policy::in_words(rule->approval->by)) add_once(out.approvers, std::move(name));
    }
    out.ticket = !patterns.empty();
    out.ticket_pattern = joined(patterns, " and ");
    out.unusual = TRY(unusual(facts, planned->wanted, source_ip, time));
    return out;
}

Result<Request> Access::create(const NewRequest& asked) {
    const auto time = TRY(now());
    return create_with([&](std::int64_t id) -> Result<Change> {
        const auto circle = TRY(Circle::load(here_));
        if (circle.find(asked.person) == nullptr) return fail(ErrorKind::not_found, "there is no person named " + asked.person.str());
        const auto facts = circle.facts_of(asked.person, asked.source_ip);
        const bool later = asked.not_before && *asked.not_before > time;
        const auto planned = TRY(plan(facts, asked.asks, later ? asked.not_before : std::nullopt, time));
        Request request;
        request.id = id;
        request.person = asked.person;
        request.wanted = planned.wanted;
        request.reason = asked.reason;
        request.ticket = asked.ticket;
        request.source = asked.source_ip;
        request.created = time;
        TRY(check_line(asked.reason, "reason", longest_reason));
        TRY(check_tickets(here_.policy.document, request));
        TRY(settle_times(request, asked, planned.max, time));
        const auto rows = TRY(here_.requests.open_of(asked.person));
        const auto open = TRY(requests_of(rows));
        TRY(check_open(open, request));
        request.unusual = TRY(unusual(facts, request.wanted, asked.source_ip, request.not_before.value_or(time)));
        auto notice = notice_of(circle, request, "request.created", AlertEvent::requests, request.unusual.empty() ? 0 : 1,
                                person_text(circle, asked.person) + " asks for " + places_text(request) + " for " + duration_text(request.asked) +
                                    (request.not_before ? " from " + here_.time_text(*request.not_before) : "") + ": request " + std::to_string(id) + ".");
        notice.deadline = request.waits_until;
        notice.approvers = circle.deciders(request, time);
        audit::Fields more{{"made_by", asked.made_by}, {"asked", duration_text(request.asked)}, {"source", asked.source_ip}};
        if (request.not_before) more["not_before"] = rfc3339(*request.not_before);
        return Change{request, {record_of(here_, request, audit::Kind::access_requested, std::move(more))}, {std::move(notice)}};
    });
}

Result<Request> Access::withdraw(std::int64_t id, const PersonId& by) {
    return change(id, [&](const Request& before, Time time) -> Result<Change> {
        if (by != before.person) return fail(ErrorKind::refused, "Only " + before.person.str() + " can withdraw this request.");
        const auto as_it_is = TRY(apply(before, command::Pass{}, Terms{}, time));
        if (!is_open(as_it_is.state)) return fail(ErrorKind::conflict, settled(as_it_is, [&](Time t) { return here_.time_text(t); }));
        const auto after = TRY(apply(before, command::Withdraw{}, Terms{}, time));
        return Change{after, {record_of(here_, after, audit::Kind::access_withdrawn, {{"by", by.str()}, {"was", std::string(name(before.state))}})}, {}};
    });
}

Result<Request> Access::ask_extension(std::int64_t id, Duration by) {
    return change(id, [&](const Request& before, Time time) -> Result<Change> {
        const auto circle = TRY(Circle::load(here_));
        const auto after = TRY(apply(before, command::AskExtension{by}, circle.terms(before, time), time));
        auto notice = notice_of(circle, after, "extension.asked", AlertEvent::requests, 0,
                                person_text(circle, after.person) + " asks for " + duration_text(by) + " more on " + places_text(after) + ": request " +
                                    std::to_string(id) + ", which ends at " + here_.time_text(*after.ends) + ".");
        notice.deadline = after.ends;
        notice.approvers = circle.deciders(after, time);
        return Change{after, {record_of(here_, after, audit::Kind::extension_asked, {{"longer", duration_text(by)}})}, {std::move(notice)}};
    });
}

}  // namespace anteroom::access
