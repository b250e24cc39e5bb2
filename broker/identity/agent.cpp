// Messages 11 to 14 of draft-miller-ssh-agent; every other request is answered with SSH_AGENT_FAILURE.
#include "broker/identity/agent.h"

#include <algorithm>

#include "broker/identity/ssh_wire.h"
#include "broker/identity/user_auth.h"

namespace anteroom::identity {
namespace {

enum : std::uint8_t { failure = 5, request_identities = 11, identities_answer = 12, sign_request = 13, sign_response = 14 };
constexpr std::uint32_t flag_rsa_sha2_256 = 2, flag_rsa_sha2_512 = 4;

Status refuse(const char* why) { return fail(ErrorKind::refused, why); }

Bytes list(const AgentIdentity& identity) {
    SshWriter writer;
    writer.byte(identities_answer).u32(1).string(identity.key.public_blob()).string(identity.comment);
    return writer.take();
}

Status check_algorithm(const PublicKey& key, const std::string& algorithm, std::uint32_t flags) {
    if (!key.signs_with(algorithm)) return refuse("the request names an algorithm that this key does not sign with");
    if (key.type() != KeyType::rsa) return ok();
    auto needed = algorithm == "rsa-sha2-512" ? flag_rsa_sha2_512 : flag_rsa_sha2_256;
    auto chosen = flags & (flag_rsa_sha2_256 | flag_rsa_sha2_512);
    return chosen == needed ? ok() : refuse("the flags ask for another algorithm than the request");
}

Status check_request(const UserAuthRequest& request, const AgentIdentity& identity, const AgentUse& use) {
    if (request.user != identity.user) return refuse("the request is for another user");
    if (request.service != "ssh-connection") return refuse("the request is for another service");
    if (request.method != "publickey" && request.method != hostbound_method) return refuse("the request is for another method");
    if (request.key_blob != identity.key.public_blob()) return refuse("the request names another key");
    if (request.host_key && !identity.host_keys.empty() && std::ranges::find(identity.host_keys, *request.host_key) == identity.host_keys.end())
        return refuse("the request names a host key that is not the target's");
    if (use.session_id.empty()) return refuse("the target has not proven its session");
    if (use.session_id != request.session_id) return refuse("the request belongs to another SSH session");
    return ok();
}

Result<Bytes> sign(SshReader& reader, const AgentIdentity& identity, AgentUse& use) {
    auto blob = TRY(reader.string());
    auto data = TRY(reader.string());
    auto flags = TRY(reader.u32());
    TRY(reader.finished());
    if (to_bytes(blob) != identity.key.public_blob()) return fail(ErrorKind::refused, "the agent holds no such key");
    auto request = TRY(parse_user_auth(data));
    TRY(check_request(request, identity, use));
    TRY(check_algorithm(identity.key.public_key(), request.algorithm, flags));
    if (use.signatures >= max_agent_signatures) return fail(ErrorKind::refused, "the key has signed often enough for one connection");
    // Counted before signing: an error on the way must not refund a signature.
    ++use.signatures;
    auto signature = TRY(identity.key.sign(data, request.algorithm));
    SshWriter writer;
    writer.byte(sign_response).string(signature);
    return writer.take();
}

}  // namespace

AgentAnswer agent_answer(View request, const AgentIdentity& identity, AgentUse& use) {
    SshReader reader(request);
    auto type = reader.byte();
    if (type && *type == request_identities && reader.finished()) return {.message = list(identity), .refusal = {}};
    if (!type || *type != sign_request) return {.message = {failure}, .refusal = "the agent knows no such request"};
    auto response = sign(reader, identity, use);
    if (!response) return {.message = {failure}, .refusal = response.error().detail};
    return {.message = std::move(*response), .refusal = {}, .is_signature = true};
}

Bytes agent_frame(View message) {
    SshWriter writer;
    writer.string(message);
    return writer.take();
}

Status AgentStream::append(View bytes) {
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(std::exchange(read_, 0)));
    // One message may wait whole while the next begins; a peer that sends more without reading answers is refused.
    if (pending_.size() + bytes.size() > 2 * (max_agent_message + 4)) return fail(ErrorKind::refused, "too many agent requests at once");
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    return ok();
}

Result<std::optional<Bytes>> AgentStream::next() {
    SshReader reader(View(pending_).subspan(read_));
    if (reader.rest().size() < 4) return std::optional<Bytes>();
    auto size = TRY(reader.u32());
    if (size == 0 || size > max_agent_message) return fail(ErrorKind::invalid, "an agent message has an impossible length");
    if (reader.rest().size() < size) return std::optional<Bytes>();
    read_ += 4 + size;
    return std::optional<Bytes>(to_bytes(reader.rest().first(size)));
}

}  // namespace anteroom::identity
