// Resolve, connect to each address in turn, give up at the limit.
#include "broker/daemon/target_dialler.h"

#include <boost/asio/connect.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace anteroom::daemon {

namespace tcp = boost::asio::ip;
using boost::system::error_code;

namespace {

// A target that has lost its power says nothing any more: noticed within a minute where nothing is sent to it, else within three (tcp(7)).
void notice_silence(int socket) {
    const int idle_seconds = 30, apart_seconds = 10, probes = 3, unacknowledged_ms = 180'000;
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &apart_seconds, sizeof apart_seconds);
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    (void)::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
}

}  // namespace

std::shared_ptr<TargetDialler> TargetDialler::dial(boost::asio::io_context& io, const policy::AuthorizedTarget& target, Duration limit, Done done) {
    auto dialler = std::shared_ptr<TargetDialler>(new TargetDialler(io, std::move(done)));
    dialler->start(target.host(), std::to_string(target.port()), limit);
    return dialler;
}

void TargetDialler::start(const std::string& host, const std::string& port, Duration limit) {
    timer_.expires_after(limit);
    timer_.async_wait([self = shared_from_this(), limit](const error_code& error) {
        if (!error) self->finish(fail(ErrorKind::timeout, "no answer within " + duration_text(limit)));
    });
    resolver_.async_resolve(host, port, [self = shared_from_this()](const error_code& error, const tcp::tcp::resolver::results_type& found) {
        if (error) return self->finish(fail(ErrorKind::io, "the name does not resolve: " + error.message()));
        boost::asio::async_connect(self->socket_, found, [self](const error_code& refused, const tcp::tcp::endpoint&) {
            if (!self->done_) return;  // the limit was first
            if (refused) return self->finish(fail(ErrorKind::io, refused.message()));
            error_code ignored;
            (void)self->socket_.set_option(tcp::tcp::no_delay(true), ignored);
            (void)self->socket_.set_option(boost::asio::socket_base::keep_alive(true), ignored);
            notice_silence(self->socket_.native_handle());
            (void)self->socket_.native_non_blocking(true, ignored);
            self->finish(Fd(self->socket_.release()));
        });
    });
}

void TargetDialler::cancel() {
    done_ = nullptr;
    finish(fail(ErrorKind::refused, "cancelled"));
}

void TargetDialler::finish(Result<Fd> result) {
    error_code ignored;
    timer_.cancel();
    resolver_.cancel();
    if (socket_.is_open()) (void)socket_.close(ignored);
    if (auto done = std::exchange(done_, nullptr)) done(std::move(result));
}

}  // namespace anteroom::daemon
