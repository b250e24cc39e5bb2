// Decisions that a passkey signed (broker/audit/FORMAT.md): whether a record's own fields verify that signature again, and whether it was
// given for what the record is about. Whose passkey it was says another record, `passkey.added`, which no bundle holds. Pure.
#pragma once

#include "broker/audit/record.h"

namespace anteroom::evidence {

// The record says that a passkey signed what it is about, and holds all of it: what was longer than a record's field was cut.
bool is_signed_decision(const audit::Entry& entry);
Status check_decision(const audit::Entry& entry);  // `damaged`: what does not hold

}  // namespace anteroom::evidence
