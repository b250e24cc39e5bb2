// What is shown of a session where nothing is chosen on the way, by `recording play` and in a cast: one terminal, and commands without a
// terminal while it is not open. What is left out beside it is told.
#pragma once

#include "recorder/plain_output.h"

namespace anteroom::recorder {

class OneTerminal {
public:
    // `channel`: nothing but that one, whatever it is; default: the first terminal. `as_recorded`: a terminal's output is not filtered.
    explicit OneTerminal(std::optional<std::uint32_t> channel, bool as_recorded = false) : named_(channel), channel_(channel), as_recorded_(as_recorded) {}
    // Whether this terminal is the one; the first that is asked for is.
    bool is(std::uint32_t channel);
    // What is shown of it; events of all tracks, in their order.
    std::string event(const Event& event);
    // A sentence on what event() has left out, once for each channel.
    std::optional<std::string> left_out() { return std::exchange(left_out_, std::nullopt); }
    std::string finish();

private:
    std::string output(const Event& event);
    void leave_out(std::uint32_t channel, std::string_view what);

    std::optional<std::uint32_t> named_, channel_;
    bool as_recorded_, open_ = false, restored_ = true;
    TerminalFilter filter_;
    Utf8Repair repair_;
    PlainOutput plain_;
    std::set<std::uint32_t> told_;
    std::optional<std::string> left_out_;
};

}  // namespace anteroom::recorder
