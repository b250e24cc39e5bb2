// libvterm renders; what it does not tell (scroll region, character sets, saved cursor) is read along from the sequences.
#include "recorder/indexer/terminal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "recorder/indexer/terminal_state.h"
#include "recorder/terminal_filter.h"

namespace anteroom::indexer {

namespace {

// Marks above and below a letter are kept by libvterm without a bound, and gone through again for each one.
constexpr unsigned most_still = 64;
constexpr std::size_t part_even = 32, part_odd = 31;
constexpr int wrapped_at_most = 8;

std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

std::string text_of(const VTermScreenCell* cells, int columns) {
    std::string out;
    for (int column = 0; column < columns; ++column) {
        const auto& cell = cells[column];
        if (cell.chars[0] == static_cast<std::uint32_t>(-1)) continue;  // the right half of a wide one
        if (cell.chars[0] == 0 || is_mark(cell.chars[0])) {
            out += ' ';
            continue;
        }
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; ++i) put_utf8(cell.chars[i], out);
    }
    return trimmed(std::move(out));
}

int push_line(int columns, const VTermScreenCell* cells, void* user) {
    const auto& scrolled_off = *static_cast<const std::function<void(std::string)>*>(user);
    if (scrolled_off) scrolled_off(text_of(cells, columns));
    return 0;
}

constexpr VTermScreenCallbacks callbacks{.damage = nullptr,
                                         .moverect = nullptr,
                                         .movecursor = nullptr,
                                         .settermprop = nullptr,
                                         .bell = nullptr,
                                         .resize = nullptr,
                                         .sb_pushline = push_line,
                                         .sb_popline = nullptr};

int number_of(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::size_t characters_in(std::string_view text, std::size_t most) {
    std::size_t at = 0;
    for (std::size_t n = 0; n < most && at < text.size(); ++n) at += std::max<std::size_t>(1, recorder::utf8_length(static_cast<std::uint8_t>(text[at])));
    return std::min(at, text.size());
}

}  // namespace

bool is_mark(std::uint32_t c) {
    constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 12> ranges{{{0x300, 0x36f},
                                                                              {0x483, 0x489},
                                                                              {0x591, 0x5c7},
                                                                              {0x610, 0x61a},
                                                                              {0x64b, 0x65f},
                                                                              {0x6d6, 0x6ed},
                                                                              {0x1ab0, 0x1aff},
                                                                              {0x1dc0, 0x1dff},
                                                                              {0x200b, 0x200f},
                                                                              {0x20d0, 0x20ff},
                                                                              {0xfe00, 0xfe2f},
                                                                              {0xe0100, 0xe01ef}}};
    return std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) { return c >= range.first && c <= range.second; });
}

void put_utf8(std::uint32_t c, std::string& out) {
    if (c < 0x20 || c == 0x7f || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || (c >= 0x80 && c < 0xa0)) c = 0xfffd;
    const auto byte = [&](std::uint32_t b) { out += static_cast<char>(b); };
    if (c < 0x80) return byte(c);
    if (c < 0x800) return byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f));
    if (c < 0x10000) return byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f));
    byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f));
}

Size clamped(const Size& size) { return {std::clamp<std::uint16_t>(size.columns, 2, largest.columns), std::clamp<std::uint16_t>(size.rows, 1, largest.rows)}; }

Terminal::Terminal(const Size& size, Events events) : size_(clamped(size)), events_(std::move(events)), state_(std::make_unique<State>()) {
    state_->terminal.reset(vterm_new(size_.rows, size_.columns));
    if (!state_->terminal) throw std::bad_alloc();
    vterm_set_utf8(state_->terminal.get(), 1);
    state_->state = vterm_obtain_state(state_->terminal.get());
    state_->screen = vterm_obtain_screen(state_->terminal.get());
    vterm_screen_enable_altscreen(state_->screen, 1);
    vterm_screen_set_callbacks(state_->screen, &callbacks, &events_.scrolled_off);
    vterm_screen_set_damage_merge(state_->screen, VTERM_DAMAGE_SCREEN);
    vterm_screen_reset(state_->screen, 1);
    write(
        "\x1b"
        "7");  // else what restores the cursor before it was saved would leave a black pen
}

Terminal::~Terminal() = default;

void Terminal::resize(const Size& size) {
    const Size wanted = clamped(size);
    if (wanted == size_) return;
    size_ = wanted;
    vterm_set_size(state_->terminal.get(), size_.rows, size_.columns);
    modes_.top = modes_.bottom = 0;
    lost_ = alternate_;
    behind_.clear();  // it would be wrapped wrongly
}

Cursor Terminal::cursor() const {
    VTermPos position{};
    vterm_state_get_cursorpos(state_->state, &position);
    return {static_cast<std::uint16_t>(std::clamp(position.col, 0, size_.columns - 1)), static_cast<std::uint16_t>(std::clamp(position.row, 0, size_.rows - 1)),
            visible_};
}

std::string Terminal::line(std::uint16_t row) const {
    std::vector<VTermScreenCell> cells;
    cells.reserve(size_.columns);
    for (int column = 0; column < size_.columns; ++column) cells.push_back(state_->cell(row, column));
    return text_of(cells.data(), size_.columns);
}

std::string Terminal::cursor_line() const {
    const int row = cursor().row;
    int first = row;
    const auto is_full = [&](int above) { return state_->cell(above, size_.columns - 1).chars[0] != 0; };
    while (first > 0 && row - first < wrapped_at_most && is_full(first - 1)) --first;
    std::string out;
    for (int at = first; at <= row; ++at) {
        auto text = line(static_cast<std::uint16_t>(at));
        // A blank where it was wrapped is part of it.
        if (at < row && state_->cell(at, size_.columns - 1).chars[0] == ' ') text += ' ';
        out += text;
    }
    return out;
}

void Terminal::write(std::string_view bytes) {
    if (!bytes.empty()) vterm_input_write(state_->terminal.get(), bytes.data(), bytes.size());
}

void Terminal::feed(std::string_view text) {
    while (!text.empty()) {
        const auto escape = std::min(text.find('\x1b'), text.size());
        plain(text.substr(0, escape));
        text.remove_prefix(escape);
        if (text.empty()) return;
        std::size_t end = 2;
        if (text.size() > 1 && text[1] == '[') end = text.find_first_of("@ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~", 2) + 1;
        else if (text.size() > 1 && (text[1] == '(' || text[1] == ')')) end = 3;
        if (end == 0 || end > text.size()) return;  // no filter lets half a sequence through
        sequence(text.substr(0, end));
        text.remove_prefix(end);
    }
}

// A flood of lines: those that nobody could see scroll by are told, and not rendered one by one.
std::string_view Terminal::pass_quickly(std::string_view text) {
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    const bool is_scrolling = !alternate_ && !awaited_ && modes_.top == 0 && modes_.bottom == 0;
    if (!is_scrolling || lines < std::size_t{3} * size_.rows || text.find_first_of("\b\v\f\x0e\x0f") != text.npos) return text;
    const auto first = text.find('\n') + 1;
    if (first < 2 || text[first - 2] != '\r') return text;
    characters(text.substr(0, first));
    write(std::string(size_.rows, '\n'));
    text.remove_prefix(first);
    for (std::size_t left = lines - 1; left > std::size_t{size_.rows} + 1; --left) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        while (line.ends_with('\r')) line.remove_suffix(1);
        line.remove_prefix(line.find_last_of('\r') + 1);  // what was written over
        std::string told(line);
        std::replace(told.begin(), told.end(), '\t', ' ');
        if (events_.scrolled_off) events_.scrolled_off(trimmed(std::move(told)));
        text.remove_prefix(end + 1);
    }
    return text;
}

void Terminal::plain(std::string_view text) {
    text = pass_quickly(text);
    while (!text.empty()) {
        const auto end = awaited_ && !alternate_ ? text.find('\n') : text.npos;
        characters(text.substr(0, end));
        if (end == text.npos) return;
        awaited_ = false;
        if (events_.line_ends) events_.line_ends(cursor_line());
        write("\n");
        text.remove_prefix(end + 1);
    }
}

void Terminal::characters(std::string_view text) {
    if (const auto shift = text.find_last_of("\x0e\x0f"); shift != text.npos) modes_.shifted = text[shift] == '\x0e';
    const auto is_ascii = [](char c) { return static_cast<std::uint8_t>(c) < 0x80; };
    bool even = true;
    while (!text.empty()) {
        const auto ascii = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_ascii) - text.begin());
        write(text.substr(0, ascii));
        text.remove_prefix(ascii);
        const auto others = text.substr(0, static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_ascii) - text.begin()));
        const auto part = others.substr(0, characters_in(others, even ? part_even : part_odd));
        text.remove_prefix(part.size());
        if (part.empty()) continue;
        const Cursor before = cursor();
        if (still_ >= most_still && before == still_at_) continue;
        write(part);
        still_ = cursor() == before ? still_ + static_cast<unsigned>(part.size()) : 0;
        still_at_ = before;
        even = !even;
    }
}

void Terminal::sequence(std::string_view sequence) {
    const char kind = sequence[1];
    if (kind == '[' && sequence.size() > 3 && sequence[2] == '?') return private_mode(sequence.substr(3, sequence.size() - 4), sequence.back() == 'h');
    if (kind == '[') csi(sequence.substr(2, sequence.size() - 3), sequence.back());
    if (kind == '(' || kind == ')') modes_.charsets[kind == ')'] = sequence[2];
    if (kind == '7') modes_.saved = true, modes_.saved_cursor = cursor();
    write(sequence);
}

void Terminal::csi(std::string_view parameters, char final) {
    switch (final) {
        case 'r': {
            const auto semicolon = parameters.find(';');
            modes_.top = number_of(parameters.substr(0, semicolon));
            modes_.bottom = semicolon == parameters.npos ? 0 : number_of(parameters.substr(semicolon + 1));
            break;
        }
        case 's': modes_.saved = true, modes_.saved_cursor = cursor(); break;
        case 'h':
        case 'l': modes_.insert = final == 'h'; break;
        case 'J':
            if (parameters != "1" && events_.before_erasing) events_.before_erasing();
            break;
        default: break;
    }
}

void Terminal::private_mode(std::string_view mode, bool set) {
    if (mode == "25") visible_ = set;
    if (mode == "7") modes_.wraps = set;
    if (mode == "6") modes_.origin = set;
    if (mode == "5") modes_.reversed = set;
    if (mode == "1048" && set) modes_.saved = true, modes_.saved_cursor = cursor();
    const bool switches = mode == "1049" || mode == "1047" || mode == "47";
    if (switches && set != alternate_) {
        if (events_.before_erasing) events_.before_erasing();
        if (set) behind_ = body(1u << 20);
        else behind_.clear();
        alternate_ = set;
        lost_ = false;
    }
    // libvterm does not know the oldest name of it.
    write("\x1b[?" + std::string(mode == "47" ? "1047" : mode) + (set ? "h" : "l"));
}

}  // namespace anteroom::indexer
