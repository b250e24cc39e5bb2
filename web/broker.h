// The line to the broker: one channel, many matters. While there is no broker, it is asked for again and again, and every call is
// refused with 503. What this server was told at its start it goes by to its end: when the broker says something else, it ends and is
// started anew.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <map>
#include <memory>

#include "broker/control/link.h"
#include "web/exchange.h"
#include "web/refusal.h"

namespace anteroom::web {

// What the broker said at the start, and its TLS identity.
struct Terms {
    control::WebWelcome welcome;
    Secret identity;
};
// Waits for a broker, and greets it.
Result<std::pair<control::Link, Terms>> greet_broker(int doorman);

class Broker {
public:
    static constexpr std::size_t most_calls = 256, most_streams = 512, most_streams_of_a_session = 8, most_watches = 32;
    static constexpr std::size_t longest_answer = 4u << 20, longest_queue = 256u << 10;

    // `changed`: what the broker says is not what it said at the start.
    Broker(boost::asio::io_context& io, int doorman, control::Link link, const Terms& terms, std::function<void()> changed);
    ~Broker();
    Broker(const Broker&) = delete;

    // The whole answer, its pieces joined. 502, 503, 504.
    boost::asio::awaitable<Or<control::WebAnswer>> call(control::WebCall call);

    // A stream or a watch, as long as the ticket lives; `number` of the message is set here. 429, 503.
    class Ticket {
    public:
        Ticket(Broker& broker, std::shared_ptr<Exchange> exchange, std::string session, bool watch)
            : broker_(&broker), exchange_(std::move(exchange)), session_(std::move(session)), watch_(watch) {}
        Ticket(Ticket&& other) noexcept = default;
        Ticket& operator=(Ticket&&) = delete;
        ~Ticket();
        Exchange& operator*() const { return *exchange_; }
        const std::shared_ptr<Exchange>& exchange() const { return exchange_; }

    private:
        Broker* broker_;
        std::shared_ptr<Exchange> exchange_;
        std::string session_;
        bool watch_;
    };
    Or<Ticket> listen(control::WebListen message);
    Or<Ticket> watch(control::WebWatch message);
    Or<Ticket> fetch(control::WebFetch message);  // counted as a watch

private:
    enum class State : std::uint8_t { away, greeting, there };
    void wait_for_message();
    void drain();
    void take(control::Packet packet);
    template <class Message>
    void pass_on(control::Packet& packet);
    void take_recording(control::Packet& packet);
    void take_export(control::Packet& packet);
    template <class Message>
    Or<Ticket> look(Message message);
    Status welcome(const control::Packet& packet);
    void lose(const std::string& why);
    void wait_for_doorman();
    void greet(Fd channel);
    template <class Message>
    bool say(Message message);
    bool send_waiting();
    std::shared_ptr<Exchange> begin(std::size_t most_bytes);
    void end(std::uint64_t number, const std::string& session, bool watch);

    boost::asio::io_context& io_;
    control::Link link_;
    boost::asio::posix::stream_descriptor channel_, doorman_;
    boost::asio::steady_timer greeting_;
    Bytes terms_;  // SHA-256 of what was said at the start
    std::function<void()> changed_;
    State state_ = State::there;
    std::uint64_t next_ = 1;
    std::map<std::uint64_t, std::weak_ptr<Exchange>> exchanges_;
    std::size_t calls_ = 0, streams_ = 0, watches_ = 0;
    std::map<std::string, std::size_t> streams_of_;
    std::deque<std::function<Status(control::Link&)>> to_send_;
    bool waiting_to_send_ = false;
};

}  // namespace anteroom::web
