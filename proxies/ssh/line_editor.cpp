// Keys as terminals send them: CR for Enter, DEL or BS for backspace, ESC [ ... for arrows (ECMA-48 section 5.4).
#include "proxies/ssh/line_editor.h"

#include "recorder/terminal_filter.h"

namespace anteroom::ssh {

namespace {

constexpr std::uint8_t ctrl_c = 0x03, ctrl_d = 0x04, bell = 0x07, backspace = 0x08, ctrl_u = 0x15, ctrl_w = 0x17, esc = 0x1b, del = 0x7f;

struct Range {
    std::uint32_t first, last;
};
constexpr Range wide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
                          {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
constexpr Range narrow[] = {{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};

// The columns that a terminal gives the character, nearly.
int columns_of(View character) {
    std::uint32_t code = character[0];
    if (character.size() > 1) code = character[0] & (0x7fu >> character.size());
    for (const auto b : character.subspan(1)) code = (code << 6) | (b & 0x3fu);
    for (const auto& range : narrow)
        if (code >= range.first && code <= range.last) return 0;
    for (const auto& range : wide)
        if (code >= range.first && code <= range.last) return 2;
    return 1;
}

// The last character of a line of whole characters.
View last_character(View line) {
    std::size_t at = line.size();
    while (at > 0 && (line[--at] & 0xc0) == 0x80) {}
    return line.subspan(at);
}

}  // namespace

void LineEditor::begin(bool terminal, bool echo) {
    terminal_ = terminal;
    echo_ = echo;
    state_ = State::editing;
    at_ = At::text;
    line_.clear();
    wipe(character_.data(), character_.size());
    have_ = need_ = 0;
}

std::size_t LineEditor::type(View bytes, WipedBytes& shown) {
    std::size_t taken = 0;
    while (taken < bytes.size() && state_ == State::editing) byte(bytes[taken++], shown);
    // The pair CR LF is one end, also when it comes in two parts.
    if (state_ == State::line && after_return_ && taken < bytes.size()) {
        after_return_ = false;
        if (bytes[taken] == '\n') ++taken;
    }
    return taken;
}

void LineEditor::byte(std::uint8_t b, WipedBytes& shown) {
    if (std::exchange(after_return_, false) && b == '\n') return;
    if (b == '\r' || b == '\n') {
        after_return_ = b == '\r';
        state_ = State::line;
    } else if (!escape(b) && !control(b, shown)) {
        character(b, shown);
    }
}

// True when the byte belongs to an escape sequence. A control character ends one: Ctrl-C is always heard.
bool LineEditor::escape(std::uint8_t b) {
    if (!terminal_) return false;
    if (b == esc) {
        at_ = At::escape;
        return true;
    }
    if (b < 0x20 || b == del) at_ = At::text;
    switch (at_) {
        case At::text: return false;
        case At::escape: at_ = b == '[' ? At::csi : b == 'O' ? At::ss3 : At::text; return true;
        case At::csi:
            if (b >= 0x40 && b <= 0x7e) at_ = At::text;
            return true;
        case At::ss3: at_ = At::text; return true;
    }
    return false;
}

bool LineEditor::control(std::uint8_t b, WipedBytes& shown) {
    if (b >= 0x20 && b != del) return false;
    have_ = need_ = 0;
    if (!terminal_) return true;
    switch (b) {
        case ctrl_c:
            shown.append("^C");
            state_ = State::left;
            break;
        case ctrl_d:
            if (line_.empty()) state_ = State::left;
            break;
        case backspace:
        case del: erase_character(shown); break;
        case ctrl_u:
            while (!line_.empty()) erase_character(shown);
            break;
        case ctrl_w: erase_word(shown); break;
        default: break;
    }
    return true;
}

void LineEditor::character(std::uint8_t b, WipedBytes& shown) {
    if (need_ > 0) {
        const bool fits = have_ == 1 ? recorder::utf8_second_fits(character_[0], b) : (b & 0xc0) == 0x80;
        if (fits) {
            character_[have_++] = b;
            if (have_ == need_) {
                insert(View(character_.data(), have_), shown);
                have_ = need_ = 0;
            }
            return;
        }
        have_ = need_ = 0;
    }
    if (b < 0x80) return insert(View(&b, 1), shown);
    need_ = recorder::utf8_length(b);
    if (need_ == 0) return;  // not UTF-8: swallowed
    character_[0] = b;
    have_ = 1;
}

void LineEditor::insert(View whole, WipedBytes& shown) {
    if (whole.size() == 2 && whole[0] == 0xc2 && whole[1] < 0xa0) return;  // C1
    if (line_.size() + whole.size() > longest) {
        if (terminal_) shown.append(View(&bell, 1));
        return;
    }
    line_.append(whole);
    if (terminal_ && echo_) shown.append(whole);
}

void LineEditor::erase_character(WipedBytes& shown) {
    if (line_.empty()) return;
    const View last = last_character(line_.rest());
    if (echo_)
        for (int i = columns_of(last); i > 0; --i) shown.append("\b \b");
    line_.drop_last(last.size());
}

void LineEditor::erase_word(WipedBytes& shown) {
    while (!line_.empty() && line_.rest().back() == ' ') erase_character(shown);
    while (!line_.empty() && line_.rest().back() != ' ') erase_character(shown);
}

}  // namespace anteroom::ssh
