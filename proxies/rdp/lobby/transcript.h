// What has been said and answered, newest at the bottom: bounded, broken into rows for the screen's width, scrolled by pixels. Lines
// with a number in front are choices; lines of block characters are a picture (a QR code) and drawn as squares without gaps.
#pragma once

#include <deque>
#include <optional>

#include "proxies/rdp/lobby/metrics.h"
#include "proxies/rdp/lobby/wrap.h"

namespace anteroom::rdp {

class Transcript {
public:
    static constexpr std::size_t most_lines = 400, longest_line = 4000, most_bytes = 96U << 10U;

    Transcript() = default;
    ~Transcript() { clear(); }
    Transcript(const Transcript&) = delete;
    Transcript& operator=(const Transcript&) = delete;

    void say(std::string_view text);  // LF between lines
    void answered(std::string_view label, std::string_view text);
    void clear();

    // For a place of this width that is at most this high; gives the height that all of it takes.
    int lay_out(const Canvas& canvas, const Metrics& metrics, int most_height);
    // Behind lay_out, into an area of its own width. At top and bottom rows may lean out: the canvas ends there.
    void draw(Canvas& canvas, const Box& area, std::optional<std::size_t> chosen);

    void scroll(int pixels);  // up is positive; kept within what there is
    void to_end() { scrolled_ = 0; }
    bool more_above(const Box& area) const { return height_ - scrolled_ > area.height; }
    bool more_below() const { return scrolled_ > 0; }
    void show_choice(std::size_t choice, const Box& area);

    // The numbers that are offered: those of the list that was said last.
    std::size_t choices() const { return choices_.size(); }
    int number_of(std::size_t choice) const { return choices_.at(choice); }
    std::optional<std::size_t> choice_at(const Box& area, int x, int y) const;  // in the picture drawn last

    unsigned list() const { return list_; }  // changes when another list is offered
    std::size_t size() const { return lines_.size(); }

private:
    struct Line {
        enum class Look : std::uint8_t { said, marked, answered, picture } look = Look::said;
        std::string text;
        std::size_t begins = 0;             // bytes at the front that are a choice's number
        std::optional<std::size_t> choice;  // index into choices_, while list_ is the list said last
        unsigned list = 0;
        bool opens = false;       // the first of what was said at once
        std::size_t columns = 0;  // of a picture
    };
    struct Placed {
        std::size_t line = 0;
        int y = 0, height = 0, module = 0;
        Row pieces;
    };
    void add(Line line);
    void recognize(Line& line, bool& listed);
    void place_picture(std::size_t& index, const Metrics& metrics, int most_height);
    void draw_picture(Canvas& canvas, const Placed& row, int x, int y) const;
    void draw_choice(Canvas& canvas, std::size_t choice, const Box& area);
    int top(const Box& area) const { return area.height - (height_ - scrolled_) + area.y; }
    std::optional<std::size_t> choice_of(const Placed& row) const;

    std::deque<Line> lines_;
    std::size_t bytes_ = 0;
    std::vector<int> choices_;
    unsigned list_ = 0;
    std::vector<Placed> rows_;
    Metrics metrics_;
    int height_ = 0, scrolled_ = 0, grown_from_ = 0, laid_for_ = 0;
    bool changed_ = true;
};

}  // namespace anteroom::rdp
