// What adding and inviting have in common.
#pragma once

#include "broker/admin/call.h"

namespace anteroom::admin {

// From the call's name, email, vendor, display_name, list (groups) and secret (password); not yet in the database.
Result<store::Person> new_person(Call& call);
// Fields of the record of a person's being added.
audit::Record added_record(const Call& call, const store::Person& person, const char* set_up_by);
// " the policy in force knows no vendor ..." where that is so.
std::string vendor_warning(const Call& call, const store::Person& person);
// The factors that an administrator sets up end an open invitation: whoever has factors signs on with them. Within the transaction.
Status set_up_by_administrator(Call& call, const PersonId& person);

}  // namespace anteroom::admin
