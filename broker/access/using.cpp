// Using what is granted: the grants of requests and windows for one person and target, the first connection, and windows.
#include <algorithm>

#include "broker/access/access.h"
#include "broker/access/telling.h"

namespace anteroom::access {

namespace {

using installation::AlertEvent;

constexpr Duration longest_window = std::chrono::hours(24);

const Wanted* wanted_for(const Request& request, const policy::Ask& ask) {
    const auto at = std::find_if(request.wanted.begin(), request.wanted.end(), [&](const Wanted& w) { return w.ask == ask; });
    return at == request.wanted.end() ? nullptr : &*at;
}

// Never longer than the rule gives by now, also where it gave more when this was approved.
Time ends_of(const Request& request, const policy::Rule& rule, Time now) {
    if (!request.ends) return now + std::min(request.length, longest(rule));
    return std::min(*request.ends, request.starts.value_or(now) + longest(rule));
}

// From the command line ("") counts as from inside.
bool is_outside(const policy::Vendor& vendor, const std::string& source_ip) {
    return !vendor.networks.empty() && !source_ip.empty() &&
           std::none_of(vendor.networks.begin(), vendor.networks.end(), [&](const policy::Network& network) { return network.contains(source_ip); });
}

bool covers(const policy::Rule& rule, const policy::Target& target, const policy::Ask& ask) {
    return !rule.forbid && rule.approval && policy::selects(rule.to, ask.target, target.labels) && policy::selects(rule.to, ask.account);
}

}  // namespace

Result<Access::Own> Access::own(const PersonId& person) {
    Own out;
    out.at = TRY(now());
    out.person = TRY(here_.people.find(person));
    const auto rows = TRY(here_.requests.open_of(person));
    out.open = TRY(requests_of(rows));
    if (out.person && !out.person->vendor.empty()) out.windows = TRY(here_.windows.open(out.at));
    return out;
}

std::vector<policy::Grant> Access::grants(const Own& own, const policy::Ask& ask, const std::string& source_ip) const {
    const auto& document = here_.policy.document;
    std::vector<policy::Grant> out;
    const auto vendor = own.person ? document.vendors.find(VendorId(own.person->vendor)) : document.vendors.end();
    const bool outside = !source_ip.empty() && vendor != document.vendors.end() && is_outside(vendor->second, source_ip);
    for (const auto& request : own.open) {
        const auto* wanted = request.emergency || !request.grants(own.at) ? nullptr : wanted_for(request, ask);
        const auto* rule = wanted == nullptr ? nullptr : document.rule(wanted->rule);
        if (rule == nullptr || (outside && !is_outside(vendor->second, request.source))) continue;
        if (const auto ends = ends_of(request, *rule, own.at); ends > own.at) out.push_back({rule->id, ends});
    }
    const auto target = document.targets.find(ask.target);
    if (outside || target == document.targets.end()) return out;
    for (const auto& window : own.windows) {
        if (window.target != ask.target || window.vendor.str() != own.person->vendor) continue;
        for (const auto& rule : document.rules) {
            if (!covers(rule, target->second, ask)) continue;
            if (const auto ends = std::min(window.ends, window.opened + longest(rule)); ends > own.at) out.push_back({rule.id, ends});
        }
    }
    return out;
}

Result<std::vector<policy::Grant>> Access::grants(const PersonId& person, const policy::Ask& ask, const std::string& source_ip) {
    const auto all = TRY(own(person));
    return grants(all, ask, source_ip);
}

std::optional<Request> Access::open_request(const Own& own, const policy::Ask& ask) {
    const auto at = std::find_if(own.open.begin(), own.open.end(),
                                 [&](const Request& request) { return !request.emergency && is_open(request.state) && wanted_for(request, ask) != nullptr; });
    return at == own.open.end() ? std::nullopt : std::optional(*at);
}

Result<std::optional<Request>> Access::open_request(const PersonId& person, const policy::Ask& ask) {
    const auto all = TRY(own(person));
    return open_request(all, ask);
}

std::optional<Request> Access::emergency_of(const Own& own, const policy::Ask& ask) {
    const Request* out = nullptr;
    for (const auto& request : own.open) {
        if (!request.emergency || !request.grants(own.at) || request.wanted.front().ask != ask) continue;
        if (out == nullptr || (out->drill && !request.drill)) out = &request;  // a real one before a drill
    }
    return out == nullptr ? std::nullopt : std::optional(*out);
}

Result<std::optional<Request>> Access::emergency_of(const PersonId& person, const policy::Ask& ask) {
    const auto all = TRY(own(person));
    return emergency_of(all, ask);
}

Result<std::optional<Request>> Access::use(const PersonId& person, const policy::Ask& ask, const std::string& rule) {
    const auto time = TRY(now());
    const auto rows = TRY(here_.requests.open_of(person));
    std::optional<Request> used;
    for (auto& request : TRY(requests_of(rows))) {
        const auto* wanted = request.emergency || !request.grants(time) ? nullptr : wanted_for(request, ask);
        if (wanted == nullptr || wanted->rule != rule) continue;
        // The one that lasts longest is what the decision was made from.
        if (!used || request.ends.value_or(Time::max()) > used->ends.value_or(Time::max())) used = std::move(request);
    }
    if (!used || used->state == RequestState::active) return used;
    return change(used->id, [&](const Request& before, Time at) -> Result<Change> {
        const auto circle = TRY(Circle::load(here_));
        const auto after = TRY(apply(before, command::Connect{}, circle.terms(before, at), at));
        return Change{
            after, {record_of(here_, after, audit::Kind::access_activated, {{"account", ask.account.str()}, {"on", ask.target.str()}, {"under", rule}})}, {}};
    });
}

Result<store::Window> Access::open_window(const NewWindow& asked) {
    const auto time = TRY(now());
    const auto& document = here_.policy.document;
    const auto target = document.targets.find(asked.target);
    const auto vendor = document.vendors.find(asked.vendor);
    if (target == document.targets.end()) return fail(ErrorKind::not_found, "The policy has no target of that name.");
    if (vendor == document.vendors.end()) return fail(ErrorKind::not_found, "The policy has no vendor of that name.");
    TRY(check_line(asked.ticket, "ticket", longest_ticket));
    Duration most{};
    for (const auto& rule : document.rules)
        for (const auto& [account, terms] : target->second.accounts)
            if (covers(rule, target->second, {asked.target, account})) most = std::max(most, std::min(longest(rule), longest_window));
    if (most == Duration(0))
        return fail(ErrorKind::refused, "There is nothing on " + asked.target.str() + " that can be asked for, a window would open nothing.");
    if (asked.length < std::chrono::seconds(1)) return fail(ErrorKind::refused, "That is no time at all.");
    if (asked.length > most) return fail(ErrorKind::refused, "A window on " + asked.target.str() + " is open for at most " + duration_text(most) + ".");
    store::Window window{0, asked.target, asked.vendor, asked.ticket, asked.by, time, time + asked.length};
    Notice notice;
    notice.event = "window.opened";
    notice.about = AlertEvent::decisions;
    notice.vendor = vendor->second.name;
    notice.targets = {asked.target.str()};
    notice.ticket = asked.ticket;
    notice.deadline = window.ends;
    notice.summary =
        vendor->second.name + " may use " + asked.target.str() + " until " + here_.time_text(window.ends) + ": a window opened by " + asked.by + ".";
    TRY(here_.database.transaction([&]() -> Status {
        window = TRY(here_.windows.insert(window));
        TRY(here_.log->append({audit::Kind::window_opened,
                               "",
                               asked.target.str(),
                               "",
                               {{"window", std::to_string(window.id)},
                                {"vendor", asked.vendor.str()},
                                {"by", asked.by},
                                {"ticket", asked.ticket},
                                {"length", duration_text(asked.length)},
                                {"ends", rfc3339(window.ends)},
                                {"policy_version", std::to_string(here_.policy.version)}}}));
        return announce(here_, notice);
    }));
    // Those who wait for this target may have become free to go.
    const auto rows = TRY(here_.requests.open());
    for (const auto& request : TRY(requests_of(rows)))
        if (std::any_of(request.wanted.begin(), request.wanted.end(), [&](const Wanted& w) { return w.ask.target == asked.target; })) tell(request);
    return window;
}

Result<std::vector<store::Window>> Access::windows(bool all) {
    const auto time = TRY(now());
    return all ? here_.windows.list() : here_.windows.open(time);
}

}  // namespace anteroom::access
