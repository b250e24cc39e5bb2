// Who decides on what is asked for under a rule: its approvers, after a while also those it escalates to, and whoever stands in for
// one of these by a dated delegation. Pure, like evaluate.
#pragma once

#include "policy/evaluate.h"

namespace anteroom::policy {

// The time since which `escalate.to` may decide as well; none: never.
std::optional<Time> escalates_at(const Approval& approval, Time asked);

// Everybody's facts; who is not among them is nobody.
using People = std::span<const Facts>;

// In whose name a person decides: their own first, then those of the people they stand in for. None: they may not decide. Nobody
// who is disabled or expired, or whose company has no agreement, decides or is stood in for; a delegation is not passed on. The
// network is not asked for: deciding brings nobody to a target. `asked` is when the request (or extension) was made.
std::vector<PersonId> decides_as(const Document& document, const Approval& approval, People people, const PersonId& person, Time asked, Time now);

// Those whom the person stands in for on the day of `now`.
std::vector<PersonId> stood_in_for(const Document& document, const PersonId& person, Time now);

// The approvers in people's words: "imaging-admins", "dana".
std::vector<std::string> in_words(const Subjects& subjects);

}  // namespace anteroom::policy
