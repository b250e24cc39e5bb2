// RFC 5424, section 6: header, structured data, message.
#include "broker/courier/syslog.h"

#include <boost/json.hpp>

#include <algorithm>

#include "base/bytes.h"
#include "broker/courier/templates.h"

namespace anteroom::courier {

namespace json = boost::json;

namespace {

constexpr int facility_audit = 13;  // "log audit"
enum Severity { critical = 2, warning = 4, notice = 5, informational = 6 };
constexpr std::size_t longest_host = 255, longest_id = 32;
// Structured data of our own has to name an enterprise (RFC 5424 7.2.2); this number is the one set apart for such uses (RFC 5612).
constexpr std::string_view data_id = "anteroom@32473";

// PRINTUSASCII, or "-" for nothing.
std::string word(std::string_view text, std::size_t limit) {
    std::string out;
    for (const char c : text.substr(0, limit)) out += c > ' ' && c <= '~' ? c : '_';
    return out.empty() ? "-" : out;
}

std::string parameter(std::string_view name, std::string_view text) {
    std::string out = " " + std::string(name) + "=\"";
    for (const char c : printable(text, 256)) {
        if (c == '"' || c == '\\' || c == ']') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string header(Severity severity, std::string_view time, const std::string& host, std::string_view id) {
    return "<" + std::to_string(facility_audit * 8 + severity) + ">1 " + std::string(time) + " " + word(host, longest_host) + " anteroom - " +
           word(id, longest_id) + " ";
}

Severity severity_of(std::string_view kind) {
    static constexpr std::string_view loud[] = {"alarm", "break-glass.used", "break-glass.overdue", "incident.opened", "clock.jumped", "target.key-changed"};
    if (std::find(std::begin(loud), std::end(loud), kind) != std::end(loud)) return critical;
    for (const auto ending : {"refused", "failed", "denied", "revoked", "terminated"})
        if (kind.ends_with(ending)) return warning;
    return kind.starts_with("policy.") || kind.starts_with("person.") || kind.starts_with("access.") ? notice : informational;
}

std::string text_at(const json::object& object, const char* key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

std::string syslog_message(const Event& event, const std::string& delivery, const std::string& host) {
    const auto severity = event.drill || event.loudness <= 0 ? informational : event.loudness == 1 ? warning : critical;
    std::string data = "[" + std::string(data_id) + parameter("delivery", delivery) + parameter("installation", event.installation);
    if (event.request != 0) data += parameter("request", std::to_string(event.request));
    if (!event.person.empty()) data += parameter("person", event.person);
    for (const auto& target : event.targets) data += parameter("target", target);
    return header(severity, rfc3339(event.time), host, event.event) + data + "] " + plain_body(event, delivery);
}

std::string syslog_message(std::string_view audit_line, const std::string& host) {
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(audit_line.data(), audit_line.size()), error);
    const json::object record = !error && value.is_object() ? value.get_object() : json::object();
    const auto kind = text_at(record, "kind"), time = text_at(record, "time");
    const auto* seq = record.if_contains("seq");
    if (kind.empty() || seq == nullptr || !seq->is_int64() || !parse_rfc3339(time))
        return header(critical, "-", host, "unreadable") + "- " + printable(audit_line, audit_line.size());
    std::string data = "[" + std::string(data_id) + parameter("seq", std::to_string(seq->get_int64())) + parameter("chain", text_at(record, "chain")) +
                       parameter("kind", kind);
    for (const char* key : {"person", "target", "session"})
        if (const auto text = text_at(record, key); !text.empty()) data += parameter(key, text);
    return header(severity_of(kind), time, host, kind) + data + "] " + std::string(audit_line);
}

std::string framed(std::string_view message) { return std::to_string(message.size()) + " " + std::string(message); }

}  // namespace anteroom::courier
