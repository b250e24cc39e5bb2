// The broker's side of the SSH agent protocol (draft-miller-ssh-agent), for one sign-on at one target. It is no general
// agent: it signs only a request to sign on as the expected user with its one key, in the one session that the target has proven, a few times.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/identity/private_key.h"

namespace anteroom::identity {

inline constexpr std::size_t max_agent_message = 64 * 1024;

struct AgentIdentity {
    const PrivateKey& key;
    std::string comment;
    std::string user;              // the account on the target
    std::vector<Bytes> host_keys;  // the target's pinned key blobs: a hostbound request must name one of them. Empty: not compared
};

// One for each connection to a target. Nothing is signed before `session_id` is set, and nothing for another session.
struct AgentUse {
    unsigned signatures = 0;
    Bytes session_id;  // the one that the target's host key has proven (host_proof.h)
};
inline constexpr unsigned max_agent_signatures = 3;

struct AgentAnswer {
    Bytes message;        // without its length prefix; SSH_AGENT_FAILURE when refused
    std::string refusal;  // for the audit; empty when answered
    bool is_signature = false;
};
// `request` is one message without its length prefix.
AgentAnswer agent_answer(View request, const AgentIdentity& identity, AgentUse& use);
Bytes agent_frame(View message);  // puts the length in front

// Collects a stream of bytes and yields whole messages. After an error the stream is of no further use.
class AgentStream {
public:
    Status append(View bytes);
    Result<std::optional<Bytes>> next();  // without the length prefix

private:
    Bytes pending_;
    std::size_t read_ = 0;
};

}  // namespace anteroom::identity
