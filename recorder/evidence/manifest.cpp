// One form each: what is read is written again and compared, so that nothing can stand there which nobody looks at.
#include "recorder/evidence/manifest.h"

#include <boost/json.hpp>

#include <algorithm>

namespace anteroom::evidence {

namespace {

namespace json = boost::json;

constexpr std::string_view type = "anteroom-evidence-bundle", label = "anteroom-evidence-manifest-v1\n";

class Object {  // reads members; the first that is missing or of another type is kept as the error
public:
    explicit Object(const json::value* value) : object_(value != nullptr ? value->if_object() : nullptr) {}

    const json::value* at(std::string_view name) {
        const auto* found = object_ != nullptr ? object_->if_contains(name) : nullptr;
        if (found == nullptr && wrong_.empty()) wrong_ = name;
        return found;
    }
    std::string text(std::string_view name) {
        const auto* value = at(name);
        if (value != nullptr && value->is_string()) return std::string(value->get_string());
        return miss(name), std::string();
    }
    template <class Number>
    Number number(std::string_view name) {
        const auto* value = at(name);
        if (value != nullptr && value->is_int64() && value->get_int64() >= 0) return static_cast<Number>(value->get_int64());
        return miss(name), Number{};
    }
    crypto::Digest digest(std::string_view name) {
        crypto::Digest out{};
        const auto bytes = from_hex(text(name));
        if (bytes && bytes->size() == out.size()) std::copy(bytes->begin(), bytes->end(), out.begin());
        else miss(name);
        return out;
    }
    const json::array& list(std::string_view name) {
        static const json::array none;
        const auto* value = at(name);
        if (value != nullptr && value->is_array()) return value->get_array();
        return miss(name), none;
    }
    Status status() const { return wrong_.empty() ? ok() : Status(fail(ErrorKind::damaged, "it has no good \"" + wrong_ + "\"")); }

private:
    void miss(std::string_view name) {
        if (wrong_.empty()) wrong_ = name;
    }
    const json::object* object_;
    std::string wrong_;
};

Result<json::value> parsed(std::string_view text) {
    boost::system::error_code error;
    auto value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !value.is_object()) return fail(ErrorKind::damaged, "it is not a JSON object");
    return value;
}

json::object row_of(const char* use, const Bytes& key) {
    return {{"use", use}, {"algorithm", "ed25519"}, {"sha256", hex(crypto::sha256(key))}, {"public_key", base64(key)}};
}

Result<RecordingFacts> recording_in(const json::value* value) {
    Object object(value);
    RecordingFacts out;
    out.size = object.number<std::uint64_t>("size");
    out.header = object.digest("header");
    out.pieces = object.number<std::uint64_t>("pieces");
    out.pieces_end = object.number<std::uint64_t>("pieces_end");
    out.root = object.digest("root");
    out.end = object.digest("end");
    TRY(object.status());
    return out;
}

Result<HashedMember> member_in(const json::value& value) {
    Object object(&value);
    HashedMember out{object.text("name"), object.number<std::uint64_t>("size"), object.digest("sha256")};
    TRY(object.status());
    return out;
}

Status audit_in(const json::value* value, Manifest& out) {
    Object object(value);
    out.chain = object.text("chain");
    out.records = object.number<std::int64_t>("records");
    for (const auto& pair : object.list("runs")) {
        const auto* numbers = pair.if_array();
        if (numbers == nullptr || numbers->size() != 2 || !numbers->at(0).is_int64() || !numbers->at(1).is_int64())
            return fail(ErrorKind::damaged, "one of its runs is no pair of numbers");
        out.runs.push_back({numbers->at(0).get_int64(), numbers->at(1).get_int64()});
    }
    Object head(object.at("head"));
    TRY(object.status());
    out.head_seq = head.number<std::int64_t>("seq");
    out.head = head.text("hash");
    return head.status();
}

}  // namespace

std::string encode(const Manifest& m) {
    json::array hashed, runs;
    for (const auto& one : m.members) hashed.push_back({{"name", one.name}, {"size", one.size}, {"sha256", hex(one.sha256)}});
    for (const auto& run : m.runs) runs.push_back(json::array{run.first, run.last});
    const auto& r = m.recording;
    const json::object out{
        {"type", type},
        {"version", 1},
        {"session", m.session},
        {"exported", rfc3339(m.exported)},
        {"exporter", m.exporter},
        {"zone", m.zone},
        {"recording",
         {{"size", r.size}, {"header", hex(r.header)}, {"pieces", r.pieces}, {"pieces_end", r.pieces_end}, {"root", hex(r.root)}, {"end", hex(r.end)}}},
        {"members", std::move(hashed)},
        {"audit", {{"chain", m.chain}, {"records", m.records}, {"runs", std::move(runs)}, {"head", {{"seq", m.head_seq}, {"hash", m.head}}}}}};
    return json::serialize(out) + "\n";
}

Result<Manifest> decode_manifest(std::string_view text) {
    const auto value = TRY(parsed(text));
    Object object(&value);
    Manifest out;
    if (object.text("type") != type || object.number<int>("version") != 1) return fail(ErrorKind::damaged, "it is no manifest of version 1");
    out.session = object.text("session");
    const auto exported = parse_rfc3339(object.text("exported"));
    if (!exported) return fail(ErrorKind::damaged, "it has no good \"exported\"");
    out.exported = *exported;
    out.exporter = object.text("exporter");
    out.zone = object.text("zone");
    out.recording = TRY(recording_in(object.at("recording")));
    for (const auto& one : object.list("members")) out.members.push_back(TRY(member_in(one)));
    TRY(audit_in(object.at("audit"), out));
    if (!in_order(out.runs)) return fail(ErrorKind::damaged, "its runs are not in order");
    TRY(object.status());
    const auto same = [](const HashedMember& one, std::string_view name) { return one.name == name; };
    if (!std::equal(out.members.begin(), out.members.end(), std::begin(hashed_members), std::end(hashed_members), same))
        return fail(ErrorKind::damaged, "it does not name the members of a bundle");
    if (encode(out) != text) return fail(ErrorKind::damaged, "it is not in the form that the broker writes");
    return out;
}

Result<std::string> sign(std::string_view manifest_text, View audit_seed) {
    const auto signature = TRY(crypto::ed25519_sign(audit_seed, view(std::string(label) + std::string(manifest_text))));
    return base64(signature) + "\n";
}

bool signature_holds(std::string_view manifest_text, std::string_view signature_text, View audit_public) {
    if (!signature_text.ends_with('\n')) return false;
    const auto signature = from_base64(signature_text.substr(0, signature_text.size() - 1));
    return signature && crypto::ed25519_verify(audit_public, view(std::string(label) + std::string(manifest_text)), *signature);
}

std::string encode(const Keys& keys) {
    const json::array list{row_of("audit signer", keys.audit), row_of("recording signer", keys.recording)};
    return json::serialize(json::object{{"version", 1}, {"keys", list}}) + "\n";
}

Result<Keys> decode_keys(std::string_view text) {
    const auto value = TRY(parsed(text));
    Object object(&value);
    Keys out;
    for (const auto& row : object.list("keys")) {
        Object key(&row);
        auto bytes = from_base64(key.text("public_key"));
        if (!bytes || bytes->size() != 32) return fail(ErrorKind::damaged, "one of its keys is no Ed25519 key");
        (key.text("use") == "audit signer" ? out.audit : out.recording) = std::move(*bytes);
    }
    if (out.audit.empty() || out.recording.empty() || encode(out) != text) return fail(ErrorKind::damaged, "it is not in the form that the broker writes");
    return out;
}

}  // namespace anteroom::evidence
