// Waiting for messages and handing them on, one at a time.
#include "broker/daemon/peer.h"

#include <boost/asio/post.hpp>

namespace anteroom::daemon {

namespace {
constexpr int messages_a_turn = 16;
}

Peer::Peer(boost::asio::io_context& io, control::Link link) : io_(io), link_(std::move(link)), descriptor_(io) {}

Peer::~Peer() {
    if (descriptor_.is_open()) descriptor_.release();
}

void Peer::start() {
    if (auto set = set_nonblocking(link_.fd()); !set) return fail_soon(set.error());
    descriptor_.assign(link_.fd());
    wait();
}

void Peer::wait() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->drain();
    });
}

// A few messages a turn: one peer that talks without end does not keep the loop from the others.
void Peer::drain() {
    for (int turn = 0; link_ && !failed_; ++turn) {
        if (turn == messages_a_turn) return boost::asio::post(io_, [self = shared_from_this()] { self->drain(); });
        auto packet = link_.receive();
        if (!packet && packet.error().kind == ErrorKind::timeout) return wait();
        if (!packet) return lose(packet.error());
        if (auto handled = handle(std::move(*packet)); !handled) return lose(handled.error());
    }
}

void Peer::close() {
    lost_ = true;
    if (descriptor_.is_open()) descriptor_.release();
    link_.close();
}

void Peer::lose(const Error& why) {
    if (lost_) return;
    close();
    gone(why);
}

void Peer::fail_soon(Error why) {
    failed_ = true;
    boost::asio::post(io_, [self = shared_from_this(), why = std::move(why)] { self->lose(why); });
}

}  // namespace anteroom::daemon
