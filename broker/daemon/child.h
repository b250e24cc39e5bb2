// A program that the broker starts for one matter, in a process of its own: it gets three descriptors (3, 4 and 5) and nothing else, no
// environment, no arguments, no terminal. It dies with the broker, or when this is gone.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <functional>
#include <memory>

#include "base/fd.h"

namespace anteroom::daemon {

class Child {
public:
    static constexpr int first_fd = 3;
    // "" when it ended with code 0; else how it ended: "exit 1", "signal 9".
    using Ended = std::function<void(const std::string& how)>;
    // `ended` is called once, later, unless this is gone by then.
    class Token {  // only start() makes one
        friend class Child;
        Token() = default;
    };
    Child(boost::asio::io_context& io, Token) : process_(io) {}
    static Result<std::unique_ptr<Child>> start(boost::asio::io_context& io, const std::string& program, const std::array<int, 3>& descriptors, Ended ended);
    ~Child();
    Child(const Child&) = delete;
    void kill();

private:
    void reap(const Ended& ended);
    boost::asio::posix::stream_descriptor process_;  // its pidfd
    bool running_ = true;
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace anteroom::daemon
