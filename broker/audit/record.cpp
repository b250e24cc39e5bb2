// The canonical text of a record.
#include "broker/audit/record.h"

#include <boost/json.hpp>

namespace anteroom::audit {

namespace {

namespace json = boost::json;

std::string cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return printable(text, limit);
    return printable(text.substr(0, limit), limit) + "[cut: " + std::to_string(text.size()) + " bytes]";
}

std::string quoted(std::string_view text) { return json::serialize(json::string(text)); }

Fields cut_fields(const Fields& fields) {
    Fields out;
    std::size_t left_out = 0;
    for (const auto& [name, value] : fields) {
        if (out.size() < field_limit) out.insert_or_assign(cut(name, name_limit), cut(value, value_limit));
        else ++left_out;
    }
    if (left_out != 0) out["cut"] = std::to_string(left_out) + " fields";
    return out;
}

Result<std::string> text_at(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (!value || !value->is_string()) return fail(ErrorKind::damaged, "no text \"" + std::string(name) + "\"");
    return std::string(value->as_string());
}

Result<Entry> entry_from(const json::object& object) {
    Entry entry;
    entry.chain = TRY(text_at(object, "chain"));
    const auto* seq = object.if_contains("seq");
    if (!seq || !seq->is_int64()) return fail(ErrorKind::damaged, "no number \"seq\"");
    entry.seq = seq->as_int64();
    const auto time = TRY(text_at(object, "time"));
    entry.time = TRY(parse_rfc3339(time));
    if (object.contains("wall")) {
        const auto wall = TRY(text_at(object, "wall"));
        entry.wall = TRY(parse_rfc3339(wall));
    }
    entry.kind = TRY(text_at(object, "kind"));
    entry.person = TRY(text_at(object, "person"));
    entry.target = TRY(text_at(object, "target"));
    entry.session = TRY(text_at(object, "session"));
    const auto* fields = object.if_contains("fields");
    if (!fields || !fields->is_object()) return fail(ErrorKind::damaged, "no object \"fields\"");
    for (const auto& [name, value] : fields->as_object()) {
        if (!value.is_string()) return fail(ErrorKind::damaged, "a field that is not a text");
        entry.fields.emplace(name, value.as_string());
    }
    return entry;
}

}  // namespace

Entry entry_of(const Record& record, std::string_view chain, std::int64_t seq, Time time, std::optional<Time> wall) {
    return {.chain = std::string(chain),
            .seq = seq,
            .time = time,
            .wall = wall,
            .kind = std::string(name_of(record.kind)),
            .person = cut(record.person, value_limit),
            .target = cut(record.target, value_limit),
            .session = cut(record.session, value_limit),
            .fields = cut_fields(record.fields)};
}

std::string body_of(const Entry& entry) {
    std::string out = "{\"chain\":" + quoted(entry.chain) + ",\"seq\":" + std::to_string(entry.seq) + ",\"time\":" + quoted(rfc3339(entry.time));
    if (entry.wall) out += ",\"wall\":" + quoted(rfc3339(*entry.wall));
    out += ",\"kind\":" + quoted(entry.kind) + ",\"person\":" + quoted(entry.person) + ",\"target\":" + quoted(entry.target) +
           ",\"session\":" + quoted(entry.session) + ",\"fields\":{";
    const char* comma = "";
    for (const auto& [name, value] : entry.fields) {
        out += comma + quoted(name) + ":" + quoted(value);
        comma = ",";
    }
    return out + "}}";
}

Result<Entry> parse_body(std::string_view body) {
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(body.data(), body.size()), error);
    if (error || !value.is_object()) return fail(ErrorKind::damaged, "its text is not a JSON object");
    auto entry = entry_from(value.as_object());
    if (!entry) return fail(ErrorKind::damaged, "its text has " + entry.error().detail);
    if (body_of(*entry) != body) return fail(ErrorKind::damaged, "its text is not in canonical form");
    return entry;
}

crypto::Digest hash_of(View previous, std::string_view body) {
    crypto::Sha256 hash;
    hash.update(view("anteroom-audit-v1"));
    hash.update(previous);
    hash.update(view(body));
    return hash.finish();
}

std::string line_of(std::string_view body, std::string_view hash_base64) {
    if (!body.ends_with('}')) return std::string(body);
    return std::string(body.substr(0, body.size() - 1)) + ",\"hash\":\"" + std::string(hash_base64) + "\"}";
}

}  // namespace anteroom::audit
