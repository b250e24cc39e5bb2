// Who is signed in, as the console is told: Me of web/console/src/api/types.ts, and which pages the policy shows them.
#pragma once

#include <boost/json/object.hpp>

#include <set>
#include <string_view>

#include "broker/console/sessions.h"

namespace anteroom::console {

// "home", "approvals", "live", "audit", "policy", "people", "me". None where it cannot be found out.
std::set<std::string_view> pages_of(installation::Installation& here, const PersonId& person);
// The policy names them for some approval, or somebody whom they stand in for today.
bool is_approver(installation::Installation& here, const PersonId& person);

// `event`: the last one so far, behind which a stream goes on.
Result<boost::json::object> me_of(installation::Installation& here, const Session& session, std::uint64_t event);

}  // namespace anteroom::console
