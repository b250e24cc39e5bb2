// Walks a chain from its first record to its last and names what is not as it was written. It goes on behind a finding, so
// that one changed record is one finding, and trusts nothing in the database but what a given key has signed.
#pragma once

#include <functional>

#include "broker/audit/checkpoint.h"
#include "broker/store/audit_records.h"

namespace anteroom::audit {

struct Finding {
    std::int64_t seq = 0;  // the record it is about; 0: the whole log
    std::string what;      // one sentence
};

struct Verification {
    std::int64_t records = 0;
    std::int64_t last_seq = 0;
    std::string head;                  // base64; empty when there is no record
    std::int64_t checkpoints = 0;      // that were good
    std::int64_t last_checkpoint = 0;  // up to here the log is vouched for by a signature
    std::vector<Finding> findings;     // the first 1000
    std::int64_t further_findings = 0;

    bool intact() const { return findings.empty(); }
};

struct VerifyOptions {
    std::string chain;
    std::vector<Bytes> keys;            // public keys a checkpoint may be signed with: today's and earlier ones
    std::optional<Checkpoint> against;  // kept elsewhere
};

// An error when the log could not be read at all; what was found wrong in it is no error, but in the answer.
// Run it inside a transaction, or with the broker still: a record appended meanwhile may or may not be seen.
Result<Verification> verify(store::Database& database, const VerifyOptions& options);

}  // namespace anteroom::audit
