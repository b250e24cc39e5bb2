// The audit log: shown and exported page by page (the broker serves others meanwhile), verified, and checkpointed. Only the
// first page of a reading writes a record, the further ones are counted: reading the log to its end must not lengthen it.
#include <boost/json.hpp>

#include <charconv>

#include "broker/admin/commands.h"
#include "broker/audit/reader.h"
#include "broker/audit/verify.h"

namespace anteroom::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t page_rows = 200;

Result<std::int64_t> sequence(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return fail(ErrorKind::invalid, quoted(text) + " is no record's number");
    return value;
}

Result<audit::Filter> filter_of(Call& call) {
    audit::Filter filter;
    filter.since = TRY(moment_argument(call, "since"));
    filter.until = TRY(moment_argument(call, "until"));
    filter.kind = call.argument("kind");
    if (!filter.kind.empty() && !audit::kind_named(filter.kind)) return fail(ErrorKind::invalid, "there are no audit records of kind " + quoted(filter.kind));
    filter.person = call.argument("person");
    filter.target = call.argument("target");
    filter.session = call.argument("session");
    return filter;
}

json::object row_of(const store::AuditRow& row) {
    const auto entry = audit::parse_body(row.body);
    if (!entry)
        return {{"seq", row.seq},
                {"time", rfc3339(row.time)},
                {"kind", row.kind},
                {"person", ""},
                {"target", ""},
                {"session", ""},
                {"fields", {{"damaged", entry.error().detail}}}};
    json::object fields;
    for (const auto& [name, value] : entry->fields) fields[name] = value;
    json::object out{{"seq", entry->seq},       {"time", rfc3339(entry->time)}, {"kind", entry->kind},        {"person", entry->person},
                     {"target", entry->target}, {"session", entry->session},    {"fields", std::move(fields)}};
    if (entry->wall) out["clock"] = rfc3339(*entry->wall);
    return out;
}

struct Page {
    std::vector<store::AuditRow> rows;
    json::object next;  // empty: this was the last one
};

Status audit_reading(Call& call) {
    audit::Fields fields;
    for (const auto& [name, value] : call.asked.arguments) fields["argument." + name] = value;
    auto record = call.record(audit::Kind::admin_command, std::move(fields));
    if (!call.given("after")) return call.append(record);
    record.fields = call.record(audit::Kind::admin_command).fields;
    TRY(call.here.log->append_coalesced("audit-page/" + std::to_string(call.caller.uid), record));
    call.recorded = true;
    return ok();
}

Result<Page> page_of(Call& call) {
    const auto filter = TRY(filter_of(call));
    TRY(audit_reading(call));
    store::AuditRecords records(call.here.database, call.here.log->chain());
    const auto last = TRY(records.last());
    const std::int64_t upto = call.given("upto") ? TRY(sequence(call.argument("upto"))) : last->seq;
    const std::int64_t after = call.given("after") ? TRY(sequence(call.argument("after"))) : 0;
    Page page{TRY(records.page(filter, after, page_rows)), {}};
    const bool full = page.rows.size() == page_rows;
    while (!page.rows.empty() && page.rows.back().seq > upto) page.rows.pop_back();
    if (full && page.rows.size() == page_rows && page.rows.back().seq < upto)
        page.next = {{"after", std::to_string(page.rows.back().seq)}, {"upto", std::to_string(upto)}};
    return page;
}

Outcome end_of(Call& call, Page& page) {
    if (page.next.empty()) return done(call);
    return done(call, "", {{"next", std::move(page.next)}});
}

}  // namespace

Outcome audit_show(Call& call) {
    auto page = TRY(page_of(call));
    for (const auto& row : page.rows) TRY(call.rows.add(row_of(row)));
    return end_of(call, page);
}

Outcome audit_export(Call& call) {
    if (call.argument("format") != "jsonl") return fail(ErrorKind::invalid, "the audit log is exported as jsonl only");
    auto page = TRY(page_of(call));
    for (const auto& row : page.rows) TRY(call.rows.add({{"line", audit::line_of(row.body, row.hash)}}));
    return end_of(call, page);
}

Outcome audit_verify(Call& call) {
    audit::VerifyOptions options{call.here.log->chain(), {call.here.log->public_key()}, std::nullopt};
    if (!call.asked.text.empty()) options.against = TRY(audit::parse_checkpoint_document(call.asked.text));
    audit::Verification result;
    TRY(call.here.database.transaction([&]() -> Status {
        result = TRY(audit::verify(call.here.database, options));
        return ok();
    }));
    json::array findings;
    for (const auto& finding : result.findings)
        if (findings.size() < page_rows) findings.push_back({{"seq", finding.seq}, {"what", finding.what}});
    TRY(call.rows.add({{"intact", result.intact()},
                       {"records", result.records},
                       {"last_seq", result.last_seq},
                       {"head", result.head},
                       {"checkpoints", result.checkpoints},
                       {"signed_up_to", result.last_checkpoint},
                       {"findings", std::move(findings)}}));
    if (result.intact()) return done(call);
    auto answer = done(call);
    answer.done = false;
    answer.sentence =
        "the audit log is not as it was written: " + std::to_string(static_cast<std::int64_t>(result.findings.size()) + result.further_findings) + " findings";
    return answer;
}

Outcome audit_checkpoint(Call& call) {
    const auto document = TRY(call.here.log->checkpoint());
    json::array lines;
    std::string_view rest = document;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        lines.emplace_back(line);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    TRY(call.rows.add({{"lines", std::move(lines)}}));
    return done(call);
}

}  // namespace anteroom::admin
