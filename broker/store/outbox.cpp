// SQL of broker/store/outbox.h.
#include "broker/store/outbox.h"

namespace anteroom::store {

namespace {

const std::vector<std::string_view> columns = {"number", "channel", "event", "body", "created", "attempts", "next_try", "arrived", "why"};

Result<OutboxRow> read(Row& row) {
    OutboxRow one;
    one.number = row.integer();
    one.channel = row.text();
    one.event = row.text();
    one.body = row.text();
    one.created = row.time();
    one.attempts = row.integer();
    one.next_try = row.optional_time();
    one.arrived = row.optional_time();
    one.why = row.text();
    TRY(row.finished());
    return one;
}

Result<std::pair<std::string, std::int64_t>> read_count(Row& row) {
    std::pair<std::string, std::int64_t> one;
    one.first = row.text();
    one.second = row.integer();
    TRY(row.finished());
    return one;
}

}  // namespace

Result<std::int64_t> Outbox::insert(std::string_view channel, std::string_view event, std::string_view body, Time now) {
    std::int64_t number = 1;
    TRY(database_.transaction([&]() -> Status {
        if (auto newest = TRY(database_.select_one({"number"}, "FROM outbox ORDER BY number DESC LIMIT 1", {}))) {
            number = newest->integer() + 1;
            TRY(newest->finished());
        }
        TRY(database_.insert("outbox", {{"number", number},
                                        {"channel", channel},
                                        {"event", event},
                                        {"body", body},
                                        {"created", now},
                                        {"attempts", std::int64_t{0}},
                                        {"next_try", std::nullopt},
                                        {"arrived", std::nullopt},
                                        {"why", ""}}));
        return ok();
    }));
    return number;
}

Result<std::vector<OutboxRow>> Outbox::heads() {
    return read_all(
        database_.select(columns, "FROM outbox WHERE number IN (SELECT MIN(number) FROM outbox WHERE arrived IS NULL GROUP BY channel) ORDER BY number", {}),
        read);
}

Status Outbox::arrived(std::int64_t number, Time now) {
    if (TRY(database_.update("outbox", {{"arrived", now}, {"next_try", std::nullopt}}, "WHERE number = ? AND arrived IS NULL", {number})) == 0)
        return fail(ErrorKind::not_found, "no delivery of that number waits");
    return ok();
}

Status Outbox::failed(std::int64_t number, std::string_view why, Time next_try) {
    // The count is made in SQL: an attempt that is told twice is counted twice, never lost.
    if (TRY(database_.execute("UPDATE outbox SET attempts = attempts + 1, why = ?, next_try = ? WHERE number = ? AND arrived IS NULL",
                              {why, next_try, number})) == 0)
        return fail(ErrorKind::not_found, "no delivery of that number waits");
    return ok();
}

Result<std::vector<OutboxRow>> Outbox::list(std::size_t limit) {
    return read_all(database_.select(columns, "FROM outbox ORDER BY number DESC LIMIT ?", {static_cast<std::int64_t>(limit)}), read);
}

Result<std::vector<std::pair<std::string, std::int64_t>>> Outbox::waiting() {
    return read_all(database_.select({"channel", "COUNT(*)"}, "FROM outbox WHERE arrived IS NULL GROUP BY channel ORDER BY channel", {}), read_count);
}

// The newest row stays whatever its age: numbers are never given twice, and receivers recognise a repeated delivery by them.
Status Outbox::forget_arrived(Time before) {
    TRY(database_.execute("DELETE FROM outbox WHERE arrived < ? AND number < (SELECT MAX(number) FROM outbox)", {before}));
    return ok();
}

}  // namespace anteroom::store
