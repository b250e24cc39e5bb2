// One numbered matter between this server and the broker: a call, a stream of events, a watch. What the broker says about it waits here,
// bounded, until its connection takes it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <optional>
#include <variant>

#include "base/fd.h"
#include "broker/control/messages.h"

namespace anteroom::web {

struct Opened {  // a recording to watch
    control::WebRecording what;
    Fd file, index;  // index: may be none
};
struct Fetched {  // an export, while it is made
    control::WebExport what;
    Fd pipe;
};
// The last: nothing more comes; the sentence may be empty.
using Said = std::variant<control::WebAnswer, control::WebEvent, Opened, Fetched, control::WebEnd>;

class Exchange {
public:
    Exchange(boost::asio::io_context& io, std::uint64_t number, std::size_t most_bytes) : number_(number), most_bytes_(most_bytes), bell_(io) {}

    std::uint64_t number() const { return number_; }
    // The next thing that was said, or none within the limit. One caller at a time.
    boost::asio::awaitable<std::optional<Said>> next(Duration limit);
    // From the broker. Whoever does not take what comes is told that it is over.
    void say(Said said, std::size_t bytes);
    // Whoever waits in next() waits no longer: there is something else to do.
    void ring() { bell_.cancel(); }
    // The browser has left.
    void leave();

private:
    std::uint64_t number_;
    std::size_t most_bytes_, bytes_ = 0;
    bool over_ = false;
    std::deque<std::pair<Said, std::size_t>> waiting_;
    boost::asio::steady_timer bell_;
};

}  // namespace anteroom::web
