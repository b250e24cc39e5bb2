// The audit log in the console: newest first, page by page. That somebody reads it has been written down by the gate.
#include <boost/json.hpp>

#include <algorithm>
#include <limits>

#include "broker/audit/record.h"
#include "broker/console/handlers.h"
#include "broker/console/reading.h"

namespace anteroom::console {

namespace json = boost::json;

namespace {

constexpr std::size_t usual_page = 50, largest_page = 200, hash_digits = 16;

Result<store::AuditFilter> filter_of(const Call& call) {
    store::AuditFilter filter;
    filter.since = TRY(queried_time(call, "since"));
    filter.until = TRY(queried_time(call, "until"));
    filter.kind = queried(call, "kind");
    if (!filter.kind.empty() && !audit::kind_named(filter.kind)) return fail(ErrorKind::invalid, "there are no records of that kind");
    filter.person = queried(call, "person");
    filter.target = queried(call, "target");
    filter.session = queried(call, "session");
    return filter;
}

json::object row_of(const store::AuditRow& row) {
    json::object fields;
    const auto entry = audit::parse_body(row.body);
    if (!entry) fields["damaged"] = entry.error().detail;
    if (entry)
        for (const auto& [name, value] : entry->fields) fields[name] = value;
    const auto hash = from_base64(row.hash);
    return {{"seq", row.seq},
            {"at", rfc3339(row.time)},
            {"kind", row.kind},
            {"person", row.person},
            {"target", row.target},
            {"session", row.session},
            {"fields", std::move(fields)},
            {"hash", hash ? hex(*hash).substr(0, hash_digits) : ""}};
}

}  // namespace

Result<Answer> audit_page(Call& call) {
    const auto filter = TRY(filter_of(call));
    const auto limit = TRY(queried_number(call, "limit", usual_page, largest_page));
    const auto before = TRY(queried_number(call, "before", std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()));
    store::AuditRecords records(call.here.database, call.here.log->chain());
    // One more than is shown: whether there is anything older.
    auto rows = TRY(records.page_before(filter, before, static_cast<std::size_t>(limit) + 1));
    const bool more = rows.size() > static_cast<std::size_t>(limit);
    if (more) rows.pop_back();
    json::array list;
    for (const auto& row : rows) list.push_back(row_of(row));
    Answer out;
    out.body =
        json::object{{"records", std::move(list)}, {"before", more ? json::value(rows.back().seq) : json::value(nullptr)}, {"chain", call.here.log->chain()}};
    return out;
}

Result<Answer> audit_kinds(Call&) {
    std::vector<std::string> kinds;
#define ANTEROOM_ROW(enumerator, name) kinds.emplace_back(name);
    ANTEROOM_AUDIT_KINDS(ANTEROOM_ROW)
#undef ANTEROOM_ROW
    std::sort(kinds.begin(), kinds.end());
    Answer out;
    out.body = json::object{{"kinds", json::value_from(kinds)}};
    return out;
}

}  // namespace anteroom::console
