// Descriptors that travel beside a message on a Unix socket (SCM_RIGHTS).
#pragma once

#include <sys/uio.h>

#include <span>
#include <vector>

#include "base/fd.h"

namespace anteroom {

inline constexpr int max_descriptors_sent = 4;  // with one message

// sendmsg(2), once: the bytes sent, or -1 with errno. A peer that is gone is EPIPE, never a signal.
ssize_t send_with_descriptors(int socket, std::span<iovec> parts, std::span<const int> descriptors);

// `bytes` as recvmsg(2) gives it, -1 with errno; not interrupted by signals. What came is close-on-exec and owned.
struct ReceivedWithDescriptors {
    ssize_t bytes = -1;
    bool cut = false;  // the message or its descriptors were more than there was room for
    std::vector<Fd> descriptors;
};
ReceivedWithDescriptors receive_with_descriptors(int socket, std::span<std::uint8_t> buffer);

}  // namespace anteroom
