// Which record says what. Every record stands in exactly one list or member, in the log's order.
#include "recorder/evidence/report.h"

#include <boost/json.hpp>

namespace anteroom::evidence {

namespace {

namespace json = boost::json;

bool is(const audit::Entry& entry, audit::Kind kind) { return entry.kind == audit::name_of(kind); }
std::string field(const audit::Entry& entry, const std::string& name) {
    const auto found = entry.fields.find(name);
    return found == entry.fields.end() ? std::string() : found->second;
}

json::object step(const audit::Entry& entry) {
    json::object fields;
    for (const auto& [name, value] : entry.fields)
        if (!is_proof_field(name)) fields[name] = value;
    return {{"record", entry.seq}, {"time", rfc3339(entry.time)}, {"kind", entry.kind}, {"by", who(entry)}, {"fields", std::move(fields)}};
}

bool moves_files(const audit::Entry& entry) {
    const auto capability = field(entry, "capability");
    for (const std::string_view begins : {"sftp", "scp", "rsync", "git", "rdp:drive", "rdp:clipboard:files"})
        if (capability.starts_with(begins)) return true;
    return false;
}

// The list of the report that a record belongs to, where it has no member of its own.
const char* list_of(const audit::Entry& entry) {
    using enum audit::Kind;
    if (is(entry, capability_refused)) return "refused";
    if (is(entry, capability_used)) return moves_files(entry) ? "files" : "used";
    for (const auto kind : {recording_view, recording_search, recording_export, session_watched})
        if (is(entry, kind)) return "looks";
    for (const auto kind : {recording_noted, recording_reviewed, recording_consented, break_glass_reviewed, break_glass_overdue, incident_opened})
        if (is(entry, kind)) return "reviews";
    for (const auto kind : {alert_sent, alert_failed})
        if (is(entry, kind)) return "notices";
    if (is(entry, recording_root)) return "roots";
    return entry.session.empty() && entry.fields.contains("request") ? "request" : "events";
}

json::object session_of(const audit::Entry& start) {
    json::object out{{"id", start.session}, {"person", start.person}, {"target", start.target}, {"started", rfc3339(start.time)}, {"audit_record", start.seq}};
    for (const auto& [name, value] : start.fields) out[name] = value;
    return out;
}

// The newest words of the request: what was asked for, why, under which ticket and rule.
void add_request(json::object& report, const audit::Entry& entry) {
    auto& request = report["request"].as_object();
    for (const char* name : {"request", "asks", "reason", "ticket", "rule", "entry", "unusual", "drill", "approvals", "state"})
        if (const auto value = field(entry, name); !value.empty()) request[name] = value;
}

}  // namespace

Result<json::object> report_of(const std::vector<audit::Entry>& entries, std::string_view session) {
    json::object out{{"version", 1}, {"session", nullptr}, {"request", json::object()}, {"policy", nullptr}, {"recording", json::object()}};
    for (const char* list : {"chain", "notices", "refused", "files", "used", "events", "looks", "reviews"}) out[list] = json::array();
    std::int64_t roots = 0;
    for (const auto& entry : entries) {
        const bool own = entry.session == session;
        if (own && is(entry, audit::Kind::session_start)) {
            if (!out["session"].is_null()) return fail(ErrorKind::damaged, "record " + std::to_string(entry.seq) + " begins the session once more");
            out["session"] = session_of(entry);
        } else if (own && is(entry, audit::Kind::session_end)) {
            if (!out["session"].is_object()) return fail(ErrorKind::damaged, "record " + std::to_string(entry.seq) + " ends a session that has not begun");
            auto& began = out["session"].as_object();
            began["ended"] = rfc3339(entry.time);
            began["end_reason"] = field(entry, "reason");
        } else if (is(entry, audit::Kind::policy_applied)) {
            out["policy"] = step(entry);
        } else if (own && (is(entry, audit::Kind::recording_opened) || is(entry, audit::Kind::recording_sealed))) {
            for (const auto& [name, value] : entry.fields) out["recording"].as_object()[name] = value;
        } else if (const std::string_view list = list_of(entry); list == "roots") {
            ++roots;
        } else if (list == "request") {
            add_request(out, entry);
            out["chain"].as_array().push_back(step(entry));
        } else {
            if (list == "reviews" && entry.session.empty()) add_request(out, entry);
            out[list].as_array().push_back(step(entry));
        }
    }
    if (!out["session"].is_object()) return fail(ErrorKind::damaged, "no record begins the session");
    out["recording"].as_object()["roots"] = roots;
    return out;
}

std::string text_of(const json::object& report) { return json::serialize(report) + "\n"; }

}  // namespace anteroom::evidence
