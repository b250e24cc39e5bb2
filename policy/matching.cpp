// Membership, bars against a person, and the state of one rule.
#include "policy/matching.h"

#include <fmt/format.h>

#include <algorithm>

namespace anteroom::policy {
namespace {

std::string day_text(Day day) { return rfc3339(Time(day)).substr(0, 10); }

}  // namespace

Membership::Membership(const Document& document, const Facts& facts) : facts_(facts) {
    for (bool grown = true; grown;) {
        grown = false;
        for (const auto& [role, members] : document.roles)
            if (!roles_.contains(role) && any_of(members)) grown = roles_.insert(role).second;
    }
}

bool Membership::is(const Subject& subject) const {
    switch (subject.kind) {
        case Subject::Kind::any: return true;
        case Subject::Kind::person: return !subject.name.empty() && facts_.person.str() == subject.name;
        case Subject::Kind::group: return std::find(facts_.groups.begin(), facts_.groups.end(), subject.name) != facts_.groups.end();
        case Subject::Kind::vendor: return facts_.vendor && facts_.vendor->str() == subject.name;
        case Subject::Kind::role: return roles_.contains(subject.name);
    }
    return false;
}

bool Membership::any_of(const Subjects& subjects) const {
    return std::any_of(subjects.begin(), subjects.end(), [&](const Subject& s) { return is(s); });
}

bool is_one_of(const Document& document, const Facts& facts, const Subjects& subjects) { return Membership(document, facts).any_of(subjects); }

Bar bar_against(const Document& document, const Facts& facts, Time now) {
    using Reason = Decision::Reason;
    if (facts.disabled) return {Reason::disabled, "person-disabled", "Your access is switched off.", "enable the person", false, {}};
    if (facts.person_expires && *facts.person_expires <= now)
        return {Reason::person_expired,
                "person-expired",
                fmt::format("Your access ended on {}.", rfc3339(*facts.person_expires).substr(0, 10)),
                "give the person a later expiry",
                false,
                {}};
    Bar out;
    out.ends = facts.person_expires;
    if (!facts.vendor) return out;
    const auto vendor = document.vendors.find(*facts.vendor);
    if (vendor == document.vendors.end() || !vendor->second.agreement)
        return {Reason::agreement_missing,
                "agreement",
                "There is no agreement with your company on record.",
                fmt::format("record an agreement of vendor {}", facts.vendor->str()),
                false,
                {}};
    const auto& agreement = *vendor->second.agreement;
    const Time end = Time(agreement.expires_on + std::chrono::days(1));
    if (now < Time(agreement.signed_on))
        return {Reason::agreement_not_yet,
                "agreement",
                fmt::format("The agreement with your company starts on {}.", day_text(agreement.signed_on)),
                fmt::format("vendors.{}.agreement.signed on or before today", facts.vendor->str()),
                false,
                {}};
    if (now >= end)
        return {Reason::agreement_expired,
                "agreement",
                fmt::format("The agreement with your company expired on {}.", day_text(agreement.expires_on)),
                fmt::format("renew the agreement of vendor {}", facts.vendor->str()),
                false,
                {}};
    keep_earlier(out.ends, end);
    const auto& networks = vendor->second.networks;
    const bool inside = networks.empty() || std::any_of(networks.begin(), networks.end(), [&](const Network& n) { return n.contains(facts.source_ip); });
    if (inside) return out;
    if (vendor->second.outside == Otherwise::ask) {
        out.approval_only = true;
        return out;
    }
    return {Reason::network,
            "network",
            "Your company's people are let in from its own networks only.",
            fmt::format("connect from a network of vendor {}, or add the source's network to it", facts.vendor->str()),
            false,
            {}};
}

RuleState state_of(const Rule& rule, const Membership& membership, const Ask& ask, const Labels& labels, Time now, bool approval_only) {
    if (!membership.any_of(rule.who)) return {Match::not_who, {}, false};
    if (!selects(rule.to, ask.target, labels)) return {Match::not_target, {}, false};
    if (!selects(rule.to, ask.account)) return {Match::not_account, {}, false};
    const auto hours = rule.when ? opening(*rule.when, now) : Opening{true, {}};
    if (rule.forbid) {
        // Hours that cannot be read are in force: an error never loosens a forbid.
        if (hours.open || !zone_exists(rule.when->zone)) return {Match::standing, {}, false};
        return {Match::closed, hours.changes, false};
    }
    const bool may_ask = rule.approval.has_value();
    if (!hours.open) {
        if (rule.when->otherwise == Otherwise::ask && may_ask) return {Match::on_request, {}, false};
        return {Match::closed, hours.changes, false};
    }
    if (rule.access == Access::standing && !approval_only) return {Match::standing, hours.changes, false};
    if (!may_ask) return {Match::closed, {}, true};
    // Asked for inside of its hours, it goes on outside when asking is possible there too.
    const bool ends_with_hours = !rule.when || rule.when->otherwise == Otherwise::refuse;
    return {Match::on_request, ends_with_hours ? hours.changes : std::nullopt, false};
}

bool forbids_everything(const Rule& forbid) {
    return forbid.forbid && (forbid.allow.empty() || std::find(forbid.allow.begin(), forbid.allow.end(), "*") != forbid.allow.end());
}

}  // namespace anteroom::policy
