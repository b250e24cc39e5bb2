// From the fields to the challenge, from the challenge to the signature, from the path to the record.
#include "recorder/evidence/decisions.h"

#include <boost/json.hpp>

#include "base/base64url.h"
#include "base/crypto_cose.h"
#include "recorder/evidence/records.h"

namespace anteroom::evidence {

namespace {

namespace json = boost::json;

constexpr std::size_t flags_at = 32;
constexpr std::uint8_t present_and_verified = 0x01 | 0x04;  // WebAuthn section 6.1: UP, UV
constexpr std::string_view cut = "[cut:";

tl::unexpected<Error> wrong(std::string what) { return fail(ErrorKind::damaged, "its passkey's signature: " + std::move(what)); }

std::string text_in(const audit::Entry& entry, const std::string& name) {
    const auto found = entry.fields.find(name);
    return found == entry.fields.end() ? std::string() : found->second;
}
Result<Bytes> bytes_in(const audit::Entry& entry, const std::string& name) {
    auto bytes = from_base64url(text_in(entry, name));
    if (!bytes) return wrong(name + " is no base64url");
    return bytes;
}

Result<Bytes> body_in(const audit::Entry& entry) {
    std::string text = text_in(entry, "signed_body");
    for (int part = 2; entry.fields.contains("signed_body_" + std::to_string(part)); ++part) text += text_in(entry, "signed_body_" + std::to_string(part));
    auto body = from_base64url(text);
    if (!body) return wrong("signed_body is no base64url");
    return body;
}

void add_part(Bytes& out, View part) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(part.size() >> shift));
    out.insert(out.end(), part.begin(), part.end());
}

Result<std::string> challenge_of(const audit::Entry& entry) {
    Bytes text = to_bytes(view("anteroom decision v1"));
    for (const char* name : {"signed_person", "signed_method", "signed_path", "signed_if_match"}) add_part(text, view(text_in(entry, name)));
    add_part(text, TRY(body_in(entry)));
    add_part(text, TRY(bytes_in(entry, "signed_nonce")));
    return base64url(crypto::sha256(text));
}

Status check_client_data(View client_data, std::string_view challenge) {
    boost::system::error_code error;
    const auto value = json::parse(to_string(client_data), error);
    const auto* said = error ? nullptr : value.if_object();
    const auto is = [&](const char* name, std::string_view expected) {
        const auto* member = said->if_contains(name);
        return member != nullptr && member->is_string() && std::string_view(member->get_string()) == expected;
    };
    if (said == nullptr) return wrong("client_data is no JSON object");
    if (!is("type", "webauthn.get")) return wrong("it was not made to sign in or decide");
    if (!is("challenge", challenge)) return wrong("what was signed is not this decision");
    return ok();
}

Status check_signature(const audit::Entry& entry) {
    const auto client_data = TRY(bytes_in(entry, "client_data")), data = TRY(bytes_in(entry, "authenticator_data"));
    const auto challenge = TRY(challenge_of(entry));
    TRY(check_client_data(client_data, challenge));
    if (data.size() <= flags_at || (data[flags_at] & present_and_verified) != present_and_verified)
        return wrong("nobody was there, or nobody was asked who they are");
    const auto algorithm = text_in(entry, "algorithm");
    const std::int64_t number = algorithm == "-7" ? -7 : algorithm == "-8" ? -8 : algorithm == "-257" ? -257 : 0;
    Bytes message = data;
    const auto hash = crypto::sha256(client_data);
    message.insert(message.end(), hash.begin(), hash.end());
    const auto verified = crypto::cose_verify(number, TRY(bytes_in(entry, "public_key")), message, TRY(bytes_in(entry, "signature")));
    return verified ? ok() : Status(wrong(verified.error().detail));
}

// What the path names, and the record: "/api/requests/12/approve", "/api/recordings/0123456789abcdef/export".
Status check_subject(const audit::Entry& entry) {
    constexpr std::string_view api = "/api/";
    const auto path = text_in(entry, "signed_path");
    if (who(entry) != text_in(entry, "signed_person")) return wrong("it is of " + text_in(entry, "signed_person") + ", the record is of " + who(entry));
    const auto rest = std::string_view(path).substr(std::min(path.size(), api.size()));
    const auto kind = rest.substr(0, rest.find('/'));
    const auto behind = rest.substr(std::min(rest.size(), kind.size() + 1));
    const auto id = behind.substr(0, behind.find('/'));
    const bool request = kind == "requests" || kind == "emergencies", session = kind == "sessions" || kind == "recordings";
    const auto own = request ? text_in(entry, "request") : session ? entry.session : std::string(id);
    return behind.size() == id.size() || own == id ? ok() : Status(wrong("it is for " + path + ", the record is about " + own));
}

}  // namespace

bool is_signed_decision(const audit::Entry& entry) {
    if (text_in(entry, "factor") != "passkey" || !entry.fields.contains("signed_path")) return false;
    for (const auto& [name, value] : entry.fields)
        if (is_proof_field(name) && value.find(cut) != std::string::npos) return false;
    return true;
}

Status check_decision(const audit::Entry& entry) {
    TRY(check_signature(entry));
    return check_subject(entry);
}

}  // namespace anteroom::evidence
