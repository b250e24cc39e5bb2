// The audit log of this broker: append only, hash-chained, its head signed now and then. A record is durable when
// append() returns, or when the Database::transaction around it does; it is never half there. The database is asked for
// the head each time, so a rolled-back transaction leaves nothing behind in memory.
#pragma once

#include "broker/audit/checkpoint.h"
#include "broker/audit/coalescer.h"
#include "broker/audit/record.h"
#include "broker/store/audit_records.h"

namespace anteroom::audit {

struct LogOptions {
    std::int64_t checkpoint_every = 256;  // records
    Duration checkpoint_after = std::chrono::seconds(60);
    CoalescerOptions coalescing;
};

class Log {
public:
    // `chain` is a name (is_name). The database and the clock outlive the log.
    static Result<Log> open(store::Database& database, const Clock& clock, Secret signing_seed, std::string chain, LogOptions options = {});

    Result<std::int64_t> append(const Record& record);  // its seq
    // For floods: the first of equal records (equal `key` and kind) is written at once, the others within 60 s only counted
    // and written as one. At most that minute's count is lost in a crash. Inside a transaction nothing is coalesced.
    Status append_coalesced(std::string_view key, const Record& record);
    // About once a second: writes the counts whose window is over, and a checkpoint when one is due.
    Status tick();
    Status flush();  // at shutdown: writes every count, and a checkpoint

    // A signed document to keep elsewhere; `not_found` while the log is empty. Not inside a transaction: it could be undone.
    Result<std::string> checkpoint();
    const Bytes& public_key() const { return public_key_; }
    const std::string& chain() const { return chain_; }

private:
    Log(store::Database& database, const Clock& clock, Secret seed, Bytes public_key, std::string chain, LogOptions options);
    Result<store::AuditRow> write(const Record& record);
    Status checkpoint_if_due(std::int64_t seq, const std::string& head, Time time);
    Result<Checkpoint> sign_and_keep(std::int64_t seq, const std::string& head, Time time);
    Status write_all(const std::vector<Summary>& summaries);

    store::Database* database_;
    const Clock* clock_;
    Secret seed_;
    Bytes public_key_;
    std::string chain_;
    LogOptions options_;
    store::AuditRecords records_;
    Coalescer coalescer_;
    Monotonic last_checkpoint_;
};

}  // namespace anteroom::audit
