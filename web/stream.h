// The TLS stream of one connection, behind coroutines that return errors as false: the one place where Asio's TLS is instantiated beside
// the WebSocket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <span>
#include <string_view>

namespace anteroom::web {

class Stream {
public:
    using Tls = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
    Stream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& context);

    // Waits for the client's first byte before anything is made for it.
    boost::asio::awaitable<bool> handshake();
    // How many bytes came; 0 at the end, and for every error.
    boost::asio::awaitable<std::size_t> read(std::span<char> into);
    // All of it, or false. `bytes` outlive it.
    boost::asio::awaitable<bool> write(std::string_view bytes);
    // Says good-bye and closes.
    boost::asio::awaitable<void> end();
    // Whatever is waited for ends at once.
    void cut();
    Tls& tls() { return *tls_; }

private:
    boost::asio::ip::tcp::socket socket_;  // until the handshake
    boost::asio::ssl::context& context_;
    std::unique_ptr<Tls> tls_;
    bool cut_ = false;
};

}  // namespace anteroom::web
