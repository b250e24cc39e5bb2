// Sight of sessions and requests.
#include "broker/console/sight.h"

#include <algorithm>

#include "policy/deciding.h"
#include "policy/explain.h"

namespace anteroom::console {

namespace {

bool is_decider(const policy::Document& document, const policy::Facts& facts, const Seen& seen) {
    if (seen.emergency) {
        const auto* entry = document.emergency(seen.session.rule);
        return entry != nullptr && policy::is_one_of(document, facts, entry->review_by);
    }
    const auto* rule = document.rule(seen.session.rule);
    if (rule == nullptr || !rule->approval) return false;
    return policy::is_one_of(document, facts, rule->approval->by) ||
           (rule->approval->escalate && policy::is_one_of(document, facts, rule->approval->escalate->to));
}

bool said(const std::vector<access::Yes>& yeses, const PersonId& person) {
    return std::any_of(yeses.begin(), yeses.end(), [&](const access::Yes& yes) { return yes.by == person; });
}

}  // namespace

bool reviews(const installation::Installation& here, const policy::Facts& facts, const store::Session& session, Time now) {
    const auto& document = here.policy.document;
    const auto target = document.targets.find(session.target);
    return policy::may_review(document, facts, session.target, target == document.targets.end() ? policy::Labels() : target->second.labels, now);
}

bool decides_about(installation::Installation& here, const policy::Facts& facts, const Seen& seen, Time now) {
    const auto& document = here.policy.document;
    if (is_decider(document, facts, seen)) return true;
    for (const auto& other : policy::stood_in_for(document, facts.person, now))
        if (const auto theirs = here.facts_of(other, ""); theirs && !theirs->disabled && is_decider(document, *theirs, seen)) return true;
    return false;
}

bool sees(installation::Installation& here, const policy::Facts& facts, const Seen& seen, Time now) {
    return seen.session.person == facts.person || reviews(here, facts, seen.session, now) || decides_about(here, facts, seen, now);
}

Result<bool> sees(access::Access& access, const PersonId& person, const access::Request& request) {
    if (request.person == person || request.decided_by == person || said(request.yeses, person)) return true;
    if (request.extension && said(request.extension->yeses, person)) return true;
    const auto audience = TRY(access.audience(request));
    return audience.deciders.contains(person);
}

}  // namespace anteroom::console
