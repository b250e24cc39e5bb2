// Runs the command, queues its answer, writes when the socket takes more.
#include "broker/daemon/admin_peer.h"

#include <fcntl.h>

#include <cerrno>

#include "base/log.h"

namespace anteroom::daemon {

Status AdminPeer::handle(control::Packet packet) {
    auto call = TRY(packet.as<control::AdminCall>());
    link_.enter(control::open);
    const admin::Reply reply{[this](std::string json) -> Status {
                                 outgoing_.push_back({std::move(json), std::nullopt, Fd(), std::nullopt});
                                 return ok();
                             },
                             [this](control::AdminRecording recording, int file) -> Status {
                                 Fd borrowed(file);
                                 auto copy = borrowed.duplicate();
                                 borrowed.release();
                                 if (!copy) return fail(copy.error());
                                 outgoing_.push_back({"", std::move(recording), std::move(*copy), std::nullopt});
                                 return ok();
                             },
                             [this](control::AdminIndex index, int file) -> Status {
                                 Fd borrowed(file);
                                 auto copy = borrowed.duplicate();
                                 borrowed.release();
                                 if (!copy) return fail(copy.error());
                                 outgoing_.push_back({"", std::nullopt, std::move(*copy), std::nullopt, std::move(index)});
                                 return ok();
                             }};
    const bool of_people = call.verb.starts_with("person ") && call.verb != "person list" && call.verb != "person show";
    auto done = admin::handle(here_, live_, caller_, std::move(call), reply);
    if (done && of_people) live_.people_changed();
    outgoing_.push_back({"", std::nullopt, Fd(), done ? std::move(*done) : control::AdminDone{false, done.error().detail, ""}});
    flush();
    return ok();
}

Status AdminPeer::send(Outgoing& next) {
    if (next.done) return link_.send(*next.done);
    const int fds[] = {next.file.get()};
    if (next.index) return link_.send(*next.index, fds);
    if (!next.recording) return link_.send(control::AdminRow{next.row});
    return link_.send(*next.recording, fds);
}

void AdminPeer::flush() {
    while (!outgoing_.empty() && is_open()) {
        errno = 0;
        const auto sent = send(outgoing_.front());
        if (!sent && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (!sent) return fail_soon(sent.error());
        outgoing_.pop_front();
    }
    if (outgoing_.empty() || !is_open()) return fail_soon({ErrorKind::not_found, "the command is done"});
    if (!writable_.is_open()) {
        // A descriptor of its own: the loop watches each descriptor once.
        const int copy = ::fcntl(link_.fd(), F_DUPFD_CLOEXEC, 0);
        if (copy < 0) return fail_soon({ErrorKind::io, "dup"});
        writable_.assign(copy);
    }
    writable_.async_wait(boost::asio::posix::stream_descriptor::wait_write, [self = shared_from_this(), this](const boost::system::error_code& error) {
        if (!error) flush();
    });
}

}  // namespace anteroom::daemon
