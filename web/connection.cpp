// Requests and answers.
#include "web/connection.h"

#include <boost/asio/co_spawn.hpp>

#include <array>

#include "base/crypto.h"
#include "base/log.h"
#include "web/cookie.h"

namespace anteroom::web {

namespace asio = boost::asio;
using Step = Guests::Step;

namespace {

constexpr std::size_t read_at_once = 8 * 1024, longest_agent = 200;

std::string value_of(const Head& head, std::string_view name) {
    const auto* value = head.field(name);
    return value ? *value : "";
}

std::string fresh_nonce() { return base64(crypto::random_bytes(18)); }

}  // namespace

Connection::Connection(House& house, asio::ip::tcp::socket socket, asio::ssl::context& context, Guests::Id id, std::string source)
    : house_(house), stream_(std::move(socket), context), id_(id), source_(std::move(source)) {}

Connection::~Connection() {
    wipe(buffer_.data(), buffer_.size());
    house_.guests.leave(id_);
}

void Connection::step(Step step) { house_.guests.step(id_, step, MonotonicClock::now()); }

asio::awaitable<void> Connection::run() {
    const auto self = shared_from_this();
    const bool greeted = co_await stream_.handshake();
    if (!greeted) co_return stream_.cut();
    step(Step::head);
    while (true) {
        const bool more = co_await serve_one();
        if (!more) break;
        step(Step::waiting);
    }
    step(Step::writing);
    co_await stream_.end();
}

asio::awaitable<bool> Connection::serve_one() {
    auto raw = co_await read_head();
    if (!raw) co_return co_await refused(raw.error(), false);
    if (raw->empty()) co_return false;
    auto head = parse_head(*raw);
    if (!head) co_return co_await refused(head.error(), false);
    // Behind a refused request that was only to be read nothing can be left over.
    const bool keep_alive = head->keep_alive && head->body == 0 && (head->method == "GET" || head->method == "HEAD");
    auto asked = judge(std::move(*head), house_.origin);
    if (!asked) co_return co_await refused(asked.error(), keep_alive);
    co_return co_await serve(std::move(*asked), std::move(*raw));
}

// Empty at the end of the connection.
asio::awaitable<Or<std::string>> Connection::read_head() {
    std::size_t end = end_of_head(buffer_);
    if (!buffer_.empty()) step(Step::head);
    while (end == 0) {
        if (buffer_.size() >= max_head) co_return refuse(431, "The head is longer than 16 KiB.");
        const auto before = buffer_.size();
        buffer_.reserve(max_head + read_at_once);  // never moved: a cookie stands in it
        buffer_.resize(before + read_at_once);
        const std::span<char> into(buffer_.data() + before, read_at_once);
        const auto size = co_await stream_.read(into);
        buffer_.resize(before + size);
        if (size == 0) co_return std::string();
        if (before == 0) step(Step::head);
        end = end_of_head(std::string_view(buffer_));
    }
    std::string head = buffer_.substr(0, end);
    buffer_.erase(0, end);
    co_return head;
}

asio::awaitable<Or<Secret>> Connection::read_body(std::size_t size) {
    Bytes body(size);
    const auto have = std::min(size, buffer_.size());
    std::copy_n(buffer_.begin(), have, body.begin());
    wipe(buffer_.data(), have);
    buffer_.erase(0, have);
    for (std::size_t at = have; at < size;) {
        const std::span<char> into(reinterpret_cast<char*>(body.data()) + at, size - at);
        const auto more = co_await stream_.read(into);
        if (more == 0) co_return refuse(400, "The body is not whole.");
        at += more;
    }
    co_return Secret(std::move(body));
}

asio::awaitable<bool> Connection::serve(Asked asked, std::string raw) {
    if (asked.kind == Kind::events) {
        co_await serve_events(shared_from_this(), std::move(asked));
        co_return false;
    }
    if (asked.kind == Kind::watch) {
        co_await serve_watch(shared_from_this(), std::move(asked), std::move(raw));
        co_return false;
    }
    wipe(raw.data(), raw.size());
    if (asked.kind == Kind::fetch) co_return co_await serve_fetch(shared_from_this(), std::move(asked));
    if (asked.kind == Kind::call) co_return co_await call(std::move(asked));
    const auto nonce = fresh_nonce();
    auto answer = house_.assets.answer(asked.target.path, asked.head.field("accept-encoding"), asked.head.field("if-none-match"), nonce);
    co_return co_await give(std::move(answer), asked.head_only, asked.head.keep_alive);
}

asio::awaitable<bool> Connection::call(Asked asked) {
    step(Step::body);
    auto body = co_await read_body(asked.head.body);
    if (!body) co_return false;
    step(Step::serving);
    control::WebCall call;
    call.method = asked.head.method == "POST" ? "POST" : "GET";
    call.path = asked.target.path;
    call.query = asked.target.query;
    call.session = asked.session.duplicate();
    call.csrf = value_of(asked.head, "x-anteroom-csrf");
    call.if_match = value_of(asked.head, "if-match");
    call.source = source_;
    call.agent = printable(value_of(asked.head, "user-agent"), longest_agent).substr(0, longest_agent);
    call.body = std::move(*body);
    auto said = co_await house_.broker.call(std::move(call));
    auto answer = said ? answer_of(std::move(*said)) : problem(said.error());
    co_return co_await give(std::move(answer), asked.head_only, asked.head.keep_alive);
}

Answer Connection::answer_of(control::WebAnswer&& said) {
    const auto token = said.session.expose_text();
    if (said.status < 200 || said.status > 599 || (!token.empty() && !is_token_text(token)))
        return problem({502, "The broker's answer cannot be passed on.", 0});
    Answer answer{said.status, said.status >= 400 ? "application/problem+json" : "application/json", {}, std::move(said.json), false, ""};
    if (!said.etag.empty() && said.etag.find_first_of("\r\n") == std::string::npos) answer.fields.emplace_back("ETag", said.etag);
    if (said.retry_after != 0) answer.fields.emplace_back("Retry-After", std::to_string(said.retry_after));
    if (!token.empty() || said.forget_session) answer.fields.emplace_back("Set-Cookie", set_cookie(said.forget_session ? "" : token));
    // Somebody who is signed in is no stranger who only takes up room.
    if (said.status < 400 && !said.forget_session && (!token.empty() || said.known)) house_.guests.prove(id_);
    return answer;
}

asio::awaitable<bool> Connection::give(Answer answer, bool head_only, bool keep_alive) {
    step(Step::writing);
    auto bytes = head_of(answer, house_.origin, answer.status == 304 ? std::optional<std::size_t>() : answer.body.size(), keep_alive);
    if (!head_only) bytes += answer.body;
    const bool written = co_await stream_.write(bytes);
    co_return written&& keep_alive;
}

asio::awaitable<bool> Connection::refused(Refusal refusal, bool keep_alive) {
    auto answer = problem(refusal);
    co_return co_await give(std::move(answer), false, keep_alive);
}

Answer instead_of(std::optional<Said>& said) {
    if (!said) return problem({504, "The broker did not answer in time.", 2});
    auto* answer = std::get_if<control::WebAnswer>(&*said);
    if (!answer || answer->status < 400 || answer->status > 599) return problem({503, "The broker is not there at the moment.", 2});
    return {answer->status, "application/problem+json", {}, std::move(answer->json), false, ""};
}

}  // namespace anteroom::web
