// The rows of the audit log. This file stores and finds them; what they mean, and whether they are whole, is broker/audit's.
// Nothing here changes or deletes a row.
#pragma once

#include "broker/store/database.h"

namespace anteroom::store {

struct AuditRow {
    std::string chain;
    std::int64_t seq = 0;
    Time time;
    std::string kind;
    std::string person;
    std::string target;
    std::string session;
    std::string body;
    std::string hash;  // base64, kept as it stands: a verifier must see what is there
};

struct AuditCheckpointRow {
    std::string chain;
    std::int64_t seq = 0;
    std::string head;
    Time time;
    std::string signature;
    std::string key_id;
};

struct AuditFilter {
    std::optional<Time> since;                  // included
    std::optional<Time> until;                  // excluded
    std::string kind, person, target, session;  // empty: any
};

class AuditRecords {
public:
    AuditRecords(Database& database, std::string chain) : database_(database), chain_(std::move(chain)) {}

    Status insert(const AuditRow& row);
    Result<std::optional<AuditRow>> last();
    Result<std::vector<AuditRow>> page(const AuditFilter& filter, std::int64_t after_seq, std::size_t limit);          // ascending
    Result<std::vector<AuditRow>> page_before(const AuditFilter& filter, std::int64_t before_seq, std::size_t limit);  // descending
    Status insert_checkpoint(const AuditCheckpointRow& row);  // a later one for the same seq takes its place
    Result<std::optional<AuditCheckpointRow>> last_checkpoint();
    Result<std::vector<AuditCheckpointRow>> checkpoints(std::int64_t after_seq, std::size_t limit);

private:
    Database& database_;
    std::string chain_;
};

}  // namespace anteroom::store
