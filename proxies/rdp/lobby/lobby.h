// The lobby: the screen that a person sees while there is no target. It shows what the broker says, line by line, asks one question
// at a time and gives back what was typed. It knows neither RDP nor the broker's channel: keys and texts come in, answers come out,
// and it draws itself. Keyboard alone is enough; the mouse may be used. Memory stays bounded; what was typed in secret is wiped.
#pragma once

#include <deque>
#include <optional>

#include "base/clock.h"
#include "base/secret.h"
#include "proxies/rdp/lobby/canvas.h"
#include "proxies/rdp/lobby/transcript.h"
#include "proxies/rdp/lobby/typed_text.h"

namespace anteroom::rdp {

enum class Key : std::uint8_t { enter, escape, tab, back_tab, backspace, erase, left, right, home, end, up, down, page_up, page_down };

class Lobby {
public:
    struct Question {
        std::uint32_t number = 0;  // of the broker's AskLine, or the caller's own
        std::string label;         // may have several lines; the last one stands at the field
        bool echo = true;
        std::string preset;  // already in the field (a user name)
    };
    struct Answer {
        std::uint32_t number = 0;
        Secret text;
        bool left = false;  // Escape, or Ctrl-C
    };

    // `place`: the hospital's line at the top (the broker's banner; may be empty). `help`: whom to call, always in sight.
    Lobby(std::string place, std::string help);

    void say(std::string_view text);  // lines, appended; LF between them
    void ask(Question question);      // takes the place of the open one
    void call_back();                 // no question any more
    // Something goes on and nothing is asked ("Connecting to mri-3 as service ..."); empty: nothing does. Shown until the next.
    void busy(std::string text);
    // The last words: shown large, with a line that says how long they will be seen.
    void farewell(std::string sentence);
    static constexpr std::chrono::seconds farewell_time{20};
    // The farewell was seen for that long, or the person has closed it.
    bool over(Monotonic now) const;
    // Shown beside a secret field: what one types blindly depends on it. The layout's name (Keymap::name) may be empty.
    void keyboard(std::string layout, bool caps_lock);

    // What a terminal of this size would be called: for the broker's columns and QR codes.
    struct Room {
        int columns = 0, rows = 0;
    };
    static Room room(int width, int height);

    void press(Key key);
    void type(char32_t character);  // printable ones, and 3 for Ctrl-C
    void click(int x, int y);       // in the picture that was drawn last; a line that offers a choice by number takes it
    void scroll(int lines);         // the wheel; up, to what was said before, is positive

    // Escape where nothing is asked (while something goes on, or after the farewell) gives number 0, left.
    std::optional<Answer> take_answer();
    // Whether draw() would give another picture than the last time: something changed, or the caret blinks.
    bool stale(Monotonic now) const;
    void draw(Canvas& canvas, Monotonic now);

private:
    // Where things stood in the picture that was drawn last.
    struct Places {
        Box transcript, field, above, below;
        Metrics metrics;
    };
    bool offers() const;  // the list that was said last may be chosen from
    void answer(Secret text, std::string_view shown);
    void answer_choice(std::size_t choice);
    void answer_typed();
    void leave();
    void changed();
    void step_choice(int by);
    void press_on_choices(Key key);
    void press_in_field(Key key);
    void close_question();
    // What moves by itself, as a number that changes at most twice a second: the caret, the working mark, the seconds left.
    std::int64_t phase(Monotonic now) const;

    int draw_header(Canvas& canvas, const Metrics& metrics) const;
    int draw_help(Canvas& canvas, const Metrics& metrics) const;
    void draw_talk(Canvas& canvas, const Metrics& metrics, const Box& area, Monotonic now);
    int asked_height(Canvas& canvas, const Metrics& metrics, int most);
    void draw_question(Canvas& canvas, const Metrics& metrics, int y, Monotonic now);
    void draw_field(Canvas& canvas, const Metrics& metrics, const Box& box, Monotonic now);
    void draw_hints(Canvas& canvas, const Metrics& metrics, int y) const;
    void draw_working(Canvas& canvas, const Metrics& metrics, int y, Monotonic now) const;
    void draw_more(Canvas& canvas, const Metrics& metrics);
    void draw_farewell(Canvas& canvas, const Metrics& metrics, const Box& area, Monotonic now) const;

    std::string place_, help_, busy_, farewell_, layout_;
    Transcript transcript_;
    std::optional<Question> question_;
    std::string shown_label_;                              // the question's last line, without what ends a prompt
    std::vector<std::string> preface_;                     // its other lines
    std::vector<std::pair<std::string, Row>> asked_rows_;  // both as they stand above the field
    std::size_t label_rows_ = 0;                           // how many of these are the label
    std::optional<std::string> list_label_;                // the question that the list was said for
    std::deque<Answer> answers_;
    TypedText typed_;
    std::optional<std::size_t> chosen_;  // the choice that has the focus; none: the field has
    std::size_t last_chosen_ = 0;
    bool caps_lock_ = false, changed_ = true, touched_ = true, closed_ = false, show_choice_ = false;
    Monotonic touched_at_{};
    std::optional<Monotonic> parted_at_;
    std::int64_t drawn_phase_ = 0;
    int field_offset_ = 0;          // how far the typed text is scrolled, in pixels
    std::vector<int> field_stops_;  // x of each character in the picture, and of the end
    Places places_;
};

// A strip over a live session: one sentence on a bar at the top or bottom edge, at most a twelfth of the height, never in the middle.
// Gives the area that it covers.
Box draw_strip(Canvas& canvas, int screen_height, std::string_view text, bool urgent);
// How high the strip is on a screen of this size.
Box strip_area(int width, int height);

}  // namespace anteroom::rdp
