// What leaves the house, from the exporter's pipe to the browser in chunks (RFC 9112 section 7.1): nothing of it is kept, and a browser that is
// slow slows the exporter. What is not whole has no last chunk: browsers say that such a download failed.
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unistd.h>

#include <cerrno>

#include "web/connection.h"
#include "web/cookie.h"

namespace anteroom::web {

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using Step = Guests::Step;

namespace {

constexpr Duration answer_may_take = std::chrono::seconds(20), look_every = std::chrono::seconds(20);
constexpr std::string_view folder = "/api/exports/", hex_digits = "0123456789abcdef";
constexpr std::size_t size_digits = 5, before = size_digits + 2, most = 64 * 1024;  // of a chunk: its size in hexadecimal, and a line's end

Secret ticket_in(const std::string& path) {
    const auto text = std::string_view(path).substr(std::min(path.size(), folder.size()));
    return is_token_text(text) ? Secret::copy_of(text) : Secret();
}

std::string head_of_file(const control::WebExport& what, const Origin& origin) {
    Answer answer{200, what.type, {}, "", false, ""};
    std::string name;
    for (const char c : what.name) name += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ? c : '-';
    answer.fields.emplace_back("Content-Disposition", "attachment; filename=\"" + name + "\"");
    answer.fields.emplace_back("Transfer-Encoding", "chunked");
    return head_of(answer, origin, std::nullopt, true);
}

// One chunk in the making: its bytes are read where they are sent from.
class Chunk {
public:
    char* room() { return bytes_.data() + before; }
    // The chunk that holds the first `size` bytes there.
    std::string_view framed(std::size_t size) {
        auto rest = size;
        for (std::size_t digit = size_digits; digit > 0; --digit, rest /= 16) bytes_[digit - 1] = hex_digits[rest % 16];
        bytes_[size_digits] = bytes_[before + size] = '\r';
        bytes_[size_digits + 1] = bytes_[before + size + 1] = '\n';
        return {bytes_.data(), before + size + 2};
    }

private:
    std::array<char, before + most + 2> bytes_{};
};

// Until there is something to read, or for a while.
asio::awaitable<void> wait_for(asio::posix::stream_descriptor& pipe) {
    asio::steady_timer limit(pipe.get_executor(), look_every);
    limit.async_wait([&pipe](const boost::system::error_code& error) {
        if (!error) pipe.cancel();
    });
    boost::system::error_code ignored;  // the next read says what is
    co_await pipe.async_wait(asio::posix::stream_descriptor::wait_read, redirect_error(use_awaitable, ignored));
}

// To the pipe's end, which comes early when the broker ends it; false when the browser is gone.
asio::awaitable<bool> copy(Connection& connection, asio::posix::stream_descriptor& pipe) {
    const auto chunk = std::make_unique<Chunk>();
    while (true) {
        const ssize_t size = ::read(pipe.native_handle(), chunk->room(), most);
        if (size == 0) co_return true;
        if (size < 0 && errno != EAGAIN && errno != EINTR) co_return false;
        if (size < 0) {
            connection.step(Step::serving);
            co_await wait_for(pipe);
            continue;
        }
        connection.step(Step::writing);
        const auto framed = chunk->framed(static_cast<std::size_t>(size));
        const bool written = co_await connection.stream().write(framed);
        if (!written) co_return false;
    }
}

asio::awaitable<bool> give_file(Connection& connection, Exchange& exchange, Fetched fetched) {
    const auto executor = co_await asio::this_coro::executor;
    asio::posix::stream_descriptor pipe(executor, fetched.pipe.release());
    pipe.non_blocking(true);
    const auto head = head_of_file(fetched.what, connection.house().origin);
    connection.step(Step::writing);
    bool good = co_await connection.stream().write(head);
    if (good) good = co_await copy(connection, pipe);
    if (!good) co_return false;
    connection.step(Step::serving);
    const auto said = co_await exchange.next(answer_may_take);
    const auto* end = said ? std::get_if<control::WebEnd>(&*said) : nullptr;
    if (end == nullptr || !end->sentence.empty()) co_return false;
    connection.step(Step::writing);
    co_return co_await connection.stream().write("0\r\n\r\n");
}

}  // namespace

asio::awaitable<bool> serve_fetch(std::shared_ptr<Connection> connection, Asked asked) {
    auto& house = connection->house();
    connection->step(Step::serving);
    control::WebFetch message{0, asked.session.duplicate(), ticket_in(asked.target.path), connection->source()};
    auto ticket = house.broker.fetch(std::move(message));
    if (!ticket) {
        auto answer = problem(ticket.error());
        co_return co_await connection->give(std::move(answer), false, true);
    }
    auto said = co_await (**ticket).next(answer_may_take);
    if (!said || !std::holds_alternative<Fetched>(*said)) {
        auto answer = instead_of(said);
        co_return co_await connection->give(std::move(answer), false, true);
    }
    house.guests.prove(connection->id());
    const bool whole = co_await give_file(*connection, **ticket, std::get<Fetched>(std::move(*said)));
    if (!whole) connection->cut();
    co_return whole;
}

}  // namespace anteroom::web
