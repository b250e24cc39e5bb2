// TargetDialler: connects to a target within a time limit. Only an AuthorizedTarget can be dialled.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/fd.h"
#include "policy/evaluate.h"

namespace anteroom::daemon {

class TargetDialler : public std::enable_shared_from_this<TargetDialler> {
public:
    // A connected, non-blocking socket without Nagle's delay; kind `timeout` when nobody answered in time.
    using Done = std::function<void(Result<Fd>)>;
    static std::shared_ptr<TargetDialler> dial(boost::asio::io_context& io, const policy::AuthorizedTarget& target, Duration limit, Done done);
    void cancel();

private:
    TargetDialler(boost::asio::io_context& io, Done done) : resolver_(io), socket_(io), timer_(io), done_(std::move(done)) {}
    void start(const std::string& host, const std::string& port, Duration limit);
    void finish(Result<Fd> result);

    boost::asio::ip::tcp::resolver resolver_;
    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    Done done_;
};

}  // namespace anteroom::daemon
