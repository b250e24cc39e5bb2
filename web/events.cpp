// Server-sent events (WHATWG HTML, section 9.2): what the broker says goes on as it comes. A browser that does not read is let go; it comes
// back with the last id it has seen.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <array>
#include <charconv>

#include "web/connection.h"

namespace anteroom::web {

namespace asio = boost::asio;
using Step = Guests::Step;

namespace {

constexpr Duration beat = std::chrono::seconds(15), first_may_take = std::chrono::seconds(10);

// Ids are what a browser was once sent; anything else is from now on.
std::uint64_t number_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

// `?after=ID` is what the page knew when it asked for the stream; Last-Event-ID, of one that goes on by itself, is newer.
std::uint64_t behind(const Asked& asked) {
    constexpr std::string_view name = "after=";
    if (const auto* last = asked.head.field("last-event-id"); last && !last->empty()) return number_of(*last);
    const std::string_view query = asked.target.query;
    return query.starts_with(name) ? number_of(query.substr(name.size())) : 0;
}

// One event; a line break in `json` would end a field, and JSON needs none.
std::string frame_of(const control::WebEvent& event) {
    std::string out = event.id == 0 ? "" : "id: " + std::to_string(event.id) + "\n";
    out += "data: ";
    for (const char c : event.json) out += c == '\n' || c == '\r' ? ' ' : c;
    return out + "\n\n";
}

std::string opening(const House& house) {
    Answer answer{200, "text/event-stream", {}, "", false, ""};
    answer.fields.emplace_back("X-Accel-Buffering", "no");
    return head_of(answer, house.origin, std::nullopt, false) + "retry: 2000\n\n";
}

// A browser says nothing more behind its request; when it leaves, that is noticed at once and its place is free.
asio::awaitable<void> hear(std::shared_ptr<Connection> connection, std::shared_ptr<Exchange> exchange) {
    std::array<char, 512> nothing{};
    const auto size = co_await connection->stream().read(nothing);
    if (size != 0) connection->cut();
    exchange->leave();
}

}  // namespace

asio::awaitable<void> serve_events(std::shared_ptr<Connection> connection, Asked asked) {
    auto& house = connection->house();
    connection->step(Step::serving);
    control::WebListen message{0, asked.session.duplicate(), connection->source(), behind(asked)};
    auto ticket = house.broker.listen(std::move(message));
    if (!ticket) {
        auto answer = problem(ticket.error());
        co_await connection->give(std::move(answer), false, false);
        co_return;
    }
    auto said = co_await (**ticket).next(first_may_take);
    if (!said || !std::holds_alternative<control::WebEvent>(*said)) {
        auto answer = instead_of(said);
        co_await connection->give(std::move(answer), false, false);
        co_return;
    }
    house.guests.prove(connection->id());
    const auto executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, hear(connection, ticket->exchange()), asio::detached);
    std::string out = opening(house);
    while (true) {
        if (!said) out += ": \n\n";
        else if (const auto* event = std::get_if<control::WebEvent>(&*said)) out += frame_of(*event);
        else break;
        connection->step(Step::writing);
        const bool written = co_await connection->stream().write(out);
        if (!written) break;
        out.clear();
        connection->step(Step::waiting);
        said = co_await (**ticket).next(beat);
    }
    connection->cut();  // the other coroutine reads: there is no other good-bye
}

}  // namespace anteroom::web
