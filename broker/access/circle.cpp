// Humans, terms and deciders.
#include "broker/access/circle.h"

#include <algorithm>

#include "policy/deciding.h"

namespace anteroom::access {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& text) { return std::find(list.begin(), list.end(), text) != list.end(); }

std::string lower(std::string text) {
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

}  // namespace

Result<Circle> Circle::load(installation::Installation& here) {
    auto people = TRY(here.people.list());
    return Circle(here.policy.document, std::move(people));
}

Circle::Circle(const policy::Document& document, std::vector<store::Person> people) : document_(document), people_(std::move(people)) {
    for (const auto& person : people_) {
        policy::Facts facts{person.name, person.groups, std::nullopt, person.disabled, person.expires, ""};
        if (!person.vendor.empty()) facts.vendor = VendorId(person.vendor);
        facts_.push_back(std::move(facts));
    }
}

const store::Person* Circle::find(const PersonId& person) const {
    const auto at = std::find_if(people_.begin(), people_.end(), [&](const auto& p) { return p.name == person; });
    return at == people_.end() ? nullptr : &*at;
}

std::string Circle::human(const PersonId& person) const {
    const auto* found = find(person);
    return found != nullptr && !found->email.empty() ? lower(found->email) : person.str();
}

std::string Circle::display_name(const PersonId& person) const {
    const auto* found = find(person);
    return found != nullptr && !found->display_name.empty() ? found->display_name : person.str();
}

std::string Circle::vendor_name(const PersonId& person) const {
    const auto* found = find(person);
    if (found == nullptr || found->vendor.empty()) return "";
    const auto vendor = document_.vendors.find(VendorId(found->vendor));
    return vendor == document_.vendors.end() || vendor->second.name.empty() ? found->vendor : vendor->second.name;
}

policy::Facts Circle::facts_of(const PersonId& person, const std::string& source) const {
    const auto at = std::find_if(facts_.begin(), facts_.end(), [&](const auto& f) { return f.person == person; });
    if (at == facts_.end()) {
        policy::Facts nobody;
        nobody.person = person;
        nobody.disabled = true;
        return nobody;
    }
    auto out = *at;
    out.source_ip = source;
    if (!source.empty() || !out.vendor) return out;
    const auto vendor = document_.vendors.find(*out.vendor);
    if (vendor == document_.vendors.end() || vendor->second.networks.empty()) return out;
    const auto network = vendor->second.networks.front().text();
    out.source_ip = network.substr(0, network.find('/'));
    return out;
}

Terms Circle::terms(const Request& request, Time now) const {
    Terms out;
    out.confirm = confirmations(document_, request);
    out.clock = policy::GrantClock::first_connection;
    const auto at = request.state == RequestState::requested ? std::max(now, request.not_before.value_or(now)) : now;
    const auto facts = facts_of(request.person, request.source);
    for (const auto& wanted : request.wanted) {
        const auto* rule = document_.rule(wanted.rule);
        Terms::Of one;
        if (rule != nullptr && rule->approval) {
            one = {contains(policy::evaluate(document_, facts, wanted.ask, at).on_request, rule->id), rule->approval->count, longest(*rule)};
            if (rule->approval->clock == policy::GrantClock::approval) out.clock = policy::GrantClock::approval;
        }
        out.max = out.of.empty() ? one.max : std::min(out.max, one.max);
        out.of.push_back(one);
    }
    return out;
}

std::vector<Decider> Circle::voices(const Request& request, const PersonId& person, Time now) const {
    std::vector<Decider> out;
    if (request.emergency) return out;  // reviewed, not decided; its `rule` is an entry, which may have the name of a rule
    for (std::size_t i = 0; i < request.wanted.size(); ++i) {
        const auto* rule = document_.rule(request.wanted[i].rule);
        if (rule == nullptr || !rule->approval) continue;
        for (const auto& name : policy::decides_as(document_, *rule->approval, facts_, person, asked_at(request), now)) {
            const auto in_name = name == person ? std::nullopt : std::optional(name);
            auto at = std::find_if(out.begin(), out.end(), [&](const Decider& d) { return d.standing_in_for == in_name; });
            if (at == out.end()) at = out.insert(out.end(), {person, human(person), human(request.person), in_name, human(name), {}});
            at->covers.push_back(i);
        }
    }
    return out;
}

Decider Circle::decider(const Request& request, const PersonId& person, Time now) const {
    Decider best{person, human(person), human(request.person), std::nullopt, human(person), {}};
    const auto& yeses = request.extension ? request.extension->yeses : request.yeses;
    // A voice that would be refused comes last, then counts for how much more it says, then one's own before another's.
    const auto rank = [&](const Decider& d) {
        return std::make_tuple(check_decider(request, d).has_value(), still_counts(yeses, d, request.wanted.size()).size(), !d.standing_in_for.has_value());
    };
    for (const auto& voice : voices(request, person, now))
        if (best.covers.empty() || rank(voice) > rank(best)) best = voice;
    return best;
}

std::optional<Decider> Circle::decider_of(const Request& request, const Yes& yes, Time now) const {
    for (const auto& voice : voices(request, yes.by, now))
        if (voice.standing_in_for == yes.standing_in_for && check_decider(request, voice)) return voice;
    return std::nullopt;
}

std::vector<PersonId> Circle::deciders(const Request& request, Time now) const {
    std::vector<PersonId> out;
    for (const auto& person : people_)
        if (check_decider(request, decider(request, person.name, now))) out.push_back(person.name);
    return out;
}

bool Circle::is_one_of(const PersonId& person, const policy::Subjects& subjects, Time now) const {
    const auto* found = find(person);
    return found != nullptr && !found->disabled && !found->expired(now) && policy::is_one_of(document_, facts_of(person, ""), subjects);
}

Duration longest(const policy::Rule& rule) {
    constexpr Duration no_limit = std::chrono::hours(24 * 366);
    const auto approval = rule.approval ? rule.approval->max.value_or(no_limit) : Duration(0);
    return std::min(approval, rule.max.value_or(no_limit));
}

std::vector<const policy::Rule*> rules_of(const policy::Document& document, const Request& request) {
    std::vector<const policy::Rule*> out;
    for (const auto& wanted : request.wanted) {
        const auto* rule = document.rule(wanted.rule);
        if (rule != nullptr && std::find(out.begin(), out.end(), rule) == out.end()) out.push_back(rule);
    }
    return out;
}

std::vector<std::string> confirmations(const policy::Document& document, const Request& request) {
    std::vector<std::string> out;
    for (const auto* rule : rules_of(document, request))
        if (rule->approval && !rule->approval->confirm.empty() && !contains(out, rule->approval->confirm)) out.push_back(rule->approval->confirm);
    return out;
}

bool wants_self_enrolled(const policy::Document& document, const Request& request) {
    const auto rules = rules_of(document, request);
    return document.self_enrolled_mfa || std::any_of(rules.begin(), rules.end(), [](const auto* r) { return r->self_enrolled_mfa; });
}

std::vector<std::string> waits_for(const policy::Document& document, const Request& request, const Terms& terms, Time now) {
    std::vector<std::string> out;
    const auto counts = missing(request, terms);
    for (std::size_t i = 0; i < counts.size() && i < request.wanted.size(); ++i) {
        const auto* rule = document.rule(request.wanted[i].rule);
        if (counts[i] == 0 || rule == nullptr || !rule->approval) continue;
        auto names = policy::in_words(rule->approval->by);
        const auto escalates = policy::escalates_at(*rule->approval, asked_at(request));
        if (escalates && *escalates <= now)
            for (const auto& name : policy::in_words(rule->approval->escalate->to))
                if (!contains(names, name)) names.push_back(name);
        std::string line = std::to_string(counts[i]) + " of ";
        for (std::size_t n = 0; n < names.size(); ++n) line += (n == 0 ? "" : ", ") + names[n];
        if (!contains(out, line)) out.push_back(line);
    }
    return out;
}

}  // namespace anteroom::access
