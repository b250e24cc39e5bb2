// Scan codes of set 1 (MS-RDPBCGR 2.2.8.1.1.3.1.1.1), named by a US keyboard's keys.
#include "recorder/keystroke_text.h"

namespace anteroom::recorder {

namespace {

constexpr Duration pause = std::chrono::seconds(3);
constexpr std::size_t longest_line = 400;
constexpr std::uint16_t extended_flag = 0x0100, release_flag = 0x8000, caps_lock_is_on = 0x0004;
constexpr std::uint16_t left_shift = 0x2a, right_shift = 0x36, control = 0x1d, alt = 0x38, caps_lock = 0x3a;

struct Characters {
    std::uint16_t first;
    std::string_view plain, shifted;
};
constexpr Characters rows[] = {
    {0x02, "1234567890-=", "!@#$%^&*()_+"},
    {0x10, "qwertyuiop[]", "QWERTYUIOP{}"},
    {0x1e, "asdfghjkl;'`", "ASDFGHJKL:\"~"},
    {0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?"},
    {0x37, "*", "*"},
    {0x39, " ", " "},
    {0x47, "789-456+1230.", "789-456+1230."},
};
struct Name {
    std::uint16_t code;
    std::string_view name;
};
constexpr Name names[] = {{0x01, "Esc"}, {0x0e, "Backspace"}, {0x0f, "Tab"}, {0x1c, "Enter"}, {0x57, "F11"}, {0x58, "F12"}};
constexpr Name extended_names[] = {{0x1c, "Enter"}, {0x47, "Home"},     {0x48, "Up"},     {0x49, "PageUp"}, {0x4b, "Left"}, {0x4d, "Right"}, {0x4f, "End"},
                                   {0x50, "Down"},  {0x51, "PageDown"}, {0x52, "Insert"}, {0x53, "Delete"}, {0x5b, "Win"},  {0x5c, "Win"},   {0x5d, "Menu"}};

std::string in_brackets(std::string_view name) { return "<" + std::string(name) + ">"; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void add_utf8(std::string& out, char32_t character) {
    const auto add = [&](char32_t bits) { out += static_cast<char>(bits); };
    if (character < 0x80) return add(character);
    if (character < 0x800) {
        add(0xC0 | (character >> 6));
        return add(0x80 | (character & 0x3F));
    }
    if (character < 0x10000) add(0xE0 | (character >> 12));
    else {
        add(0xF0 | (character >> 18));
        add(0x80 | ((character >> 12) & 0x3F));
    }
    add(0x80 | ((character >> 6) & 0x3F));
    add(0x80 | (character & 0x3F));
}

}  // namespace

Status KeystrokeText::add(Track track, const Keystroke& stroke) {
    if (track == Track::terminal_input) return put(stroke.at, stroke.channel, typed_at_terminal(stroke.bytes.expose()));
    return put(stroke.at, stroke.channel, pressed(TRY(decode_desktop_key(stroke.bytes.expose()))));
}

std::string KeystrokeText::typed_at_terminal(View bytes) {
    std::string out;
    for (const auto byte : bytes) {
        if (byte == '\r' || byte == '\n') out += "<Enter>";
        else if (byte == '\t') out += "<Tab>";
        else if (byte == 0x7f || byte == 0x08) out += "<Backspace>";
        else if (byte == 0x1b) out += "<Esc>";
        else if (byte < 0x20) out += std::string("<Ctrl+") + static_cast<char>(byte == 0 ? ' ' : byte < 27 ? byte + 'a' - 1 : byte + '@') + ">";
        else out += static_cast<char>(byte);
    }
    return out;
}

std::string KeystrokeText::pressed(const DesktopKey& key) {
    const bool down = (key.flags & release_flag) == 0;
    if (key.kind == KeyKind::locks) {
        capitals_ = (key.flags & caps_lock_is_on) != 0;
        return {};
    }
    if (key.kind == KeyKind::unicode) {
        if (!down) return {};
        std::string out;
        const auto high = std::exchange(high_surrogate_, std::uint16_t{0});
        if (key.code >= 0xD800 && key.code < 0xDC00) high_surrogate_ = key.code;
        else if (key.code < 0xDC00 || key.code > 0xDFFF) add_utf8(out, key.code);
        else if (high != 0) add_utf8(out, 0x10000U + ((high & 0x3FFU) << 10U) + (key.code & 0x3FFU));
        return out == "\r" || out == "\n" ? "<Enter>" : out == "\b" ? "<Backspace>" : out == "\t" ? "<Tab>" : out;
    }
    const bool extended = (key.flags & extended_flag) != 0;
    switch (key.code) {
        case left_shift:
        case right_shift: shift_ = down; return {};
        case control: control_ = down; return {};
        case alt: alt_ = down; return {};
        case caps_lock: capitals_ = capitals_ != down; return {};
        default: break;
    }
    return down ? named_key(key.code, extended) : std::string();
}

std::string KeystrokeText::named_key(std::uint16_t code, bool extended) const {
    std::string key;
    if (!extended)
        for (const auto& row : rows)
            if (code >= row.first && code - row.first < static_cast<int>(row.plain.size())) {
                const auto at = static_cast<std::size_t>(code - row.first);
                const bool upper = is_letter(row.plain[at]) ? shift_ != capitals_ : shift_;
                key = upper ? row.shifted[at] : row.plain[at];
            }
    if (extended && code == 0x35) key = "/";
    std::string name;
    for (const auto& one : extended ? std::span<const Name>(extended_names) : std::span<const Name>(names))
        if (one.code == code) name = one.name;
    if (!extended && code >= 0x3b && code <= 0x44) name = "F" + std::to_string(code - 0x3a);
    if (key.empty() && name.empty())
        name = "key " + hex(std::array<std::uint8_t, 2>{extended ? std::uint8_t{0xe0} : std::uint8_t{0}, static_cast<std::uint8_t>(code)});
    if (!control_ && !alt_) return key.empty() ? in_brackets(name) : key;
    return in_brackets(std::string(control_ ? "Ctrl+" : "") + (alt_ ? "Alt+" : "") + (key.empty() ? name : key));
}

Status KeystrokeText::put(Duration at, std::uint32_t channel, const std::string& text) {
    if (text.empty()) return ok();
    if (line_ && (line_->channel != channel || at - last_ > pause || line_->text.size() > longest_line)) TRY(finish());
    if (!line_) line_ = Line{at, channel, {}};
    line_->text += text;
    last_ = at;
    return text.ends_with("<Enter>") ? finish() : ok();
}

Status KeystrokeText::finish() {
    if (!line_) return ok();
    auto line = std::move(*line_);
    line_.reset();
    line.text = printable(line.text, line.text.size() + 1);
    return sink_(line);
}

}  // namespace anteroom::recorder
