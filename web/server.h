// The listening socket, and the one clock that ends what takes too long.
#pragma once

#include "web/connection.h"

namespace anteroom::web {

// A listening socket at HOST:PORT (a name, an address, or [address]); errors say what to change.
Result<Fd> listen_on(const std::string& address);

class Server {
public:
    Server(boost::asio::io_context& io, House house, boost::asio::ssl::context context, Fd listener);
    void start();

private:
    void accept();
    void begin(boost::asio::ip::tcp::socket socket);
    void tick();

    boost::asio::io_context& io_;
    House house_;
    boost::asio::ssl::context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer ticker_, pause_;
    std::map<Guests::Id, std::weak_ptr<Connection>> connections_;
    std::uint64_t turned_away_ = 0;
    Monotonic told_{};
};

}  // namespace anteroom::web
