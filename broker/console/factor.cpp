// Fresh factors.
#include "broker/console/factor.h"

#include <boost/json.hpp>

#include <algorithm>

#include "base/base64url.h"
#include "broker/console/handlers.h"
#include "broker/console/reading.h"

namespace anteroom::console {

namespace json = boost::json;
using access::Challenges;

namespace {

constexpr std::size_t largest_part = 4096, largest_secret = 1024;
constexpr std::string_view never_signed[] = {"password", "code", "factor"};

void write(const json::value& value, std::string& out) {
    if (const auto* list = value.if_array()) {
        const char* comma = "";
        out += '[';
        for (const auto& item : *list) {
            out += std::exchange(comma, ",");
            write(item, out);
        }
        out += ']';
        return;
    }
    const auto* object = value.if_object();
    if (object == nullptr) {
        out += json::serialize(value);
        return;
    }
    std::vector<std::string_view> names;
    for (const auto& member : *object) names.push_back(member.key());
    std::sort(names.begin(), names.end());
    const char* comma = "";
    out += '{';
    for (const auto name : names) {
        out += std::exchange(comma, ",") + json::serialize(json::string(name)) + ":";
        write(object->at(name), out);
    }
    out += '}';
}

Result<std::string> text_in(const json::object& given, std::string_view name) {
    const auto* value = given.if_contains(name);
    if (value == nullptr || !value->is_string()) return fail(ErrorKind::invalid, "\"" + std::string(name) + "\" is to be a text");
    return std::string(value->get_string());
}

Result<access::SecondFactor> by_passkey(Call& call, const json::object& given) {
    auto answered = TRY(read_assertion(given));
    const auto& owner = call.person().str();
    if (!call.challenges.good(answered.nonce, Challenges::Purpose::decision, owner))
        return fail(ErrorKind::refused, "That took too long, or was used already. Please try once more.");
    auto expected = access::expected_of(call.here, {});
    const access::PasskeyProof proof{{call.person(), call.asked.method, call.asked.path, call.asked.if_match, canonical(call.body), answered.nonce},
                                     std::move(answered.assertion),
                                     expected.relying_party,
                                     expected.origin};
    auto proven = TRY(access::prove_passkey(call.here, call.person(), proof));
    if (!call.challenges.use(proof.decision.nonce, Challenges::Purpose::decision, owner))
        return fail(ErrorKind::refused, "Too much is going on right now. Please try in a moment.");
    return proven;
}

}  // namespace

std::string canonical(const json::object& body) {
    json::object signed_part = body;
    for (const auto name : never_signed) signed_part.erase(name);
    std::string out;
    write(signed_part, out);
    return out;
}

Result<Bytes> bytes_of(const json::object& given, std::string_view name, std::size_t most) {
    const auto text = TRY(text_in(given, name));
    auto bytes = from_base64url(text);
    if (!bytes || bytes->size() > most) return fail(ErrorKind::invalid, "\"" + std::string(name) + "\" is not as expected");
    return bytes;
}

Result<Secret> secret_of(const Call& call, std::string_view name) {
    const auto* value = call.body.if_contains(name);
    if (value == nullptr || !value->is_string()) return fail(ErrorKind::invalid, "\"" + std::string(name) + "\" is to be a text");
    if (value->get_string().size() > largest_secret) return fail(ErrorKind::invalid, "\"" + std::string(name) + "\" is too long");
    return Secret::copy_of(std::string_view(value->get_string()));
}

Result<Answered> read_assertion(const json::object& given) {
    for (const auto& member : given) {
        static constexpr std::string_view known[] = {"nonce", "id", "client_data", "authenticator_data", "signature", "user_handle"};
        if (std::find(std::begin(known), std::end(known), std::string_view(member.key())) == std::end(known))
            return fail(ErrorKind::invalid, "a passkey with a member that is not expected");
    }
    Answered answered;
    answered.nonce = TRY(bytes_of(given, "nonce", largest_part));
    answered.assertion.credential_id = TRY(bytes_of(given, "id", largest_part));
    answered.assertion.client_data = TRY(bytes_of(given, "client_data", largest_part));
    answered.assertion.authenticator_data = TRY(bytes_of(given, "authenticator_data", largest_part));
    answered.assertion.signature = TRY(bytes_of(given, "signature", largest_part));
    const auto* handle = given.if_contains("user_handle");
    if (handle != nullptr && !handle->is_null()) answered.assertion.user_handle = TRY(bytes_of(given, "user_handle", largest_part));
    return answered;
}

Result<access::SecondFactor> prove_factor(Call& call, const json::value* factor) {
    if (factor == nullptr) return fail(ErrorKind::refused, "This takes a fresh code or a passkey.");
    const auto* object = factor->if_object();
    if (object == nullptr || object->size() != 1) return fail(ErrorKind::invalid, "\"factor\" is to be a code or a passkey");
    if (const auto* code = object->if_contains("code")) {
        if (!code->is_string() || code->get_string().size() > largest_secret) return fail(ErrorKind::invalid, "\"code\" is to be a text");
        return access::prove_second_factor(call.here, call.person(), Secret::copy_of(std::string_view(code->get_string())));
    }
    const auto* passkey = object->if_contains("passkey");
    if (passkey == nullptr || !passkey->is_object()) return fail(ErrorKind::invalid, "\"factor\" is to be a code or a passkey");
    return by_passkey(call, passkey->get_object());
}

Result<json::object> passkey_request(const Call& call, const Bytes& nonce, const Bytes& challenge, const std::optional<PersonId>& allow) {
    json::array allowed;
    if (allow)
        for (const auto& passkey : TRY(call.here.passkeys.of(*allow))) allowed.push_back(json::object{{"id", base64url(passkey.credential_id)}});
    return json::object{{"nonce", base64url(nonce)},
                        {"challenge", base64url(challenge)},
                        {"rp_id", call.here.config.web.relying_party()},
                        {"timeout_ms", browser_timeout_ms},
                        {"allow", std::move(allowed)}};
}

Status audit_refused_factor(const Call& call, const std::string& what, const std::string& why) {
    const audit::Record record{
        audit::Kind::factor_used, call.person().str(), "", "", {{"outcome", "refused"}, {"factor", what}, {"why", why}, {"source", call.asked.source}}};
    return call.here.log->append_coalesced(call.person().str() + "|" + what + "|" + why, record);
}

Result<Answer> factor_options(Call& call) {
    access::Decision decision{
        call.person(), TRY(line_of(call, "method", 8)), TRY(line_of(call, "path", longest_path)), TRY(line_of(call, "if_match", 200, false)), "{}", {}};
    if (const auto* body = call.body.if_contains("body"); body != nullptr && !body->is_null()) {
        if (!body->is_object()) return fail(ErrorKind::invalid, "\"body\" is to be an object");
        decision.body = canonical(body->get_object());
    }
    if (TRY(call.here.passkeys.count(call.person())) == 0) return fail(ErrorKind::conflict, "You have no passkey.");
    decision.nonce = call.challenges.make(Challenges::Purpose::decision, call.person().str());
    Answer answer;
    answer.body = TRY(passkey_request(call, decision.nonce, access::challenge_of(decision), call.person()));
    return answer;
}

}  // namespace anteroom::console
