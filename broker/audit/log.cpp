// Appending.
#include "broker/audit/log.h"

namespace anteroom::audit {

Log::Log(store::Database& database, const Clock& clock, Secret seed, Bytes public_key, std::string chain, LogOptions options)
    : database_(&database),
      clock_(&clock),
      seed_(std::move(seed)),
      public_key_(std::move(public_key)),
      chain_(chain),
      options_(options),
      records_(database, std::move(chain)),
      coalescer_(options.coalescing),
      last_checkpoint_(clock.monotonic()) {}

Result<Log> Log::open(store::Database& database, const Clock& clock, Secret signing_seed, std::string chain, LogOptions options) {
    if (!is_name(chain)) return fail(ErrorKind::invalid, "audit: not a valid name for a chain");
    auto public_key = TRY(crypto::ed25519_public_of(signing_seed.expose()));
    return Log(database, clock, std::move(signing_seed), std::move(public_key), std::move(chain), options);
}

Result<store::AuditRow> Log::write(const Record& record) {
    const auto last = TRY(records_.last());
    const auto previous = last ? from_base64(last->hash) : Result<Bytes>(to_bytes(View(genesis)));
    if (!previous) return fail(ErrorKind::damaged, "audit record " + std::to_string(last->seq) + ": its hash cannot be read, so nothing can be chained to it");
    const Time now = clock_->now();
    const Time time = last ? std::max(last->time, now) : now;
    const auto wall = time == now ? std::optional<Time>() : now;
    const Entry entry = entry_of(record, chain_, last ? last->seq + 1 : 1, time, wall);
    store::AuditRow row{.chain = entry.chain,
                        .seq = entry.seq,
                        .time = entry.time,
                        .kind = entry.kind,
                        .person = entry.person,
                        .target = entry.target,
                        .session = entry.session,
                        .body = body_of(entry),
                        .hash = {}};
    row.hash = base64(hash_of(*previous, row.body));
    TRY(records_.insert(row));
    return row;
}

Result<std::int64_t> Log::append(const Record& record) {
    std::int64_t seq = 0;
    TRY(database_->transaction([&]() -> Status {
        const auto row = TRY(write(record));
        seq = row.seq;
        return checkpoint_if_due(row.seq, row.hash, row.time);
    }));
    return seq;
}

// The first record gets one too: a log without any checkpoint has lost them.
Status Log::checkpoint_if_due(std::int64_t seq, const std::string& head, Time time) {
    const bool due = seq == 1 || seq % options_.checkpoint_every == 0 || clock_->monotonic() >= last_checkpoint_ + options_.checkpoint_after;
    if (!due) return ok();
    TRY(sign_and_keep(seq, head, time));
    return ok();
}

Result<Checkpoint> Log::sign_and_keep(std::int64_t seq, const std::string& head, Time time) {
    auto checkpoint = TRY(sign_checkpoint(seed_.expose(), chain_, seq, head, time));
    TRY(records_.insert_checkpoint(
        {.chain = chain_, .seq = seq, .head = head, .time = time, .signature = base64(checkpoint.signature), .key_id = checkpoint.key_id}));
    last_checkpoint_ = clock_->monotonic();
    return checkpoint;
}

Status Log::append_coalesced(std::string_view key, const Record& record) {
    // What a roll-back could undo must not count as "written": the next of its kind would only be counted.
    if (database_->in_transaction()) {
        TRY(append(record));
        return ok();
    }
    const auto now = clock_->monotonic();
    TRY(write_all(coalescer_.due(now)));
    if (!coalescer_.wants_written(key, record, now)) return ok();
    TRY(append(record));
    coalescer_.opened(key, record, now, clock_->now());
    return ok();
}

Status Log::write_all(const std::vector<Summary>& summaries) {
    for (const auto& summary : summaries) {
        TRY(append(summary.record));
        coalescer_.written(summary.key);
    }
    return ok();
}

Status Log::tick() {
    TRY(write_all(coalescer_.due(clock_->monotonic())));
    if (clock_->monotonic() < last_checkpoint_ + options_.checkpoint_after) return ok();
    const auto last = TRY(records_.last());
    const auto checkpoint = TRY(records_.last_checkpoint());
    last_checkpoint_ = clock_->monotonic();
    if (!last || (checkpoint && checkpoint->seq >= last->seq)) return ok();
    TRY(sign_and_keep(last->seq, last->hash, last->time));
    return ok();
}

Status Log::flush() {
    TRY(write_all(coalescer_.all()));
    const auto last = TRY(records_.last());
    if (last) TRY(sign_and_keep(last->seq, last->hash, last->time));
    return ok();
}

Result<std::string> Log::checkpoint() {
    if (database_->in_transaction()) return fail(ErrorKind::internal, "audit: no checkpoint inside a transaction");
    const auto last = TRY(records_.last());
    if (!last) return fail(ErrorKind::not_found, "the audit log is empty");
    const auto checkpoint = TRY(sign_and_keep(last->seq, last->hash, std::max(last->time, clock_->now())));
    return checkpoint_document(checkpoint, public_key_);
}

}  // namespace anteroom::audit
