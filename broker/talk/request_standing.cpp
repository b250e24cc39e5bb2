// Looks up where a person stands.
#include "broker/talk/request_standing.h"

namespace anteroom::talk {

Result<Standing> standing_of(const Party& party, const policy::Ask& ask) {
    const auto facts = TRY(party.here.facts_of(party.person, party.source_ip));
    const auto own = TRY(party.access.own(party.person));
    return standing_of(party, ask, facts, own);
}

Standing standing_of(const Party& party, const policy::Ask& ask, const policy::Facts& facts, const access::Access::Own& own) {
    const auto now = party.here.clock.now();
    const auto grants = party.access.grants(own, ask, party.source_ip);
    Standing out;
    out.decision = policy::evaluate(party.here.policy.document, facts, ask, now, grants);
    out.request = access::Access::open_request(own, ask);
    out.emergency = access::Access::emergency_of(own, ask);
    // As the gate sees it: an emergency that runs opens nothing that the policy does not name any more.
    const bool named = policy::evaluate_break_glass(party.here.policy.document, facts, ask, now).verdict == policy::Decision::Verdict::permit;
    if (out.emergency && (!named || !out.emergency->grants(now))) out.emergency.reset();
    return out;
}

}  // namespace anteroom::talk
