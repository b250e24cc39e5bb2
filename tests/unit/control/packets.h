// What a hostile peer can do at the other end of a Link: any bytes, any descriptors; and a count of this process's descriptors.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "broker/control/link.h"
#include "tests/unit/base/random_values.h"

namespace anteroom::control::testing {

using anteroom::testing::random_value;
using anteroom::testing::same;
using anteroom::testing::Seeded;

inline constexpr State states[] = {fresh, open, exchanged, accepted, opening, permitted, live, ended};
inline constexpr Sender senders[] = {Sender::broker, Sender::gateway, Sender::worker, Sender::admin};
inline constexpr std::size_t rows = boost::mp11::mp_size<Table>::value;

inline std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

// One raw packet: `message` as it is, and `count` duplicates of `passed` beside it (up to what the kernel takes).
inline bool send_packet(int fd, View message, std::size_t count = 0, int passed = STDERR_FILENO) {
    std::vector<int> fds(count, passed);
    std::vector<char> control(CMSG_SPACE(sizeof(int) * std::max<std::size_t>(count, 1)));
    iovec part{const_cast<std::uint8_t*>(message.data()), message.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (count > 0) {
        header.msg_control = control.data();
        header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        cmsghdr* c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * count);
        std::memcpy(CMSG_DATA(c), fds.data(), sizeof(int) * count);
    }
    return ::sendmsg(fd, &header, MSG_NOSIGNAL) == static_cast<ssize_t>(message.size());
}

inline Bytes packet_of(std::uint8_t number, View body) {
    Bytes packet{number};
    packet.insert(packet.end(), body.begin(), body.end());
    return packet;
}

// A random message of the row with that number, as it travels.
inline Bytes random_packet(std::size_t number, Seeded& random) {
    Bytes packet;
    boost::mp11::mp_with_index<rows>(number, [&](auto row) {
        using Message = typename boost::mp11::mp_at<Table, decltype(row)>::type;
        packet = packet_of(static_cast<std::uint8_t>(number), wire::encode(random_value<Message>(random)));
    });
    return packet;
}

// A link as its owner has it, and the bare socket of the peer; nothing blocks.
struct Ends {
    Link link;
    Fd peer;
    Ends(Sender self, Sender other, State state = fresh) {
        auto pair = make_pair().value();
        if (!set_nonblocking(pair.first.get()) || !set_nonblocking(pair.second.get())) std::abort();
        link = Link(std::move(pair.first), self, other);
        link.enter(state);
        peer = std::move(pair.second);
    }
    bool nothing_came() const {
        std::uint8_t byte = 0;
        return ::recv(peer.get(), &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
    }
};

}  // namespace anteroom::control::testing
