// Link: one end of a control channel. Sends and receives whole messages with their descriptors; checks each received one
// against the table before anybody sees it. Any violation is an error, and the owner ends the peer.
#pragma once

#include <memory>

#include "base/fd.h"
#include "base/wire.h"
#include "broker/control/protocol.h"

namespace anteroom::control {

inline constexpr std::size_t max_message = 160 * 1024;

struct Packet {
    std::uint8_t number = 0;
    Bytes body;
    std::vector<Fd> fds;

    Packet() = default;
    Packet(Packet&&) = default;
    Packet& operator=(Packet&&) = default;
    ~Packet() { wipe(body.data(), body.size()); }

    template <class Message>
    bool is() const {
        return number == number_of<Message>;
    }
    template <class Message>
    Result<Message> as() const {
        return wire::decode<Message>(body);
    }
    std::string_view name() const;
};

class Link {
public:
    Link() = default;
    Link(Fd fd, Sender self, Sender peer) : fd_(std::move(fd)), self_(self), peer_(peer) {}

    int fd() const { return fd_.get(); }
    explicit operator bool() const { return static_cast<bool>(fd_); }
    void close() { fd_.close(); }

    State state() const { return state_; }
    void enter(State state) { state_ = state; }

    template <class Message>
    Status send(const Message& message, std::span<const int> fds = {}) {
        return send_raw(number_of<Message>, wire::encode(message), fds);
    }
    // One message; kind `timeout` when none is there on a non-blocking socket, `not_found` at the end of the conversation,
    // `refused` for a message that the table does not permit now.
    Result<Packet> receive();
    // Waits for one, at most so long (0 returns at once).
    Result<Packet> receive_within(Duration limit);

private:
    Status send_raw(std::uint8_t number, Bytes&& body, std::span<const int> fds);
    Fd fd_;
    Sender self_ = Sender::broker, peer_ = Sender::broker;
    State state_ = fresh;
};

// Connected seqpacket pair, close-on-exec, with room for the largest message.
Result<std::pair<Fd, Fd>> make_pair();
// A listening socket at a path (mode 0600 or as given), replacing a stale one; and a connection to one.
Result<Fd> listen_at(const std::string& path, unsigned mode = 0600);
Result<Fd> connect_to(const std::string& path);
struct PeerUser {
    unsigned uid = 0, gid = 0;
    int pid = 0;
};
Result<PeerUser> peer_user(int fd);

}  // namespace anteroom::control
