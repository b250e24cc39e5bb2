// One browser's connection: handshake, then requests one after the other. Each step has its time (guests.h); whatever ends the
// connection ends what was under way for it.
#pragma once

#include <memory>

#include "web/assets.h"
#include "web/broker.h"
#include "web/guests.h"
#include "web/stream.h"

namespace anteroom::web {

// What all connections share.
struct House {
    Origin origin;
    const Assets& assets;
    Broker& broker;
    Guests& guests;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(House& house, boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& context, Guests::Id id, std::string source);
    ~Connection();
    // To the end of the connection.
    boost::asio::awaitable<void> run();
    void cut() { stream_.cut(); }

    // For events.cpp, fetch.cpp and watch_socket.cpp, which go on with the connection.
    House& house() { return house_; }
    Stream& stream() { return stream_; }
    Guests::Id id() const { return id_; }
    const std::string& source() const { return source_; }
    void step(Guests::Step step);
    boost::asio::awaitable<bool> give(Answer answer, bool head_only, bool keep_alive);

private:
    boost::asio::awaitable<bool> serve_one();  // whether another may follow
    boost::asio::awaitable<Or<std::string>> read_head();
    boost::asio::awaitable<Or<Secret>> read_body(std::size_t size);
    boost::asio::awaitable<bool> serve(Asked asked, std::string raw);
    boost::asio::awaitable<bool> call(Asked asked);
    Answer answer_of(control::WebAnswer&& said);
    boost::asio::awaitable<bool> refused(Refusal refusal, bool keep_alive);

    House& house_;
    Stream stream_;
    Guests::Id id_;
    std::string source_;
    std::string buffer_;  // read, and not yet used
};

// Where the broker says something else than what was waited for, or nothing.
Answer instead_of(std::optional<Said>& said);
// A stream of events (text/event-stream), until one of both sides ends it.
boost::asio::awaitable<void> serve_events(std::shared_ptr<Connection> connection, Asked asked);
// What is exported, as it is made: whether another request may follow.
boost::asio::awaitable<bool> serve_fetch(std::shared_ptr<Connection> connection, Asked asked);
// The WebSocket of one watch. `raw`: the head as it came.
boost::asio::awaitable<void> serve_watch(std::shared_ptr<Connection> connection, Asked asked, std::string raw);

}  // namespace anteroom::web
