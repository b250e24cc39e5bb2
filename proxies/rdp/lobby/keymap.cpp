// The state of the modifiers, and what a key means under it.
#include "proxies/rdp/lobby/keymap.h"

#include <array>

#include "proxies/rdp/lobby/keymap_layouts.h"

namespace anteroom::rdp {
namespace {

constexpr std::uint16_t extended = 0x100;
constexpr std::uint32_t polish = 0x415, brazilian = 0x416;
constexpr std::size_t no_key = layout_keys, brazilian_slash = layout_keys + 1;

// Where the key stands in a layout's rows.
std::size_t key_of(std::uint16_t scancode) {
    if (scancode == 0x29) return 0;
    if (scancode >= 0x02 && scancode <= 0x0D) return scancode - 0x02U + 1;
    if (scancode >= 0x10 && scancode <= 0x1B) return scancode - 0x10U + 13;
    if (scancode >= 0x1E && scancode <= 0x28) return scancode - 0x1EU + 25;
    if (scancode == 0x2B) return 36;
    if (scancode == 0x56) return 37;
    if (scancode >= 0x2C && scancode <= 0x35) return scancode - 0x2CU + 38;
    return scancode == 0x73 ? brazilian_slash : no_key;
}

struct Named {
    std::uint16_t scancode;
    Key key;
};
constexpr std::array<Named, 14> named{{{0x01, Key::escape},
                                       {0x0E, Key::backspace},
                                       {0x1C, Key::enter},
                                       {extended | 0x1C, Key::enter},
                                       {extended | 0x47, Key::home},
                                       {extended | 0x48, Key::up},
                                       {extended | 0x49, Key::page_up},
                                       {extended | 0x4B, Key::left},
                                       {extended | 0x4D, Key::right},
                                       {extended | 0x4F, Key::end},
                                       {extended | 0x50, Key::down},
                                       {extended | 0x51, Key::page_down},
                                       {extended | 0x53, Key::erase},
                                       {0x0F, Key::tab}}};

std::optional<Key> key_named(std::uint16_t scancode) {
    for (const auto& one : named)
        if (one.scancode == scancode) return one.key;
    return std::nullopt;
}

char32_t second_of(std::u32string_view pairs, char32_t first) {
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2)
        if (pairs[i] == first) return pairs[i + 1];
    return 0;
}

}  // namespace

Keymap::Keymap(std::uint32_t layout) : layout_(&layout_of(layout, known_)) {}

std::string_view Keymap::name() const { return layout_->name; }
bool Keymap::known() const { return known_; }

void Keymap::synchronize(bool caps_lock, bool num_lock) {
    shift_left_ = shift_right_ = control_left_ = control_right_ = alt_ = alt_gr_ = caps_held_ = num_held_ = false;
    caps_ = caps_lock;
    num_ = num_lock;
    dead_ = 0;
}

bool Keymap::modifier(std::uint16_t scancode, bool down) {
    // A lock key that is held repeats, and turns once all the same.
    const auto lock = [&](bool& on, bool& held) {
        if (down && !held) on = !on;
        held = down;
    };
    switch (scancode) {
        case 0x2A: shift_left_ = down; return true;
        case 0x36: shift_right_ = down; return true;
        case 0x1D: control_left_ = down; return true;
        case extended | 0x1D: control_right_ = down; return true;
        case 0x38: alt_ = down; return true;
        case extended | 0x38: alt_gr_ = down; return true;
        case 0x3A: lock(caps_, caps_held_); return true;
        case 0x45: lock(num_, num_held_); return true;
        default: return false;
    }
}

std::optional<char32_t> Keymap::keypad(std::uint16_t scancode) const {
    switch (scancode) {
        case 0x37: return '*';
        case 0x4A: return '-';
        case 0x4E: return '+';
        case extended | 0x35: return '/';
        case 0x7E: return '.';  // Brazilian keyboards
        default: break;
    }
    constexpr std::u32string_view digits = U"789 456 1230";
    if (!num_ || shift_left_ || shift_right_ || scancode < 0x47 || scancode > 0x53) return std::nullopt;
    if (scancode == 0x53) return layout_->decimal;
    const auto digit = digits[scancode - 0x47U];
    return digit == ' ' ? std::nullopt : std::optional(digit);
}

char32_t Keymap::on_key(std::size_t key) const {
    const bool slash = key == brazilian_slash;
    if (!slash && key >= layout_keys) return 0;
    if (slash && layout_->id != brazilian) return 0;
    const char32_t plain = slash ? U'/' : layout_->plain[key], shifted = slash ? U'?' : layout_->shift[key];
    const bool shift = shift_left_ || shift_right_, control = control_left_ || control_right_;
    if (alt_gr_ || (control && alt_)) {
        const auto third = second_of(layout_->alt_gr, plain);
        // Only the Polish layout minds Caps Lock here.
        if (shift == (caps_ && layout_->id == polish)) return third;
        const auto fourth = shift ? second_of(layout_->shift_alt_gr, plain) : 0;
        const auto large = capital(third);
        return fourth != 0 ? fourth : large != third ? large : 0;
    }
    const bool letter = capital(plain) != plain;
    bool turned = false;
    switch (layout_->caps) {
        case Layout::Caps::letters: turned = letter && capital(plain) == shifted; break;
        case Layout::Caps::capitals:
            if (caps_ && letter && capital(plain) != shifted) return shift ? shifted : capital(plain);
            turned = letter;
            break;
        // Not the key left of 1, the one left of Z, nor a dead key right of the digits.
        case Layout::Caps::shift_lock: turned = key != 0 && key != 37 && !(key == 12 && is_dead(plain)); break;
    }
    const auto out = shift != (caps_ && turned) ? shifted : plain;
    return out == ' ' ? 0 : out;
}

// A character after what a dead key left waiting.
Keymap::Meaning Keymap::character(char32_t character) {
    const auto waiting = std::exchange(dead_, 0);
    if (waiting == 0) {
        if (!is_dead(character)) return character;
        dead_ = character;
        return {};
    }
    if (character == ' ') return spacing_of(waiting);
    if (!is_dead(character))
        if (const auto one = composed(*layout_, waiting, character)) return one;
    also_ = is_dead(character) ? spacing_of(character) : character;
    return spacing_of(waiting);
}

Keymap::Meaning Keymap::event(std::uint16_t scancode, bool down) {
    also_.reset();
    // Shift keys that keyboards make up around the arrows are no keys.
    if (scancode == (extended | 0x2A) || scancode == (extended | 0x36)) return {};
    if (modifier(scancode, down) || !down) return {};
    const bool shift = shift_left_ || shift_right_;
    if (const auto digit = keypad(scancode)) return character(*digit);
    if (scancode == 0x39) return character(' ');
    auto key = key_named(scancode);
    // The keypad without its digits; its middle key is nothing.
    if (!key && scancode >= 0x47 && scancode <= 0x53) key = key_named(scancode | extended);
    if (key) {
        // What a dead key left waiting is what Backspace takes away.
        const bool waited = std::exchange(dead_, 0) != 0;
        if (waited && *key == Key::backspace) return {};
        return *key == Key::tab && shift ? Key::back_tab : *key;
    }
    const auto at = key_of(scancode);
    const bool control = control_left_ || control_right_, third = alt_gr_ || (control && alt_);
    if (control && !third) {
        const bool c = at < layout_keys && layout_->plain[at] == 'c';
        dead_ = 0;
        return c ? Meaning(char32_t{3}) : Meaning();
    }
    if (alt_ && !third) return {};
    const auto out = on_key(at);
    return out == 0 ? Meaning() : character(out);
}

}  // namespace anteroom::rdp
