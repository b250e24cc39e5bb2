// A queue with a bell.
#include "web/exchange.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace anteroom::web {

boost::asio::awaitable<std::optional<Said>> Exchange::next(Duration limit) {
    if (waiting_.empty() && !over_) {
        boost::system::error_code ignored;  // rung, or the time is over
        bell_.expires_after(limit);
        co_await bell_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    }
    std::optional<Said> said;
    if (waiting_.empty() && over_) {
        said.emplace(std::in_place_type<control::WebEnd>);
    } else if (!waiting_.empty()) {
        said.emplace(std::move(waiting_.front().first));
        bytes_ -= waiting_.front().second;
        waiting_.pop_front();
    }
    co_return said;
}

void Exchange::leave() {
    waiting_.clear();
    bytes_ = 0;
    over_ = true;
    bell_.cancel();
}

void Exchange::say(Said said, std::size_t bytes) {
    if (over_) return;
    if (bytes_ + bytes > most_bytes_) return leave();
    over_ = std::holds_alternative<control::WebEnd>(said);
    bytes_ += bytes;
    waiting_.emplace_back(std::move(said), bytes);
    bell_.cancel();
}

}  // namespace anteroom::web
