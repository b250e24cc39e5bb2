// Where a person stands with one target now: what the policy says with the grants that hold, and the request that is open for it.
// It only looks: what is connected to is decided by the one gate, again.
#pragma once

#include "broker/talk/conversation.h"

namespace anteroom::talk {

struct Standing {
    policy::Decision decision;               // with the grants that hold now
    std::optional<access::Request> request;  // open, not an emergency
    std::optional<access::Request> emergency;
    // Open, but for a later time: somebody who comes now wants something else.
    bool for_later(Time now) const { return request && request->not_before && *request->not_before > now; }
    bool permitted() const { return decision.verdict == policy::Decision::Verdict::permit || emergency.has_value(); }
};
Result<Standing> standing_of(const Party& party, const policy::Ask& ask);
// The same of one place among many: `facts` are the person's, as they come from the party's address, and `own` is what is open of them.
Standing standing_of(const Party& party, const policy::Ask& ask, const policy::Facts& facts, const access::Access::Own& own);

}  // namespace anteroom::talk
