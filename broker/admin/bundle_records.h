// Which audit records go into a session's bundle: its own, those of the request it stood on with its notices, and of the policy version.
#pragma once

#include <map>

#include "broker/installation/installation.h"

namespace anteroom::admin {

struct BundleRecords {
    std::map<std::int64_t, store::AuditRow> rows;
    std::vector<audit::Entry> entries;  // of the rows, in order
    std::string lines;                  // `audit.jsonl`
};
// `damaged` names a record that is not as it was written; `conflict`: there are too many of them for one bundle.
Result<BundleRecords> records_of(installation::Installation& here, const store::Session& session);

}  // namespace anteroom::admin
