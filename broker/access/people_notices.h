// What people are told about their own way in: each goes to the channels that listen to `people`. Call inside the transaction of
// what is told. No code, no secret and nobody's reason stands in any of them.
#pragma once

#include "broker/access/notices.h"

namespace anteroom::access {

Status tell_invited(installation::Installation& here, const PersonId& person, Time expires);
Status tell_reset(installation::Installation& here, const PersonId& person);
// `what`: "a password", "an SSH key (SHA256:...)". `by`: who issued it, as it stands beside the factor.
Status tell_factor_added(installation::Installation& here, const PersonId& person, const std::string& what, const std::string& by);
Status tell_recovery_used(installation::Installation& here, const PersonId& person, std::int64_t left);
// From now on every use of a recovery code is told. Once, by whoever runs the broker.
void tell_of_recovery_codes(installation::Installation& here);

}  // namespace anteroom::access
