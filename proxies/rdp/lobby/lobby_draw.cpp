// How the lobby looks: one column in the middle of the screen. From the top: name and place, what was said, the question with its
// field, the keys; at the bottom always whom to call.
#include <fmt/format.h>

#include <algorithm>

#include "proxies/rdp/lobby/lobby.h"
#include "proxies/rdp/lobby/palette.h"
#include "proxies/rdp/lobby/utf8.h"

namespace anteroom::rdp {
namespace {

using namespace std::chrono_literals;
using palette::Ink;

Canvas::Style style(const Ink& ink, int pixels, bool bold = false) { return {.pixels = pixels, .bold = bold, .colour = ink.text}; }
int small(const Metrics& metrics) { return std::max(9, metrics.em * 7 / 8); }
int large(const Metrics& metrics) { return metrics.em * 3 / 2; }
// Where the baseline lies in a line of this height.
int base(int line) { return line - line / 3; }
int field_height(const Metrics& metrics) { return metrics.em * 9 / 4; }
int ring_width(const Metrics& metrics) { return std::max(3, metrics.em / 5); }

// Wrapped text in a box; gives the height it took. Rows beyond `most` are left out.
int paragraph(Canvas& canvas, const Box& at, std::string_view text, const Canvas::Style& look, int line, std::size_t most) {
    std::size_t rows = 0;
    for (std::size_t from = 0; from <= text.size() && rows < most;) {
        const auto end = std::min(text.find('\n', from), text.size());
        const auto one = text.substr(from, end - from);
        for (const auto& row : wrap(canvas, one, look, {at.width, look.pixels * 3 / 5})) {
            if (rows++ == most) break;
            for (const auto& piece : row)
                canvas.text(at.x + piece.x, at.y + static_cast<int>(rows - 1) * line + base(line), one.substr(piece.at, piece.size), look);
        }
        from = end + 1;
    }
    return static_cast<int>(std::min(rows, most)) * line;
}

}  // namespace

int Lobby::draw_header(Canvas& canvas, const Metrics& metrics) const {
    const int wide = canvas.width(), top = std::max(metrics.em / 2, metrics.margin * 2 / 3), big = large(metrics);
    const int x = metrics.column_x;
    canvas.fill({x, top + big / 8, std::max(3, metrics.em / 4), big}, palette::ring);
    const int text_x = x + metrics.em * 3 / 4;
    int y = top + big;
    int end = text_x + canvas.text(text_x, y, "Anteroom", style(palette::title, big, true));
    if (!place_.empty()) {
        const auto look = style(palette::place, metrics.em);
        const int right = x + metrics.column_width, needs = canvas.measure(place_, look), gap = metrics.em * 3 / 2;
        const bool beside = end + gap + needs <= right;
        if (!beside) {
            end = text_x - gap;
            y += metrics.line;
        }
        canvas.text(end + gap, y, shortened(canvas, place_, look, right - end - gap), look);
    }
    y += metrics.em * 3 / 4;
    canvas.fill({0, y, wide, std::max(1, metrics.em / 16)}, palette::rule);
    return y + std::max(1, metrics.em / 16);
}

// Gives the height that it takes at the bottom.
int Lobby::draw_help(Canvas& canvas, const Metrics& metrics) const {
    if (help_.empty()) return 0;
    const auto look = style(palette::help, metrics.em);
    const int most = std::max(1, canvas.height() / 5 / metrics.line), pad = metrics.em / 2;
    int rows = 0;
    for (std::size_t from = 0; from <= help_.size();) {
        const auto end = std::min(help_.find('\n', from), help_.size());
        rows += static_cast<int>(wrap(canvas, std::string_view(help_).substr(from, end - from), look, {metrics.column_width, metrics.cell}).size());
        from = end + 1;
    }
    rows = std::min(rows, most);
    const int height = rows * metrics.line + 2 * pad, y = canvas.height() - height;
    canvas.fill({0, y, canvas.width(), height}, palette::raised);
    paragraph(canvas, {metrics.column_x, y + pad, metrics.column_width, height}, help_, look, metrics.line, static_cast<std::size_t>(rows));
    return height;
}

// The height of what is asked, with its rows made ready; at most `most`.
int Lobby::asked_height(Canvas& canvas, const Metrics& metrics, int most) {
    asked_rows_.clear();
    const int below = field_height(metrics) + 2 * metrics.line + metrics.em;
    const auto room = static_cast<std::size_t>(std::max(1, (most - below) / metrics.line));
    const Wrapping wrapping{metrics.column_width, metrics.cell};
    for (const auto& line : preface_)
        for (auto& row : wrap(canvas, line, style(palette::said, metrics.em), wrapping)) asked_rows_.emplace_back(line, std::move(row));
    const auto label = shown_label_.empty() ? std::string(offers() ? "Your choice" : "Your answer") : shown_label_;
    auto rows = wrap(canvas, label, style(palette::label, metrics.em, true), wrapping);
    label_rows_ = std::min(rows.size(), room);
    for (std::size_t i = 0; i < label_rows_; ++i) asked_rows_.emplace_back(label, std::move(rows[i]));
    // Where not all of it fits, what stands next to the field stays.
    if (asked_rows_.size() > room) asked_rows_.erase(asked_rows_.begin(), asked_rows_.end() - static_cast<std::ptrdiff_t>(room));
    return static_cast<int>(asked_rows_.size()) * metrics.line + below;
}

void Lobby::draw_question(Canvas& canvas, const Metrics& metrics, int y, Monotonic now) {
    y += metrics.em / 2;
    for (std::size_t i = 0; i < asked_rows_.size(); ++i) {
        const auto& [text, row] = asked_rows_[i];
        const bool label = i + label_rows_ >= asked_rows_.size();
        if (label && i > 0 && i + label_rows_ == asked_rows_.size()) y += metrics.em / 4;
        for (const auto& piece : row)
            canvas.text(metrics.column_x + piece.x, y + base(metrics.line), std::string_view(text).substr(piece.at, piece.size),
                        style(label ? palette::label : palette::said, metrics.em, label));
        y += metrics.line;
    }
    y += metrics.em / 4;
    places_.field = {metrics.column_x, y, metrics.column_width, field_height(metrics)};
    draw_field(canvas, metrics, places_.field, now);
    draw_hints(canvas, metrics, y + field_height(metrics) + metrics.em / 4);
}

void Lobby::draw_field(Canvas& canvas, const Metrics& metrics, const Box& box, Monotonic now) {
    const int ring = ring_width(metrics), pad = ring + metrics.em / 2, room = std::max(1, box.width - 2 * pad);
    const auto look = style(palette::typed, metrics.em);
    canvas.fill(box, palette::sunken);
    constexpr std::string_view dot = "\u25cf";
    const auto dots = style(palette::typed, std::max(6, metrics.em * 3 / 4));
    const int dot_step = canvas.measure(dot, dots) + std::max(1, metrics.em / 12);
    std::string one;
    field_stops_.assign(1, 0);
    for (const auto character : typed_.characters()) {
        one.clear();
        append_utf8(one, character);
        field_stops_.push_back(field_stops_.back() + (question_->echo ? canvas.measure(one, look) : dot_step));
    }
    // The caret is always in sight.
    const int caret = field_stops_[typed_.caret()], thick = std::max(2, metrics.em / 9);
    field_offset_ = std::clamp(field_offset_, std::max(0, caret - room + thick), caret);
    field_offset_ = std::min(field_offset_, std::max(0, field_stops_.back() - room + thick));
    auto inside = canvas.part({box.x + pad - ring, box.y, room + 2 * ring, box.height});
    const int left = ring - field_offset_, baseline = (box.height + metrics.em * 7 / 10) / 2;
    for (std::size_t i = 0; i < typed_.size(); ++i) {
        const int x = left + field_stops_[i];
        if (x < -metrics.em * 2 || x > inside.width()) continue;
        if (!question_->echo) {
            inside.text(x, baseline - metrics.em / 12, dot, dots);
            continue;
        }
        one.clear();
        append_utf8(one, typed_.characters()[i]);
        inside.text(x, baseline, one, look);
    }
    wipe(one.data(), one.size());
    if (!chosen_ && phase(now) == 0) inside.fill({left + caret, ring + metrics.em / 4, thick, box.height - 2 * ring - metrics.em / 2}, palette::typed.text);
    canvas.frame(box, chosen_ ? std::max(1, ring / 2) : ring, chosen_ ? palette::ring_off : palette::ring);
    for (auto& stop : field_stops_) stop += left + box.x + pad - ring;
}

void Lobby::draw_hints(Canvas& canvas, const Metrics& metrics, int y) const {
    const auto look = style(palette::hint, small(metrics));
    std::vector<std::pair<std::string, Ink>> parts;
    if (!question_->echo && caps_lock_) parts.emplace_back("Caps Lock is on", palette::alert);
    if (chosen_) parts.emplace_back("Enter: take it   \u2191 \u2193: another   Tab: back to the field", palette::hint);
    else parts.emplace_back(offers() ? "Enter: continue   Tab or \u2191 \u2193: choose from the list" : "Enter: continue", palette::hint);
    parts.emplace_back("Esc: back", palette::hint);
    if (!question_->echo && !layout_.empty()) parts.emplace_back("Keyboard: " + layout_, palette::hint);
    const int gap = small(metrics) * 5 / 4, right = metrics.column_x + metrics.column_width, line = small(metrics) * 29 / 20;
    int x = metrics.column_x;
    for (const auto& [text, ink] : parts) {
        const auto shown = shortened(canvas, text, look, metrics.column_width);
        if (x > metrics.column_x && x + canvas.measure(shown, look) > right) {
            x = metrics.column_x;
            y += line;
        }
        x += canvas.text(x, y + base(line), shown, style(ink, small(metrics), ink.text == palette::alert.text)) + gap;
    }
}

void Lobby::draw_working(Canvas& canvas, const Metrics& metrics, int y, Monotonic now) const {
    y += metrics.em / 2;
    const auto look = style(palette::working, metrics.em, true);
    const int dot = std::max(3, metrics.em / 2), lit = static_cast<int>(phase(now));
    for (int i = 0; i < 4; ++i)
        canvas.fill({metrics.column_x + i * dot * 3 / 2, y + (metrics.line - dot) / 2, dot, dot}, i == lit ? palette::ring : palette::rule);
    const int x = metrics.column_x + 6 * dot + metrics.em / 2;
    const int used = paragraph(canvas, {x, y, metrics.column_x + metrics.column_width - x, metrics.line}, busy_, look, metrics.line, 3);
    const int line = small(metrics) * 29 / 20;
    canvas.text(metrics.column_x, y + used + metrics.em / 2 + base(line), "Esc: back", style(palette::hint, small(metrics)));
}

void Lobby::draw_more(Canvas& canvas, const Metrics& metrics) {
    places_.above = places_.below = {};
    const auto& area = places_.transcript;
    const auto bar = [&](int y, std::string_view text) {
        const Box box{area.x - metrics.em / 2, y, area.width + metrics.em, metrics.line};
        canvas.fill(box, palette::raised);
        const auto look = style(palette::more, small(metrics));
        canvas.text(area.x, y + base(metrics.line), shortened(canvas, text, look, area.width), look);
        return box;
    };
    if (area.height < 3 * metrics.line) return;
    if (transcript_.more_above(area)) places_.above = bar(area.y, "\u25b2  There is more above: Page Up");
    if (transcript_.more_below()) places_.below = bar(area.y + area.height - metrics.line, "\u25bc  There is more below: Page Down");
}

void Lobby::draw_talk(Canvas& canvas, const Metrics& metrics, const Box& area, Monotonic now) {
    const bool works = !question_ && !busy_.empty();
    // Between two questions the place of the field stays, so that nothing jumps.
    int asked = question_ ? asked_height(canvas, metrics, area.height * 2 / 3) : field_height(metrics) + 3 * metrics.line + metrics.em;
    asked = std::min(asked, area.height);
    const int most = area.height - asked;
    const int needs = transcript_.lay_out(canvas, metrics, most);
    auto& said = places_.transcript;
    said = {metrics.column_x, area.y, metrics.column_width, std::min(most, needs)};
    if (std::exchange(show_choice_, false) && chosen_) transcript_.show_choice(*chosen_, said);
    const int lean = std::min(metrics.em / 2, said.x);  // of the ring round a choice
    auto pane = canvas.part({said.x - lean, said.y, said.width + 2 * lean, said.height});
    transcript_.draw(pane, {lean, 0, said.width, said.height}, chosen_);
    draw_more(canvas, metrics);
    places_.field = {};
    if (question_) draw_question(canvas, metrics, said.y + said.height, now);
    else if (works) draw_working(canvas, metrics, said.y + said.height, now);
}

void Lobby::draw_farewell(Canvas& canvas, const Metrics& metrics, const Box& area, Monotonic now) const {
    const auto end = std::min(farewell_.find('\n'), farewell_.size());
    const int big = metrics.em * 5 / 4, line = big * 29 / 20;
    const auto rows = static_cast<std::size_t>(std::max(1, (area.height - 3 * metrics.line) / line));
    Box at{metrics.column_x, area.y, metrics.column_width, area.height};
    at.y += paragraph(canvas, at, std::string_view(farewell_).substr(0, end), style(palette::title, big, true), line, rows);
    if (end < farewell_.size()) {
        at.y += metrics.em / 2;
        const auto left = static_cast<std::size_t>(std::max(1, (area.y + area.height - at.y - 2 * metrics.line) / metrics.line));
        at.y += paragraph(canvas, at, std::string_view(farewell_).substr(end + 1), style(palette::said, metrics.em), metrics.line, left);
    }
    const auto left = std::max<std::int64_t>(0, farewell_time / 1s - phase(now));
    at.y += metrics.line / 2;
    const auto look = style(palette::hint, metrics.em);
    canvas.text(at.x, at.y + base(metrics.line), shortened(canvas, fmt::format("This window closes in {} s.   Esc: close it now", left), look, at.width), look);
}

void Lobby::draw(Canvas& canvas, Monotonic now) {
    if (touched_) touched_at_ = now;
    touched_ = false;
    if (!farewell_.empty() && !parted_at_) parted_at_ = now;
    const auto metrics = places_.metrics = Metrics::of(canvas.width(), canvas.height());
    canvas.fill({0, 0, canvas.width(), canvas.height()}, palette::night);
    const int top = draw_header(canvas, metrics), help = draw_help(canvas, metrics);
    const Box area{metrics.column_x, top + metrics.em, metrics.column_width, std::max(0, canvas.height() - help - top - 2 * metrics.em)};
    if (farewell_.empty()) draw_talk(canvas, metrics, area, now);
    else draw_farewell(canvas, metrics, area, now);
    drawn_phase_ = phase(now);
    changed_ = false;
}

}  // namespace anteroom::rdp
