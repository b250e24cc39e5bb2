// Peer: one conversation of the broker over a control channel, driven by the event loop. A message that the table does not
// permit, or that its handler refuses, ends the conversation; nothing else does but the peer's own end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>

#include "broker/control/link.h"

namespace anteroom::daemon {

class Peer : public std::enable_shared_from_this<Peer> {
public:
    Peer(boost::asio::io_context& io, control::Link link);
    virtual ~Peer();
    Peer(const Peer&) = delete;

    void start();
    void close();
    bool is_open() const { return static_cast<bool>(link_); }

protected:
    // An error ends the conversation; its detail goes to the log.
    virtual Status handle(control::Packet packet) = 0;
    // Called once, after the channel is closed, unless close() was called.
    virtual void gone(const Error& why) = 0;

    // Sends, and ends the conversation where that fails.
    template <class Message>
    bool say(const Message& message, std::span<const int> fds = {}) {
        if (!link_) return false;
        auto sent = link_.send(message, fds);
        if (!sent) fail_soon(sent.error());
        return sent.has_value();
    }
    void fail_soon(Error why);

    boost::asio::io_context& io_;
    control::Link link_;

private:
    void wait();
    void drain();
    void lose(const Error& why);

    boost::asio::posix::stream_descriptor descriptor_;
    bool lost_ = false, failed_ = false;
};

}  // namespace anteroom::daemon
