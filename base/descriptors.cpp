// sendmsg(2), recvmsg(2), cmsg(3).
#include "base/descriptors.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace anteroom {

namespace {
constexpr std::size_t room = CMSG_SPACE(sizeof(int) * max_descriptors_sent);
}  // namespace

ssize_t send_with_descriptors(int socket, std::span<iovec> parts, std::span<const int> descriptors) {
    if (descriptors.size() > static_cast<std::size_t>(max_descriptors_sent)) {
        errno = EINVAL;
        return -1;
    }
    alignas(cmsghdr) char control[room] = {};
    msghdr header{};
    header.msg_iov = parts.data();
    header.msg_iovlen = parts.size();
    if (!descriptors.empty()) {
        const std::size_t size = sizeof(int) * descriptors.size();
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(size);
        cmsghdr* c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(c), descriptors.data(), size);
    }
    return ::sendmsg(socket, &header, MSG_NOSIGNAL);
}

ReceivedWithDescriptors receive_with_descriptors(int socket, std::span<std::uint8_t> buffer) {
    ReceivedWithDescriptors out;
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) char control[room] = {};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    do out.bytes = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    while (out.bytes < 0 && errno == EINTR);
    if (out.bytes < 0) return out;
    out.cut = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            out.descriptors.emplace_back(fd);
        }
    }
    return out;
}

}  // namespace anteroom
