// AdminPeer: one administrative command on the admin socket. It is carried out at once; the answer's rows are queued and
// leave as fast as the command line takes them.
#pragma once

#include <deque>

#include "broker/admin/admin.h"
#include "broker/daemon/peer.h"

namespace anteroom::daemon {

class AdminPeer final : public Peer {
public:
    AdminPeer(boost::asio::io_context& io, control::Link link, installation::Installation& here, admin::Live& live, admin::Caller caller)
        : Peer(io, std::move(link)), here_(here), live_(live), caller_(std::move(caller)), writable_(io) {}

protected:
    Status handle(control::Packet packet) override;
    void gone(const Error&) override {}

private:
    struct Outgoing {
        std::string row;
        std::optional<control::AdminRecording> recording;
        Fd file;
        std::optional<control::AdminDone> done;
        std::optional<control::AdminIndex> index = {};  // `file` goes with it
    };
    void flush();
    Status send(Outgoing& next);

    installation::Installation& here_;
    admin::Live& live_;
    admin::Caller caller_;
    std::deque<Outgoing> outgoing_;
    boost::asio::posix::stream_descriptor writable_;
};

}  // namespace anteroom::daemon
