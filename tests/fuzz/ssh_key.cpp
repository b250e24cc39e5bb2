// SSH keys, signatures, signed requests and agent messages on arbitrary bytes: they are judged without a crash, what parses is canonical,
// and no forged signature is believed. The first byte chooses the parser.
// Links: base identity
#include <cstdlib>

#include "broker/identity/agent.h"
#include "broker/identity/user_auth.h"
#include "broker/identity/user_name.h"

namespace {

using namespace anteroom;
using namespace anteroom::identity;

const PrivateKey& key_of(PrivateKey::Kind kind) {
    static const auto ed25519 = PrivateKey::generate(PrivateKey::Kind::ed25519).value();
    static const auto ecdsa = PrivateKey::generate(PrivateKey::Kind::ecdsa_p256).value();
    return kind == PrivateKey::Kind::ed25519 ? ed25519 : ecdsa;
}

void must(bool holds) {
    if (!holds) std::abort();
}

void signed_request(View input, PrivateKey::Kind kind) {
    const auto& key = key_of(kind).public_key();
    must(!verify(key, key.algorithm(), view("data"), input));
    auto request = parse_user_auth(input);
    if (request) must(encode_user_auth(*request) == to_bytes(input));
    const Bytes session(32, 1);
    must(!verify_user_auth({.session_id = session, .user = "dana", .key = key, .algorithm = key.algorithm()}, input, input));
}

void agent(View input) {
    AgentIdentity identity{.key = key_of(PrivateKey::Kind::ed25519), .comment = "c", .user = "service", .host_keys = {}};
    AgentUse use;
    auto answer = agent_answer(input, identity, use);
    must(!answer.message.empty() && answer.refusal.empty() == (answer.message[0] != 5));
    AgentStream stream;
    if (!stream.append(input)) return;
    for (auto message = stream.next(); message && *message; message = stream.next()) (void)agent_answer(**message, identity, use);
    must(use.signatures <= max_agent_signatures);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    View input(data + 1, size - 1);
    switch (data[0] % 7) {
        case 0:
            if (auto key = PublicKey::parse_blob(input))
                must(key->blob() == to_bytes(input) && PublicKey::parse_openssh_line(key->openssh_line()).value() == *key);
            break;
        case 1:
            if (auto key = PublicKey::parse_openssh_line(to_string(input))) must(PublicKey::parse_blob(key->blob()).value() == *key);
            break;
        case 2: signed_request(input, PrivateKey::Kind::ed25519); break;
        case 3: signed_request(input, PrivateKey::Kind::ecdsa_p256); break;
        case 4: agent(input); break;
        case 5: (void)PrivateKey::parse(Secret::copy_of(input)); break;
        default: (void)parse_user_name(to_string(input)); break;
    }
    return 0;
}
