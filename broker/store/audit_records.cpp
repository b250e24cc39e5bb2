// SQL of broker/store/audit_records.h.
#include "broker/store/audit_records.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> columns = {"chain_id", "seq", "time", "kind", "person", "target", "session", "body", "hash"};
const std::vector<std::string_view> checkpoint_columns = {"chain_id", "seq", "head", "time", "signature", "key_id"};

Result<AuditRow> read(Row& row) {
    AuditRow record;
    record.chain = row.text();
    record.seq = row.integer();
    record.time = row.time();
    record.kind = row.text();
    record.person = row.text();
    record.target = row.text();
    record.session = row.text();
    record.body = row.text();
    record.hash = row.text();
    TRY(row.finished());
    return record;
}

Result<AuditCheckpointRow> read_checkpoint(Row& row) {
    AuditCheckpointRow checkpoint;
    checkpoint.chain = row.text();
    checkpoint.seq = row.integer();
    checkpoint.head = row.text();
    checkpoint.time = row.time();
    checkpoint.signature = row.text();
    checkpoint.key_id = row.text();
    TRY(row.finished());
    return checkpoint;
}

}  // namespace

Status AuditRecords::insert(const AuditRow& row) {
    TRY(database_.insert("audit_records", {{"chain_id", chain_},
                                           {"seq", row.seq},
                                           {"time", row.time},
                                           {"kind", row.kind},
                                           {"person", row.person},
                                           {"target", row.target},
                                           {"session", row.session},
                                           {"body", row.body},
                                           {"hash", row.hash}}));
    return ok();
}

Result<std::optional<AuditRow>> AuditRecords::last() {
    return read_one(database_.select_one(columns, "FROM audit_records WHERE chain_id = ? ORDER BY seq DESC LIMIT 1", {chain_}), read);
}

namespace {

struct Query {
    std::string tail;
    Values values;
};

Query page_query(const std::string& chain, const char* beyond, std::int64_t seq, const AuditFilter& filter, const char* order, std::size_t limit) {
    std::string tail = std::string("FROM audit_records WHERE chain_id = ?") + beyond;
    Values values = {chain, seq};
    const auto narrow = [&](const char* condition, Value value) {
        tail += condition;
        values.push_back(std::move(value));
    };
    if (filter.since) narrow(" AND time >= ?", *filter.since);
    if (filter.until) narrow(" AND time < ?", *filter.until);
    if (!filter.kind.empty()) narrow(" AND kind = ?", filter.kind);
    if (!filter.person.empty()) narrow(" AND person = ?", filter.person);
    if (!filter.target.empty()) narrow(" AND target = ?", filter.target);
    if (!filter.session.empty()) narrow(" AND session = ?", filter.session);
    narrow(order, static_cast<std::int64_t>(limit));
    return {std::move(tail), std::move(values)};
}

}  // namespace

Result<std::vector<AuditRow>> AuditRecords::page(const AuditFilter& filter, std::int64_t after_seq, std::size_t limit) {
    const auto query = page_query(chain_, " AND seq > ?", after_seq, filter, " ORDER BY seq LIMIT ?", limit);
    return read_all(database_.select(columns, query.tail, query.values), read);
}

Result<std::vector<AuditRow>> AuditRecords::page_before(const AuditFilter& filter, std::int64_t before_seq, std::size_t limit) {
    const auto query = page_query(chain_, " AND seq < ?", before_seq, filter, " ORDER BY seq DESC LIMIT ?", limit);
    return read_all(database_.select(columns, query.tail, query.values), read);
}

Status AuditRecords::insert_checkpoint(const AuditCheckpointRow& row) {
    TRY(database_.insert(
        "audit_checkpoints",
        {{"chain_id", chain_}, {"seq", row.seq}, {"head", row.head}, {"time", row.time}, {"signature", row.signature}, {"key_id", row.key_id}},
        "ON CONFLICT (chain_id, seq) DO UPDATE SET head = excluded.head, time = excluded.time, signature = excluded.signature, key_id = excluded.key_id"));
    return ok();
}

Result<std::optional<AuditCheckpointRow>> AuditRecords::last_checkpoint() {
    return read_one(database_.select_one(checkpoint_columns, "FROM audit_checkpoints WHERE chain_id = ? ORDER BY seq DESC LIMIT 1", {chain_}), read_checkpoint);
}

Result<std::vector<AuditCheckpointRow>> AuditRecords::checkpoints(std::int64_t after_seq, std::size_t limit) {
    return read_all(database_.select(checkpoint_columns, "FROM audit_checkpoints WHERE chain_id = ? AND seq > ? ORDER BY seq LIMIT ?",
                                     {chain_, after_seq, static_cast<std::int64_t>(limit)}),
                    read_checkpoint);
}

}  // namespace anteroom::store
