// LineEditor: one line typed by a person, where no terminal driver stands in between: echo, erasing, ending. Keys that move
// a cursor do nothing; nothing is repainted. It reads and writes nothing itself, and the line is wiped when it is done with.
#pragma once

#include <array>

#include "proxies/ssh/wiped_bytes.h"

namespace anteroom::ssh {

class LineEditor {
public:
    static constexpr std::size_t longest = 1024;  // bytes of a line; more ring the bell
    enum class State : std::uint8_t {
        editing,
        line,  // ended by Enter
        left,  // Ctrl-C, or Ctrl-D on an empty line
    };

    // With a terminal keys are edited and echoed; without one a line ends at LF, CR or both, and nothing else is special.
    void begin(bool terminal, bool echo);
    // Takes bytes until the line is done, and says how many. What the person is to see is appended to `shown`.
    std::size_t type(View bytes, WipedBytes& shown);

    State state() const { return state_; }
    bool empty() const { return line_.empty(); }
    // What stands behind the prompt.
    View visible() const { return terminal_ && echo_ ? line_.rest() : View(); }
    Secret take() { return line_.take(); }
    // The last line ended with CR: an LF that comes next belongs to it.
    bool after_return() const { return after_return_; }

private:
    enum class At : std::uint8_t { text, escape, csi, ss3 };
    void byte(std::uint8_t b, WipedBytes& shown);
    bool escape(std::uint8_t b);
    bool control(std::uint8_t b, WipedBytes& shown);
    void character(std::uint8_t b, WipedBytes& shown);
    void insert(View whole, WipedBytes& shown);
    void erase_character(WipedBytes& shown);
    void erase_word(WipedBytes& shown);

    bool terminal_ = false, echo_ = false, after_return_ = false;
    State state_ = State::editing;
    At at_ = At::text;
    WipedBytes line_;
    std::array<std::uint8_t, 4> character_{};  // an unfinished UTF-8 character
    std::size_t have_ = 0, need_ = 0;
};

}  // namespace anteroom::ssh
