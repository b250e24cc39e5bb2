// Checkpoints: what is signed, and the document.
#include "broker/audit/checkpoint.h"

#include <boost/json.hpp>

#include <map>

namespace anteroom::audit {

namespace {

namespace json = boost::json;
constexpr std::string_view document_type = "anteroom-audit-checkpoint";

std::string signed_text(const Checkpoint& c) {
    return "anteroom-audit-checkpoint-v1\n" + c.chain + "\n" + std::to_string(c.seq) + "\n" + c.head + "\n" + rfc3339(c.time) + "\n";
}

}  // namespace

std::string key_id_of(View public_key) { return hex(View(crypto::sha256(public_key)).first(8)); }

Result<Checkpoint> sign_checkpoint(View seed, std::string chain, std::int64_t seq, std::string head, Time time) {
    Checkpoint checkpoint{.chain = std::move(chain), .seq = seq, .head = std::move(head), .time = time, .key_id = {}, .signature = {}};
    checkpoint.key_id = key_id_of(TRY(crypto::ed25519_public_of(seed)));
    checkpoint.signature = TRY(crypto::ed25519_sign(seed, view(signed_text(checkpoint))));
    return checkpoint;
}

bool signed_by(const Checkpoint& checkpoint, View public_key) {
    return checkpoint.key_id == key_id_of(public_key) && crypto::ed25519_verify(public_key, view(signed_text(checkpoint)), checkpoint.signature);
}

std::string checkpoint_document(const Checkpoint& c, View public_key) {
    const auto member = [](const char* name, std::string_view value) { return "  \"" + std::string(name) + "\": " + json::serialize(json::string(value)); };
    return "{\n" + member("type", document_type) + ",\n  \"version\": 1,\n" + member("chain", c.chain) + ",\n  \"seq\": " + std::to_string(c.seq) + ",\n" +
           member("head", c.head) + ",\n" + member("time", rfc3339(c.time)) + ",\n" + member("key", c.key_id) + ",\n" +
           member("public_key", base64(public_key)) + ",\n" + member("signature", base64(c.signature)) + "\n}\n";
}

Result<Checkpoint> parse_checkpoint_document(std::string_view text) {
    const auto bad = [](const std::string& why) { return fail(ErrorKind::invalid, "not a checkpoint of the audit log: " + why); };
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !value.is_object()) return bad("it is not a JSON object");
    const auto& object = value.as_object();
    std::map<std::string, std::string> texts;
    for (const char* name : {"type", "chain", "head", "time", "key", "signature"}) {
        const auto* member = object.if_contains(name);
        if (!member || !member->is_string()) return bad("it has no text \"" + std::string(name) + "\"");
        texts[name] = std::string(member->as_string());
    }
    const auto* version = object.if_contains("version");
    const auto* seq = object.if_contains("seq");
    if (texts["type"] != document_type || !version || *version != json::value(1)) return bad("its type or version is another");
    if (!seq || !seq->is_int64() || seq->as_int64() < 1) return bad("it has no number \"seq\"");
    Checkpoint checkpoint;
    checkpoint.chain = texts["chain"];
    checkpoint.seq = seq->as_int64();
    checkpoint.head = texts["head"];
    checkpoint.time = TRY(parse_rfc3339(texts["time"]));
    checkpoint.key_id = texts["key"];
    checkpoint.signature = TRY(from_base64(texts["signature"]));
    return checkpoint;
}

}  // namespace anteroom::audit
