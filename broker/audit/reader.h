// Reading the log back: for people (`audit show`) and for other machines (JSONL). Reads in pages, so a log of any size
// needs little memory; what it hands out has not been verified.
#pragma once

#include <functional>

#include "broker/audit/record.h"
#include "broker/store/audit_records.h"

namespace anteroom::audit {

using Filter = store::AuditFilter;

// In order, until the end or until the callback returns an error, which is then returned.
Status each_entry(store::Database& database, const std::string& chain, const Filter& filter, const std::function<Status(const Entry&)>& callback);
// Lines without their end, as FORMAT.md says.
Status export_jsonl(store::Database& database, const std::string& chain, const Filter& filter, const std::function<Status(std::string_view line)>& sink);
std::string text_of(const Entry& entry);  // one line for a terminal

}  // namespace anteroom::audit
