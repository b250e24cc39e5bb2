// boost::asio::ssl::stream with awaitables.
#include "web/stream.h"

#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace anteroom::web {

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;

Stream::Stream(asio::ip::tcp::socket socket, asio::ssl::context& context) : socket_(std::move(socket)), context_(context) {}

asio::awaitable<bool> Stream::handshake() {
    boost::system::error_code error;
    co_await socket_.async_wait(asio::ip::tcp::socket::wait_read, redirect_error(use_awaitable, error));
    if (error || cut_) co_return false;
    tls_ = std::make_unique<Tls>(std::move(socket_), context_);
    co_await tls_->async_handshake(asio::ssl::stream_base::server, redirect_error(use_awaitable, error));
    co_return !error && !cut_;
}

asio::awaitable<std::size_t> Stream::read(std::span<char> into) {
    boost::system::error_code error;
    const auto buffer = asio::buffer(into.data(), into.size());
    const auto size = co_await tls_->async_read_some(buffer, redirect_error(use_awaitable, error));
    co_return error || cut_ ? 0 : size;
}

asio::awaitable<bool> Stream::write(std::string_view bytes) {
    boost::system::error_code error;
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    co_await asio::async_write(*tls_, buffer, redirect_error(use_awaitable, error));
    co_return !error && !cut_;
}

asio::awaitable<void> Stream::end() {
    boost::system::error_code ignored;
    if (!cut_) co_await tls_->async_shutdown(redirect_error(use_awaitable, ignored));
    cut();
}

void Stream::cut() {
    cut_ = true;
    boost::system::error_code ignored;
    auto& socket = tls_ ? tls_->next_layer() : socket_;
    (void)socket.close(ignored);
}

}  // namespace anteroom::web
