// One terminal as its person saw it: what passed the TerminalFilter, rendered by libvterm. It tells what it shows and how another
// terminal is brought to the same state. Its memory is bounded by its size, which is bounded too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace anteroom::indexer {

struct Size {
    std::uint16_t columns = 80, rows = 24;
    bool operator==(const Size&) const = default;
};
inline constexpr Size largest{400, 120};  // larger ones are shown in that much
Size clamped(const Size& size);

struct Cursor {
    std::uint16_t column = 0, row = 0;
    bool visible = true;
    bool operator==(const Cursor&) const = default;
};

class Terminal {
public:
    struct Events {
        std::function<void(std::string line)> scrolled_off;
        std::function<void(std::string line)> line_ends;  // see await_line_end()
        std::function<void()> before_erasing;             // the screen, or the alternate screen, is about to go
    };
    Terminal(const Size& size, Events events);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    // Whole sequences and characters, as the TerminalFilter lets them through.
    void feed(std::string_view text);
    void resize(const Size& size);
    // The next line feed on the main screen tells the line that it ends.
    void await_line_end() { awaited_ = true; }

    const Size& size() const { return size_; }
    Cursor cursor() const;
    bool alternate() const { return alternate_; }
    // False while what stands behind the alternate screen is not known: it was resized meanwhile. repaint() would lose it.
    bool complete() const { return !lost_; }
    // UTF-8 without trailing blanks; of the line that the cursor is on, with what it was wrapped from.
    std::string line(std::uint16_t row) const;
    std::string cursor_line() const;
    // FORMAT.md, "Index": brings an empty terminal of this size to this state, and passes the TerminalFilter unchanged.
    std::string repaint() const;

    struct State;  // libvterm's

private:
    struct Modes {
        int top = 0, bottom = 0;  // the scroll region as it was asked for; 0, 0: all of it
        bool origin = false, insert = false, wraps = true, reversed = false, shifted = false;
        char charsets[2] = {'B', 'B'};
        bool saved = false;
        Cursor saved_cursor = {};
    };
    void plain(std::string_view text);
    std::string_view pass_quickly(std::string_view text);
    void characters(std::string_view text);
    void write(std::string_view bytes);
    void sequence(std::string_view sequence);
    void csi(std::string_view parameters, char final);
    void private_mode(std::string_view mode, bool set);
    std::string body(std::size_t limit) const;
    std::string paint(bool colours, bool marks) const;
    void finish(std::string& out) const;

    Size size_;
    Events events_;
    std::unique_ptr<State> state_;
    Modes modes_;
    bool alternate_ = false, visible_ = true, awaited_ = false, lost_ = false;
    std::string behind_;  // of the main screen, while the alternate one is shown
    Cursor still_at_;
    unsigned still_ = 0;  // characters since the cursor moved
};

}  // namespace anteroom::indexer
