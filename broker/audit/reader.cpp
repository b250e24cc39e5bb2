// Pages of the log.
#include "broker/audit/reader.h"

namespace anteroom::audit {

namespace {

constexpr std::size_t page_size = 500;

Status each_row(store::Database& database, const std::string& chain, const Filter& filter, const std::function<Status(const store::AuditRow&)>& callback) {
    store::AuditRecords records(database, chain);
    std::int64_t after = 0;
    while (true) {
        const auto page = TRY(records.page(filter, after, page_size));
        for (const auto& row : page) TRY(callback(row));
        if (page.size() < page_size) return ok();
        after = page.back().seq;
    }
}

}  // namespace

Status each_entry(store::Database& database, const std::string& chain, const Filter& filter, const std::function<Status(const Entry&)>& callback) {
    return each_row(database, chain, filter, [&](const store::AuditRow& row) -> Status {
        auto entry = parse_body(row.body);
        if (!entry) return fail(ErrorKind::damaged, "audit record " + std::to_string(row.seq) + ": " + entry.error().detail);
        return callback(*entry);
    });
}

Status export_jsonl(store::Database& database, const std::string& chain, const Filter& filter, const std::function<Status(std::string_view line)>& sink) {
    return each_row(database, chain, filter, [&](const store::AuditRow& row) { return sink(line_of(row.body, row.hash)); });
}

std::string text_of(const Entry& entry) {
    std::string out = rfc3339(entry.time) + " #" + std::to_string(entry.seq) + " " + entry.kind;
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) ((((out += " ") += name) += "=") += printable(value, 4 * value_limit + 64));
    };
    add("person", entry.person);
    add("target", entry.target);
    add("session", entry.session);
    for (const auto& [name, value] : entry.fields) add(name, value);
    if (entry.wall) add("clock", rfc3339(*entry.wall));
    return out;
}

}  // namespace anteroom::audit
