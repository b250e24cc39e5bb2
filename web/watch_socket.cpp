// The WebSocket of one watch (RFC 6455): the browser says its ticket, and then what it wants to see (commands.h). Reading and writing are two
// coroutines over one stream, as Beast allows.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/json.hpp>

#include "base/log.h"
#include "web/connection.h"
#include "web/cookie.h"
#include "web/watching.h"

namespace anteroom::web {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::redirect_error;
using asio::use_awaitable;
using Step = Guests::Step;

namespace {

constexpr std::size_t longest_message = longest_command;
constexpr int most_messages = 1800;  // of a browser, in a minute: somebody drags along the timeline
constexpr Duration look_every = recorder::follow_every, minute = std::chrono::minutes(1);

using Socket = websocket::stream<Stream::Tls&>;

struct Line {
    Line(Stream::Tls& tls) : socket(tls) {}
    Socket socket;
    bool left = false;                 // the browser has
    bool shown = false;                // the recording is there
    std::string fault;                 // what was wrong with what it said
    Commands commands;                 // what it wants, and has not got yet
    std::weak_ptr<Exchange> exchange;  // with the broker, once there is one
};

http::request<http::string_body> request_of(const std::string& raw) {
    http::request_parser<http::string_body> parser;
    boost::system::error_code ignored;  // it was read before
    parser.put(asio::const_buffer(raw.data(), raw.size()), ignored);
    return parser.release();
}

// Protection as on every other answer.
void decorate(websocket::response_type& response) {
    response.erase(http::field::server);
    response.set(http::field::cache_control, "no-store");
    response.set(http::field::strict_transport_security, "max-age=31536000");
    response.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Referrer-Policy", "no-referrer");
    response.set("Cross-Origin-Resource-Policy", "same-origin");
}

void set_up(Socket& socket) {
    socket.set_option(websocket::stream_base::decorator(decorate));
    websocket::permessage_deflate off;
    off.server_enable = false;
    socket.set_option(off);
    socket.read_message_max(longest_message);
    socket.auto_fragment(false);
    socket.text(true);
    websocket::stream_base::timeout times{std::chrono::seconds(10), std::chrono::seconds(30), true};  // pings after half of it
    socket.set_option(times);
}

// {"ticket": "..."} and nothing else.
Secret ticket_of(std::string_view text) {
    boost::system::error_code error;
    const auto value = boost::json::parse(text, error);
    if (error || !value.is_object() || value.as_object().size() != 1) return {};
    const auto* ticket = value.as_object().if_contains("ticket");
    if (ticket == nullptr || !ticket->is_string() || !is_token_text(ticket->as_string())) return {};
    return Secret::copy_of(std::string_view(ticket->as_string()));
}

asio::awaitable<Secret> read_ticket(Socket& socket) {
    beast::flat_buffer buffer(longest_message);
    boost::system::error_code error;
    co_await socket.async_read(buffer, redirect_error(use_awaitable, error));
    const std::string_view text(static_cast<const char*>(buffer.data().data()), buffer.size());
    auto ticket = error ? Secret() : ticket_of(text);
    wipe(buffer.data().data(), buffer.size());
    co_return ticket;
}

// Everything the browser says is read as it comes, so that pings and its good-bye are seen.
void heard(Line& line, std::string_view text) {
    auto command = parse_command(text);
    if (command) line.commands.add(std::move(*command));
    else if (line.fault.empty()) line.fault = command.error().detail;
    const auto exchange = line.exchange.lock();
    if (line.shown && exchange) exchange->ring();  // before that, it is the broker who is waited for
}

asio::awaitable<void> hear(std::shared_ptr<Line> line, std::shared_ptr<Connection> connection) {
    beast::flat_buffer buffer(longest_message);
    boost::system::error_code error;
    auto since = MonotonicClock::now();
    for (int count = 0; !error && count <= most_messages; ++count) {
        buffer.clear();
        co_await line->socket.async_read(buffer, redirect_error(use_awaitable, error));
        if (!error) heard(*line, {static_cast<const char*>(buffer.data().data()), buffer.size()});
        if (MonotonicClock::now() - since > minute) {
            since = MonotonicClock::now();
            count = 0;
        }
    }
    line->left = true;
    if (!error) connection->cut();  // it talks too much
    if (const auto exchange = line->exchange.lock()) exchange->leave();
}

asio::awaitable<bool> say(Line& line, Connection& connection, const Message& message) {
    connection.step(Step::writing);
    boost::system::error_code error;
    const auto buffer = asio::buffer(message.bytes.data(), message.bytes.size());
    line.socket.binary(message.binary);
    co_await line.socket.async_write(buffer, redirect_error(use_awaitable, error));
    connection.step(Step::waiting);
    co_return !error && !line.left;
}

// Why it ends; the sentence is for whoever watches.
std::string sentence_of(const Said& said) {
    if (const auto* end = std::get_if<control::WebEnd>(&said)) return end->sentence.empty() ? "The watch has ended." : end->sentence;
    if (const auto* answer = std::get_if<control::WebAnswer>(&said)) {
        boost::system::error_code error;
        const auto problem = boost::json::parse(answer->json, error);
        const auto* detail = !error && problem.is_object() ? problem.as_object().if_contains("detail") : nullptr;
        if (detail != nullptr && detail->is_string()) return std::string(detail->as_string());
    }
    return "This session cannot be watched.";
}

std::string unreadable(const Error& error) {
    log::warn("watch.unreadable", {{"why", error.detail}});
    return "The recording cannot be read.";
}

// Turn after turn, until one of the three has no more to say. Returns the last sentence.
asio::awaitable<std::string> follow(Line& line, Connection& connection, Exchange& exchange, Opened opened) {
    auto watching = Watching::open(std::move(opened.what), std::move(opened.file), std::move(opened.index));
    if (!watching) co_return unreadable(watching.error());
    line.shown = true;
    const auto begin = (*watching)->begin(SystemClock().now());
    bool goes_on = co_await say(line, connection, begin);
    while (goes_on && !(*watching)->over()) {
        while (auto command = line.commands.take()) (*watching)->command(std::move(*command));
        const auto messages = (*watching)->more(MonotonicClock::now());
        if (!messages) co_return unreadable(messages.error());
        for (const auto& message : *messages) {
            goes_on = co_await say(line, connection, message);
            if (!goes_on) co_return "";
        }
        if (line.left || !line.fault.empty()) co_return "";
        connection.step(Step::waiting);
        // With something in hand, the broker is only looked at; else it is waited for.
        const bool at_once = (*watching)->busy() || !messages->empty() || !line.commands.empty();
        const auto said = co_await exchange.next(at_once ? Duration(0) : look_every);
        if (said && !std::holds_alternative<control::WebEvent>(*said)) co_return sentence_of(*said);
    }
    co_return "The session has ended.";
}

asio::awaitable<std::string> watch(Line& line, Connection& connection, Secret ticket, Secret session) {
    control::WebWatch message{0, std::move(session), std::move(ticket), connection.source()};
    auto open = connection.house().broker.watch(std::move(message));
    if (!open) co_return open.error().sentence;
    line.exchange = open->exchange();
    connection.step(Step::serving);
    auto said = co_await (**open).next(std::chrono::seconds(20));
    if (!said) co_return "The broker did not answer in time.";
    if (!std::holds_alternative<Opened>(*said)) co_return sentence_of(*said);
    connection.house().guests.prove(connection.id());
    co_return co_await follow(line, connection, **open, std::get<Opened>(std::move(*said)));
}

}  // namespace

asio::awaitable<void> serve_watch(std::shared_ptr<Connection> connection, Asked asked, std::string raw) {
    const auto line = std::make_shared<Line>(connection->stream().tls());
    set_up(line->socket);
    connection->step(Step::head);
    boost::system::error_code error;
    const auto request = request_of(raw);
    wipe(raw.data(), raw.size());
    co_await line->socket.async_accept(request, redirect_error(use_awaitable, error));
    if (error) co_return connection->cut();
    connection->step(Step::head);
    auto ticket = co_await read_ticket(line->socket);
    if (ticket.empty()) co_return connection->cut();
    const auto executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, hear(line, connection), asio::detached);
    const auto sentence = co_await watch(*line, *connection, std::move(ticket), std::move(asked.session));
    if (!line->left && !line->fault.empty()) {
        const websocket::close_reason why(websocket::close_code::policy_error, line->fault);
        co_await line->socket.async_close(why, redirect_error(use_awaitable, error));
    } else if (!line->left && !sentence.empty()) {
        const Message end{Watching::end(sentence), false};
        const bool said = co_await say(*line, *connection, end);
        if (said) co_await line->socket.async_close(websocket::close_code::normal, redirect_error(use_awaitable, error));
    }
    connection->cut();
}

}  // namespace anteroom::web
