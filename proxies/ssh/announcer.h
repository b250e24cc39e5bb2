// Announcer: what Anteroom itself has to say on a terminal in use, said where it garbles nothing. It looks at the output
// that the client got and says when and what to write; it writes nothing itself.
//   main screen       a line of its own, once the output was silent for 300 ms, after 5 s also between two sequences
//   alternate screen  the bell and the window's title; the line follows when the full-screen program has left
#pragma once

#include <deque>
#include <string>

#include "base/clock.h"
#include "proxies/ssh/screen_state.h"

namespace anteroom::ssh {

class Announcer {
public:
    void announce(std::string text, bool ring, Monotonic now);
    // What was just written to the client's terminal.
    void output(View bytes, Monotonic now);
    // What is to be written now, in one piece; empty when there is nothing, or not yet.
    std::string due(Monotonic now) const;
    // It has been written.
    void written(Monotonic now);
    bool waiting() const { return !pending_.empty() || titled_; }
    // Brings back a terminal that its full-screen program cannot restore any more, before the last sentence.
    std::string restore();

private:
    struct Notice {
        std::string text;
        bool ring = false, in_title = false;
        Monotonic since;
    };
    const Notice* untitled() const;
    std::string on_alternate(const Notice& notice) const;
    std::string on_main() const;

    ScreenState screen_;
    std::deque<Notice> pending_;
    bool titled_ = false;  // the window's own title waits on the terminal's stack
    Monotonic last_output_{}, left_alternate_{};
};

}  // namespace anteroom::ssh
