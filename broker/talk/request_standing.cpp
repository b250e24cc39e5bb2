// Looks up where a person stands.
#include "broker/talk/request_standing.h"

namespace anteroom::talk {

Result<Standing> standing_of(const Party& party, const policy::Ask& ask) {
    const auto now = party.here.clock.now();
    const auto facts = TRY(party.here.facts_of(party.person, party.source_ip));
    const auto grants = TRY(party.access.grants(party.person, ask, party.source_ip));
    Standing out;
    out.decision = policy::evaluate(party.here.policy.document, facts, ask, now, grants);
    out.request = TRY(party.access.open_request(party.person, ask));
    if (out.request && (out.request->emergency || !access::is_open(out.request->state))) out.request.reset();
    out.emergency = TRY(party.access.emergency_of(party.person, ask));
    // As the gate sees it: an emergency that runs opens nothing that the policy does not name any more.
    const bool named = policy::evaluate_break_glass(party.here.policy.document, facts, ask, now).verdict == policy::Decision::Verdict::permit;
    if (out.emergency && (!named || !out.emergency->grants(now))) out.emergency.reset();
    return out;
}

}  // namespace anteroom::talk
