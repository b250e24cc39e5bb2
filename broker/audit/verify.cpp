// The verifier. `expected` are the hashes the next record may have been chained to: after a record whose stored hash does
// not fit its text, either the text or the hash was changed, and the next record shows which.
#include "broker/audit/verify.h"

#include <algorithm>

#include "broker/audit/record.h"

namespace anteroom::audit {

namespace {

constexpr std::size_t page_size = 500, finding_limit = 1000;

struct PendingMismatch {  // a record whose stored hash is not the hash of its text
    std::int64_t seq = 0;
    std::string computed;
};

class Walk {
public:
    Walk(store::Database& database, const VerifyOptions& options) : options_(options), records_(database, options.chain) {}

    Result<Verification> run() {
        TRY(read_checkpoints());
        std::int64_t after = std::numeric_limits<std::int64_t>::min();
        while (true) {
            const auto page = records_.page({}, after, page_size);
            if (!page && page.error().kind != ErrorKind::damaged) return fail(page.error());
            if (!page) {
                find(out_.last_seq + 1, "is in a row that cannot be read (" + page.error().detail + "); what follows was not checked");
                break;
            }
            for (const auto& row : *page) check(row);
            if (page->size() < page_size) break;
            after = page->back().seq;
        }
        settle_mismatch("");
        check_end();
        return std::move(out_);
    }

private:
    void find(std::int64_t seq, std::string what) {
        if (out_.findings.size() >= finding_limit) ++out_.further_findings;
        else out_.findings.push_back({seq, "record " + std::to_string(seq) + " " + std::move(what)});
    }
    void find_in_log(std::string what) { out_.findings.push_back({0, std::move(what)}); }

    Status read_checkpoints() {
        std::int64_t after = std::numeric_limits<std::int64_t>::min();
        while (true) {
            const auto page = records_.checkpoints(after, page_size);
            if (!page && page.error().kind != ErrorKind::damaged) return fail(page.error());
            if (!page) {
                find_in_log("a checkpoint cannot be read: " + page.error().detail);
                break;
            }
            for (const auto& row : *page) keep_checkpoint(row);
            if (page->size() < page_size) break;
            after = page->back().seq;
        }
        if (options_.against) keep_outside_checkpoint(*options_.against);
        std::sort(checkpoints_.begin(), checkpoints_.end(), [](const auto& a, const auto& b) { return a.seq < b.seq; });
        return ok();
    }

    bool good(const Checkpoint& checkpoint) const {
        return checkpoint.chain == options_.chain &&
               std::any_of(options_.keys.begin(), options_.keys.end(), [&](const Bytes& key) { return signed_by(checkpoint, key); });
    }

    void keep_checkpoint(const store::AuditCheckpointRow& row) {
        auto signature = from_base64(row.signature);
        Checkpoint checkpoint{.chain = row.chain, .seq = row.seq, .head = row.head, .time = row.time, .key_id = row.key_id, .signature = {}};
        if (signature) checkpoint.signature = std::move(*signature);
        if (!good(checkpoint)) return find(row.seq, "has a checkpoint whose signature is not good");
        checkpoints_.push_back({row.seq, row.head, "the checkpoint signed at " + rfc3339(row.time)});
    }

    void keep_outside_checkpoint(const Checkpoint& checkpoint) {
        if (checkpoint.chain != options_.chain) return find_in_log("the checkpoint kept elsewhere is of another log (" + printable(checkpoint.chain) + ")");
        if (!good(checkpoint)) return find_in_log("the checkpoint kept elsewhere is not signed by a key of this broker, or was changed");
        checkpoints_.push_back({checkpoint.seq, checkpoint.head, "the checkpoint kept elsewhere, signed at " + rfc3339(checkpoint.time) + ","});
    }

    void check(const store::AuditRow& row) {
        ++out_.records;
        const bool gap = row.seq != out_.last_seq + 1;
        if (row.seq < 1) find(row.seq, "has a number that no record can have");
        else if (gap) find_gap(out_.last_seq + 1, row.seq - 1);
        check_columns(row);
        check_hash(row, gap);
        check_checkpoints(row);
        out_.last_seq = std::max<std::int64_t>(row.seq, 0);
        out_.head = row.hash;
    }

    void find_gap(std::int64_t first, std::int64_t last) {
        find(first, first == last ? "is missing" : "and those up to " + std::to_string(last) + " are missing");
    }

    void check_columns(const store::AuditRow& row) {
        const auto entry = parse_body(row.body);
        if (!entry) return find(row.seq, "was changed: " + entry.error().detail);
        if (entry->seq != row.seq) return find(row.seq, "was moved or renumbered: its text says it is record " + std::to_string(entry->seq));
        const auto differs = [&](const char* column, bool same) {
            if (!same) find(row.seq, std::string("was changed: the column ") + column + " is not what its text says");
        };
        differs("chain_id", entry->chain == row.chain);
        differs("time", entry->time == row.time);
        differs("kind", entry->kind == row.kind);
        differs("person", entry->person == row.person);
        differs("target", entry->target == row.target);
        differs("session", entry->session == row.session);
        if (previous_time_ && entry->time < *previous_time_) find(row.seq, "is older than the record before it");
        previous_time_ = entry->time;
    }

    std::string hash_behind(const std::string& previous, const std::string& body) const {
        const auto bytes = from_base64(previous);
        return bytes ? base64(hash_of(*bytes, body)) : std::string();
    }

    // Behind a gap the hash cannot be checked: what it was chained to is gone. The gap itself is the finding.
    void check_hash(const store::AuditRow& row, bool gap) {
        const bool fits = hash_behind(out_.head.empty() ? base64(genesis) : out_.head, row.body) == row.hash;
        if (gap) return settle_mismatch("");
        if (fits) return settle_mismatch(out_.head);
        if (mismatch_ && hash_behind(mismatch_->computed, row.body) == row.hash) return settle_mismatch(mismatch_->computed);
        settle_mismatch("");
        mismatch_ = PendingMismatch{row.seq, hash_behind(out_.head.empty() ? base64(genesis) : out_.head, row.body)};
    }

    // `chained_to`: what the record behind it turned out to be chained to; empty when that is not known.
    void settle_mismatch(const std::string& chained_to) {
        if (!mismatch_) return;
        const bool hash_only = !chained_to.empty() && chained_to == mismatch_->computed;
        find(mismatch_->seq, hash_only ? "was changed: its hash is not the one it was written with"
                                       : "was changed, put in or moved: its hash does not fit its text and the record before it");
        mismatch_.reset();
    }

    void check_checkpoints(const store::AuditRow& row) {
        for (; next_checkpoint_ < checkpoints_.size() && checkpoints_[next_checkpoint_].seq <= row.seq; ++next_checkpoint_) {
            const auto& checkpoint = checkpoints_[next_checkpoint_];
            if (checkpoint.seq < row.seq) continue;  // its record is missing, and named already
            if (checkpoint.head != row.hash) {
                find(row.seq, "is not the one that " + checkpoint.name + " vouches for: the history up to here was rewritten, or this record changed");
                continue;
            }
            ++out_.checkpoints;
            out_.last_checkpoint = row.seq;
        }
    }

    void check_end() {
        for (; next_checkpoint_ < checkpoints_.size(); ++next_checkpoint_) {
            const auto& checkpoint = checkpoints_[next_checkpoint_];
            if (checkpoint.seq <= out_.last_seq) continue;
            find(checkpoint.seq, "is missing: the log ends at " + std::to_string(out_.last_seq) + ", but " + checkpoint.name +
                                     " vouches for this one: the end was cut off, or an earlier state put back");
        }
        if (out_.records != 0 && checkpoints_.empty() && out_.findings.empty())
            find_in_log("every signed checkpoint is gone: a log has one from its first record on");
    }

    struct Known {
        std::int64_t seq;
        std::string head;
        std::string name;
    };
    const VerifyOptions& options_;
    store::AuditRecords records_;
    Verification out_;
    std::vector<Known> checkpoints_;
    std::size_t next_checkpoint_ = 0;
    std::optional<PendingMismatch> mismatch_;
    std::optional<Time> previous_time_;
};

}  // namespace

Result<Verification> verify(store::Database& database, const VerifyOptions& options) { return Walk(database, options).run(); }

}  // namespace anteroom::audit
