// A log with a fixed key and a clock that is advanced by hand.
#pragma once

#include <random>

#include "broker/audit/log.h"
#include "broker/audit/reader.h"
#include "broker/audit/verify.h"
#include "tests/unit/store/temporary.h"

namespace anteroom::audit {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using namespace std::chrono_literals;

class WithLog : public anteroom::testing::WithDatabase {
protected:
    static Secret seed() { return Secret::copy_of(View(crypto::sha256(view("a seed for tests")))); }
    Log open_log(LogOptions options = {}) { return must(Log::open(database, clock, seed(), "main", options)); }

    Record refusal(const std::string& person = "vera") {
        return {.kind = Kind::login_refused,
                .person = person,
                .target = "mri-3",
                .session = {},
                .fields = {{"reason", "wrong password"}, {"source", "203.0.113.7"}}};
    }
    std::int64_t append(const std::string& person = "vera") {
        clock.advance(1s);
        return must(log.append(refusal(person)));
    }
    void fill(int records) {
        for (int i = 0; i < records; ++i) append("person-" + std::to_string(i));
    }
    Verification verified(std::optional<Checkpoint> against = {}) {
        return must(verify(database, {.chain = "main", .keys = {log.public_key()}, .against = std::move(against)}));
    }
    Checkpoint document() { return must(parse_checkpoint_document(must(log.checkpoint()))); }
    static bool names(const Verification& result, std::int64_t seq, std::string_view words = "") {
        for (const auto& finding : result.findings)
            if (finding.seq == seq && finding.what.find(words) != std::string::npos) return true;
        return false;
    }
    static std::string all(const Verification& result) {
        std::string out;
        for (const auto& finding : result.findings) out += finding.what + "\n";
        return out;
    }
    // What the test does to the database is undone behind it.
    void tampered(const std::string& sql, const store::Values& values, const std::function<void(const Verification&)>& look) {
        (void)database.transaction([&]() -> Status {
            must(database.execute(sql, values));
            look(verified());
            return fail(ErrorKind::refused, "undo");
        });
    }
    std::vector<Entry> entries(const Filter& filter = {}) {
        std::vector<Entry> out;
        must(each_entry(database, "main", filter, [&](const Entry& entry) { return out.push_back(entry), ok(); }));
        return out;
    }

    Log log = open_log();
};

}  // namespace anteroom::audit
