// One request at a time: read, judge, write.
#include "broker/daemon/agent_server.h"

#include <boost/asio/write.hpp>
#include <sys/socket.h>

namespace anteroom::daemon {

using boost::system::error_code;

AgentServer::AgentServer(boost::asio::io_context& io, identity::PrivateKey key, std::string user, std::vector<Bytes> host_keys, Note note)
    : socket_(io), key_(std::move(key)), identity_{key_, "anteroom", std::move(user), std::move(host_keys)}, note_(std::move(note)) {}

Result<std::pair<std::shared_ptr<AgentServer>, Fd>> AgentServer::make(boost::asio::io_context& io, identity::PrivateKey key, std::string user,
                                                                      std::vector<Bytes> host_keys, Note note) {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return fail_errno("socketpair");
    Fd theirs(fds[1]);
    auto server = std::shared_ptr<AgentServer>(new AgentServer(io, std::move(key), std::move(user), std::move(host_keys), std::move(note)));
    server->socket_.assign(boost::asio::local::stream_protocol(), fds[0]);
    return std::pair(std::move(server), std::move(theirs));
}

void AgentServer::start(Bytes session_id) {
    if (std::exchange(started_, true)) return;
    use_.session_id = std::move(session_id);
    read();
}

void AgentServer::stop() {
    error_code ignored;
    note_ = nullptr;
    if (socket_.is_open()) (void)socket_.close(ignored);
}

void AgentServer::read() {
    socket_.async_read_some(boost::asio::buffer(buffer_), [self = shared_from_this()](const error_code& error, std::size_t size) {
        if (error || !self->stream_.append(View(self->buffer_).first(size))) return self->stop();
        self->answer();
    });
}

void AgentServer::answer() {
    auto request = stream_.next();
    if (!request) return stop();
    if (!*request) return read();
    const auto answered = identity::agent_answer(**request, identity_, use_);
    if (note_ && (answered.is_signature || !answered.refusal.empty())) note_(answered.refusal);
    outgoing_ = identity::agent_frame(answered.message);
    boost::asio::async_write(socket_, boost::asio::buffer(outgoing_), [self = shared_from_this()](const error_code& error, std::size_t) {
        if (error) return self->stop();
        self->answer();
    });
}

}  // namespace anteroom::daemon
