// RFC 4252 section 7: string session id, byte 50, string user, string service, string method, TRUE, string algorithm, string key.
#include "broker/identity/user_auth.h"

#include "broker/identity/ssh_wire.h"

namespace anteroom::identity {
namespace {

constexpr std::uint8_t userauth_request = 50;

Status differs(const char* field) { return fail(ErrorKind::refused, std::string("the signed request names another ") + field); }

}  // namespace

Result<UserAuthRequest> parse_user_auth(View signed_data) {
    SshReader reader(signed_data);
    UserAuthRequest request;
    request.session_id = to_bytes(TRY(reader.string()));
    if (request.session_id.size() < 20 || request.session_id.size() > 64) return fail(ErrorKind::invalid, "the signed request has no session id");
    if (TRY(reader.byte()) != userauth_request) return fail(ErrorKind::invalid, "the signed data is no request to sign on");
    request.user = TRY(reader.text());
    request.service = TRY(reader.text(64));
    request.method = TRY(reader.text(64));
    if (!TRY(reader.boolean())) return fail(ErrorKind::invalid, "the signed request says that it is not signed");
    request.algorithm = TRY(reader.text(64));
    auto key_blob = TRY(reader.string());
    if (key_blob.size() > max_key_blob) return fail(ErrorKind::invalid, "the signed request's key is too long");
    request.key_blob = to_bytes(key_blob);
    if (request.method == hostbound_method) {
        auto host_key = TRY(reader.string());
        if (host_key.size() > max_key_blob) return fail(ErrorKind::invalid, "the signed request's host key is too long");
        request.host_key = to_bytes(host_key);
    }
    TRY(reader.finished());
    return request;
}

Bytes encode_user_auth(const UserAuthRequest& request) {
    SshWriter writer;
    writer.string(request.session_id).byte(userauth_request).string(request.user).string(request.service).string(request.method);
    writer.boolean(true).string(request.algorithm).string(request.key_blob);
    if (request.host_key) writer.string(*request.host_key);
    return writer.take();
}

Result<SignatureFacts> verify_user_auth(const UserAuthExpected& expected, View signed_data, View signature_blob) {
    auto request = TRY(parse_user_auth(signed_data));
    if (expected.session_id.empty() || !equal_in_constant_time(request.session_id, expected.session_id)) TRY(differs("session"));
    if (request.user != expected.user) TRY(differs("user name"));
    if (request.service != "ssh-connection") TRY(differs("service"));
    if (request.method != "publickey") TRY(differs("method"));
    if (request.algorithm != expected.algorithm) TRY(differs("algorithm"));
    if (request.key_blob != expected.key.blob()) TRY(differs("key"));
    return verify(expected.key, expected.algorithm, signed_data, signature_blob);
}

}  // namespace anteroom::identity
