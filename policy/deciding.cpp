// Approvers, escalation and delegation.
#include "policy/deciding.h"

#include <algorithm>

#include "policy/matching.h"

namespace anteroom::policy {
namespace {

// A document made by hand may have any number here: a sum that does not fit is never reached.
constexpr Duration longest_wait = std::chrono::hours(24 * 366);

bool may_act(const Document& document, const Facts& facts, Time now) {
    const auto reason = bar_against(document, facts, now).reason;
    return reason == Decision::Reason::none || reason == Decision::Reason::network;
}

const Facts* find(People people, const PersonId& person) {
    const auto at = std::find_if(people.begin(), people.end(), [&](const Facts& f) { return f.person == person; });
    return at == people.end() ? nullptr : &*at;
}

}  // namespace

std::optional<Time> escalates_at(const Approval& approval, Time asked) {
    if (!approval.escalate || approval.escalate->after > longest_wait) return std::nullopt;
    return asked + approval.escalate->after;
}

std::vector<PersonId> stood_in_for(const Document& document, const PersonId& person, Time now) {
    std::vector<PersonId> out;
    for (const auto& one : document.delegations) {
        const bool today = Time(one.since) <= now && now < Time(one.until + std::chrono::days(1));
        if (one.to == person && one.from != person && today && std::find(out.begin(), out.end(), one.from) == out.end()) out.push_back(one.from);
    }
    return out;
}

std::vector<PersonId> decides_as(const Document& document, const Approval& approval, People people, const PersonId& person, Time asked, Time now) {
    const auto escalates = escalates_at(approval, asked);
    const auto named = [&](const PersonId& who) {
        const auto* facts = find(people, who);
        if (facts == nullptr || !may_act(document, *facts, now)) return false;
        const Membership membership(document, *facts);
        return membership.any_of(approval.by) || (escalates && now >= *escalates && membership.any_of(approval.escalate->to));
    };
    std::vector<PersonId> out;
    const auto* facts = find(people, person);
    if (facts == nullptr || !may_act(document, *facts, now)) return out;
    if (named(person)) out.push_back(person);
    for (const auto& other : stood_in_for(document, person, now))
        if (named(other)) out.push_back(other);
    return out;
}

std::vector<std::string> in_words(const Subjects& subjects) {
    std::vector<std::string> out;
    for (const auto& subject : subjects) {
        const auto word = subject.kind == Subject::Kind::any ? std::string("anybody") : subject.name;
        if (std::find(out.begin(), out.end(), word) == out.end()) out.push_back(word);
    }
    return out;
}

}  // namespace anteroom::policy
