// Sending, receiving, losing and finding the broker.
#include "web/broker.h"

#include <poll.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "web/doorman.h"

namespace anteroom::web {

namespace {

constexpr Duration greeting_may_take = std::chrono::seconds(10), answer_may_take = std::chrono::seconds(40);
constexpr std::size_t largest_identity = 1u << 20, most_to_send = 1024;
constexpr std::uint32_t try_again_in = 2;
constexpr const char* away = "The broker is not there at the moment. Please try again in a few seconds.";
constexpr const char* busy = "Too much is going on at the moment. Please try again in a few seconds.";

// The descriptor's offset is shared with other programs: it is left alone.
Result<Secret> read_identity(int fd) {
    Bytes bytes(largest_identity);
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t n = ::pread(fd, bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
        if (n < 0) return fail_errno("the TLS identity");
        if (n == 0) break;
        have += static_cast<std::size_t>(n);
    }
    auto identity = Secret::copy_of(View(bytes).first(have));
    wipe(bytes.data(), bytes.size());
    return identity;
}

Result<Terms> terms_of(const control::Packet& packet) {
    if (!packet.is<control::WebWelcome>()) return fail(ErrorKind::refused, "the broker does not greet");
    auto welcome = TRY(packet.as<control::WebWelcome>());
    auto identity = TRY(read_identity(packet.fds.front().get()));
    return Terms{std::move(welcome), std::move(identity)};
}

Bytes digest_of(const Terms& terms) {
    const auto welcome = wire::encode(terms.welcome);
    Bytes both = to_bytes(View(crypto::sha256(welcome)));
    const auto identity = crypto::sha256(terms.identity.expose());
    both.insert(both.end(), identity.begin(), identity.end());
    return both;
}

Result<std::pair<control::Link, Terms>> greeted(Fd channel) {
    control::Link link(std::move(channel), control::Sender::web, control::Sender::broker);
    TRY(link.send(control::WebHello{}));
    const auto packet = TRY(link.receive_within(greeting_may_take));
    auto terms = TRY(terms_of(packet));
    link.enter(control::open);
    return std::pair(std::move(link), std::move(terms));
}

}  // namespace

Result<std::pair<control::Link, Terms>> greet_broker(int doorman) {
    while (true) {
        TRY(ask_for_channel(doorman));
        auto channel = TRY(take_channel(doorman));
        auto both = greeted(std::move(channel));
        if (both) return both;
        log::warn("broker.not-greeted", {{"why", both.error().detail}});
        ::usleep(200000);
    }
}

Broker::Broker(boost::asio::io_context& io, int doorman, control::Link link, const Terms& terms, std::function<void()> changed)
    : io_(io), link_(std::move(link)), channel_(io), doorman_(io, doorman), greeting_(io), terms_(digest_of(terms)), changed_(std::move(changed)) {
    doorman_.non_blocking(true);
    channel_.assign(link_.fd());
    channel_.non_blocking(true);
    wait_for_message();
}

Broker::~Broker() {
    if (channel_.is_open()) channel_.release();
}

void Broker::wait_for_message() {
    channel_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
        if (!error) drain();
    });
}

void Broker::drain() {
    constexpr int a_turn = 32;
    for (int turn = 0; turn < a_turn && link_; ++turn) {
        auto packet = link_.receive();
        if (!packet && packet.error().kind == ErrorKind::timeout) break;
        if (!packet) return lose(packet.error().detail);
        if (state_ == State::greeting) {
            if (auto went = welcome(*packet); !went) return lose(went.error().detail);
        } else {
            take(std::move(*packet));
        }
    }
    if (link_) wait_for_message();
}

template <class Message>
void Broker::pass_on(control::Packet& packet) {
    auto message = packet.as<Message>();
    if (!message) return lose(message.error().detail);
    const auto found = exchanges_.find(message->number);
    if (found == exchanges_.end()) return;  // whoever asked has left
    const auto bytes = packet.body.size();
    if (const auto exchange = found->second.lock()) exchange->say(std::move(*message), bytes);
}

void Broker::take_recording(control::Packet& packet) {
    auto message = packet.as<control::WebRecording>();
    if (!message) return lose(message.error().detail);
    const auto found = exchanges_.find(message->number);
    if (found == exchanges_.end()) return;
    auto index = packet.fds.size() > 1 ? std::move(packet.fds[1]) : Fd();
    if (const auto exchange = found->second.lock()) exchange->say(Opened{std::move(*message), std::move(packet.fds.front()), std::move(index)}, 0);
}

void Broker::take_export(control::Packet& packet) {
    auto message = packet.as<control::WebExport>();
    if (!message) return lose(message.error().detail);
    const auto found = exchanges_.find(message->number);
    if (found == exchanges_.end()) return;
    if (const auto exchange = found->second.lock()) exchange->say(Fetched{std::move(*message), std::move(packet.fds.front())}, 0);
}

void Broker::take(control::Packet packet) {
    if (packet.is<control::WebAnswer>()) return pass_on<control::WebAnswer>(packet);
    if (packet.is<control::WebEvent>()) return pass_on<control::WebEvent>(packet);
    if (packet.is<control::WebEnd>()) return pass_on<control::WebEnd>(packet);
    if (packet.is<control::WebRecording>()) return take_recording(packet);
    if (packet.is<control::WebExport>()) take_export(packet);
}

void Broker::lose(const std::string& why) {
    if (state_ != State::away) log::warn("broker.gone", {{"why", why}});
    state_ = State::away;
    greeting_.cancel();
    if (channel_.is_open()) channel_.release();
    link_.close();
    to_send_.clear();
    waiting_to_send_ = false;
    for (auto& [number, exchange] : std::exchange(exchanges_, {}))
        if (const auto one = exchange.lock()) one->say(control::WebEnd{number, away}, 0);
    if (!ask_for_channel(doorman_.native_handle())) return changed_();
    wait_for_doorman();
}

void Broker::wait_for_doorman() {
    doorman_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        auto channel = take_channel(doorman_.native_handle());
        if (channel) return greet(std::move(*channel));
        if (channel.error().kind == ErrorKind::timeout) return wait_for_doorman();
        changed_();
    });
}

void Broker::greet(Fd channel) {
    link_ = control::Link(std::move(channel), control::Sender::web, control::Sender::broker);
    state_ = State::greeting;
    channel_.assign(link_.fd());
    channel_.non_blocking(true);
    if (auto sent = link_.send(control::WebHello{}); !sent) return lose(sent.error().detail);
    greeting_.expires_after(greeting_may_take);
    greeting_.async_wait([this](const boost::system::error_code& error) {
        if (!error && state_ == State::greeting) lose("the broker does not greet");
    });
    wait_for_message();
}

Status Broker::welcome(const control::Packet& packet) {
    const auto terms = TRY(terms_of(packet));
    if (digest_of(terms) != terms_) {
        log::info("terms.changed");
        changed_();
        return fail(ErrorKind::conflict, "it says something else than before");
    }
    greeting_.cancel();
    link_.enter(control::open);
    state_ = State::there;
    log::info("broker.back");
    return ok();
}

// A busy broker holds nobody else up: what it does not take at once waits here.
bool Broker::send_waiting() {
    while (!to_send_.empty()) {
        pollfd fd{link_.fd(), POLLOUT, 0};
        if (::poll(&fd, 1, 0) == 0) break;
        auto sent = to_send_.front()(link_);
        to_send_.pop_front();
        if (!sent) {
            lose(sent.error().detail);
            return false;
        }
    }
    if (to_send_.empty() || waiting_to_send_) return true;
    waiting_to_send_ = true;
    channel_.async_wait(boost::asio::posix::stream_descriptor::wait_write, [this](const boost::system::error_code& error) {
        if (error) return;
        waiting_to_send_ = false;
        send_waiting();
    });
    return true;
}

template <class Message>
bool Broker::say(Message message) {
    if (state_ != State::there || to_send_.size() >= most_to_send) return false;
    auto body = std::make_shared<Message>(std::move(message));  // std::function wants what can be copied
    to_send_.emplace_back([body](control::Link& link) { return link.send(*body); });
    return send_waiting();
}

std::shared_ptr<Exchange> Broker::begin(std::size_t most_bytes) {
    auto exchange = std::make_shared<Exchange>(io_, next_++, most_bytes);
    exchanges_[exchange->number()] = exchange;
    return exchange;
}

boost::asio::awaitable<Or<control::WebAnswer>> Broker::call(control::WebCall call) {
    if (state_ != State::there) co_return refuse(503, away, try_again_in);
    if (calls_ >= most_calls) co_return refuse(503, busy, try_again_in);
    const auto exchange = begin(longest_answer);
    call.number = exchange->number();
    ++calls_;
    // However this ends (the connection may be gone in the middle), the number is free again.
    const auto done = [this](const Exchange* one) {
        --calls_;
        exchanges_.erase(one->number());
    };
    const std::unique_ptr<Exchange, decltype(done)> held(exchange.get(), done);
    if (!say(std::move(call))) co_return refuse(503, away, try_again_in);
    std::optional<control::WebAnswer> whole;
    while (true) {
        auto said = co_await exchange->next(answer_may_take);
        if (!said) co_return refuse(504, "The broker did not answer in time.");
        if (std::holds_alternative<control::WebEnd>(*said)) co_return refuse(503, away, try_again_in);
        auto* piece = std::get_if<control::WebAnswer>(&*said);
        if (piece == nullptr) continue;
        const bool more = piece->more;
        if (!whole) whole = std::move(*piece);
        else whole->json += piece->json;
        if (whole->json.size() > longest_answer) co_return refuse(502, "The broker's answer is too long.");
        if (!more) break;
    }
    co_return std::move(*whole);
}

Or<Broker::Ticket> Broker::listen(control::WebListen message) {
    if (state_ != State::there) return refuse(503, away, try_again_in);
    const auto session = hex(crypto::sha256(message.session.expose()));
    if (streams_ >= most_streams) return refuse(503, busy, try_again_in);
    if (const auto found = streams_of_.find(session); found != streams_of_.end() && found->second >= most_streams_of_a_session)
        return refuse(429, "This console is open too often: please close some of its pages.", try_again_in);
    auto exchange = begin(longest_queue);
    message.number = exchange->number();
    ++streams_;
    ++streams_of_[session];
    Ticket ticket(*this, std::move(exchange), session, false);
    if (!say(std::move(message))) return refuse(503, away, try_again_in);
    return ticket;
}

template <class Message>
Or<Broker::Ticket> Broker::look(Message message) {
    if (state_ != State::there) return refuse(503, away, try_again_in);
    if (watches_ >= most_watches) return refuse(503, busy, try_again_in);
    auto exchange = begin(longest_queue);
    message.number = exchange->number();
    ++watches_;
    Ticket ticket(*this, std::move(exchange), "", true);
    if (!say(std::move(message))) return refuse(503, away, try_again_in);
    return ticket;
}

Or<Broker::Ticket> Broker::watch(control::WebWatch message) { return look(std::move(message)); }
Or<Broker::Ticket> Broker::fetch(control::WebFetch message) { return look(std::move(message)); }

Broker::Ticket::~Ticket() {
    if (exchange_) broker_->end(exchange_->number(), session_, watch_);
}

void Broker::end(std::uint64_t number, const std::string& session, bool watch) {
    if (exchanges_.erase(number) > 0) say(control::WebOver{number, ""});
    if (watch) --watches_;
    else --streams_;
    if (watch) return;
    if (const auto found = streams_of_.find(session); found != streams_of_.end() && --found->second == 0) streams_of_.erase(found);
}

}  // namespace anteroom::web
