// AgentServer: answers for one target account's private key, on one stream, to one worker (the agent protocol). The key
// stays here; what may be signed, and how often, is identity::agent_answer's to say.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <functional>
#include <memory>

#include "base/fd.h"
#include "broker/identity/agent.h"

namespace anteroom::daemon {

class AgentServer : public std::enable_shared_from_this<AgentServer> {
public:
    // Called for each signature (empty) and each refusal (why).
    using Note = std::function<void(const std::string& refusal)>;
    // The worker's end of the stream; nothing is answered before start(), and signed only for the session that start() names.
    static Result<std::pair<std::shared_ptr<AgentServer>, Fd>> make(boost::asio::io_context& io, identity::PrivateKey key, std::string user,
                                                                    std::vector<Bytes> host_keys, Note note);
    void start(Bytes session_id);
    void stop();

private:
    AgentServer(boost::asio::io_context& io, identity::PrivateKey key, std::string user, std::vector<Bytes> host_keys, Note note);
    void read();
    void answer();

    boost::asio::local::stream_protocol::socket socket_;
    identity::PrivateKey key_;
    identity::AgentIdentity identity_;
    identity::AgentUse use_;
    identity::AgentStream stream_;
    Note note_;
    std::array<std::uint8_t, 4096> buffer_{};
    Bytes outgoing_;
    bool started_ = false;
};

}  // namespace anteroom::daemon
