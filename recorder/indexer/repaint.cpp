// The whole state of a terminal as text and sequences. Blank cells keep their background only, as terminals erase.
#include <fmt/format.h>

#include "recorder/index_format.h"
#include "recorder/indexer/terminal_state.h"

namespace anteroom::indexer {

namespace {

constexpr std::size_t most_repaint = recorder::index::max_frame_plain - 4096;

struct Pen {
    VTermScreenCellAttrs attributes{};
    VTermColor foreground{}, background{};
};

void put_colour(const VTermColor& colour, bool background, std::string& out) {
    const int base = background ? 40 : 30;
    if (background ? VTERM_COLOR_IS_DEFAULT_BG(&colour) : VTERM_COLOR_IS_DEFAULT_FG(&colour)) return;
    const auto to = std::back_inserter(out);
    if (VTERM_COLOR_IS_RGB(&colour)) fmt::format_to(to, ";{};2;{};{};{}", base + 8, colour.rgb.red, colour.rgb.green, colour.rgb.blue);
    else if (colour.indexed.idx < 8) fmt::format_to(to, ";{}", base + colour.indexed.idx);
    else if (colour.indexed.idx < 16) fmt::format_to(to, ";{}", base + 60 + colour.indexed.idx - 8);
    else fmt::format_to(to, ";{};5;{}", base + 8, colour.indexed.idx);
}

std::string sgr(const Pen& pen) {
    std::string out = "\x1b[0";
    const auto& a = pen.attributes;
    if (a.bold) out += ";1";
    if (a.italic) out += ";3";
    if (a.underline == VTERM_UNDERLINE_SINGLE) out += ";4";
    if (a.underline == VTERM_UNDERLINE_DOUBLE) out += ";21";
    if (a.underline == VTERM_UNDERLINE_CURLY) out += ";4:3";
    if (a.blink) out += ";5";
    if (a.reverse) out += ";7";
    if (a.strike) out += ";9";
    if (a.font > 0) fmt::format_to(std::back_inserter(out), ";{}", 10 + a.font);
    put_colour(pen.foreground, false, out);
    put_colour(pen.background, true, out);
    return out + "m";
}

bool is_blank(const VTermScreenCell& cell) { return cell.chars[0] == 0; }
// A mark without a letter cannot be painted where it stands.
bool is_letter(const VTermScreenCell& cell) { return !is_blank(cell) && !is_mark(cell.chars[0]); }

std::string sgr(const VTermScreenCell& cell, bool reversed) {
    Pen pen;
    pen.background = cell.bg;
    pen.foreground.type = VTERM_COLOR_DEFAULT_FG;
    if (is_blank(cell)) return sgr(pen);
    pen.attributes = cell.attrs;
    pen.attributes.reverse = (pen.attributes.reverse ^ reversed) & 1;  // libvterm says it as it is seen
    pen.foreground = cell.fg;
    return sgr(pen);
}

std::string to_position(const Cursor& cursor) { return fmt::format("\x1b[{};{}H", cursor.row + 1, cursor.column + 1); }

}  // namespace

// `marks`: what stands above and below letters.
std::string Terminal::paint(bool colours, bool marks) const {
    std::string out, pen = "\x1b[0m";
    for (int row = 0; row < size_.rows; ++row) {
        std::string line, blanks;
        for (int column = 0; column < size_.columns; ++column) {
            const auto cell = state_->cell(row, column);
            if (cell.chars[0] == static_cast<std::uint32_t>(-1)) continue;
            const auto wanted = colours ? sgr(cell, modes_.reversed) : std::string("\x1b[0m");
            std::string& to = is_blank(cell) && wanted == "\x1b[0m" ? blanks : line;
            if (&to == &line) line += std::exchange(blanks, {});  // the last ones of a line need not be said
            if (wanted != pen) to += pen = wanted;
            if (!is_letter(cell)) to += ' ';
            for (int i = 0; is_letter(cell) && i < (marks ? VTERM_MAX_CHARS_PER_CELL : 1) && cell.chars[i] != 0; ++i) put_utf8(cell.chars[i], to);
        }
        if (blanks.find('\x1b') != blanks.npos) pen.clear();  // what it would have set was not said
        if (!line.empty()) out += fmt::format("\x1b[{}H", row + 1) + line;
    }
    return out;
}

std::string Terminal::body(std::size_t limit) const {
    std::string out = paint(true, true);
    if (out.size() > limit) out = paint(false, false);
    if (out.size() > limit) out.clear();
    return "\x1b[0m" + out + "\x1b[0m" + to_position(cursor());
}

// Modes, saved cursor, cursor and pen, behind what was painted.
void Terminal::finish(std::string& out) const {
    out += "\x1b[0m";
    if (modes_.top != 0 || modes_.bottom != 0) out += fmt::format("\x1b[{};{}r", modes_.top, modes_.bottom);
    if (modes_.saved)
        out += to_position(modes_.saved_cursor) +
               "\x1b"
               "7";
    Cursor at = cursor();
    if (modes_.origin) {
        out += "\x1b[?6h";
        const int top = std::max(modes_.top, 1) - 1;
        at.row = static_cast<std::uint16_t>(std::max(0, at.row - top));
    }
    out += to_position(at);
    for (const bool second : {false, true})
        if (modes_.charsets[second] != 'B') out += std::string("\x1b") + (second ? ')' : '(') + modes_.charsets[second];
    if (modes_.shifted) out += '\x0e';
    if (modes_.insert) out += "\x1b[4h";
    if (!modes_.wraps) out += "\x1b[?7l";
    if (modes_.reversed) out += "\x1b[?5h";
    if (!visible_) out += "\x1b[?25l";
    Pen pen;
    VTermValue value{};
    const auto attribute = [&](VTermAttr which) { return vterm_state_get_penattr(state_->state, which, &value) != 0; };
    if (attribute(VTERM_ATTR_BOLD)) pen.attributes.bold = value.boolean & 1;
    if (attribute(VTERM_ATTR_UNDERLINE)) pen.attributes.underline = value.number & 3;
    if (attribute(VTERM_ATTR_ITALIC)) pen.attributes.italic = value.boolean & 1;
    if (attribute(VTERM_ATTR_BLINK)) pen.attributes.blink = value.boolean & 1;
    if (attribute(VTERM_ATTR_REVERSE)) pen.attributes.reverse = value.boolean & 1;
    if (attribute(VTERM_ATTR_STRIKE)) pen.attributes.strike = value.boolean & 1;
    if (attribute(VTERM_ATTR_FONT)) pen.attributes.font = value.number & 15;
    if (attribute(VTERM_ATTR_FOREGROUND)) pen.foreground = value.color;
    if (attribute(VTERM_ATTR_BACKGROUND)) pen.background = value.color;
    out += sgr(pen);
}

std::string Terminal::repaint() const {
    std::string out;
    if (alternate_) out = behind_ + "\x1b[?1049h";
    out += body(most_repaint - out.size());
    finish(out);
    return out;
}

}  // namespace anteroom::indexer
