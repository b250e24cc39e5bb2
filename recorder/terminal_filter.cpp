// A state machine after ECMA-48 and xterm's ctlseqs, turned round: every sequence is parsed whole, and only those on the
// list are written out again. A byte of a sequence that is not allowed never reaches the terminal (CVE-2023-28486/7).
#include "recorder/terminal_filter.h"

#include <algorithm>
#include <vector>

namespace anteroom::recorder {

namespace {

constexpr std::uint8_t esc = 0x1b, can = 0x18, sub = 0x1a, bel = 0x07;
constexpr std::size_t most_parameters = 32, most_digits = 4;

// No number above 9999 (a repeat count is work for the terminal), no more numbers than xterm reads, ':' only in colours.
bool parameters_are_sane(std::string_view parameters, bool colons) {
    std::size_t digits = 0, count = 1;
    for (const char c : parameters) {
        if (c >= '0' && c <= '9') {
            if (++digits > most_digits) return false;
            continue;
        }
        if (c != ';' && !(colons && c == ':')) return false;
        digits = 0;
        if (++count > most_parameters) return false;
    }
    return true;
}

std::vector<std::string> split(std::string_view parameters) {
    std::vector<std::string> out(1);
    for (const char c : parameters) {
        if (c == ';') out.emplace_back();
        else out.back() += c;
    }
    return out;
}

bool csi_allowed(std::string_view p, char final) {
    switch (final) {
        case 'm': return parameters_are_sane(p, true);
        case 'A':
        case 'B':
        case 'C':
        case 'D':
        case 'E':
        case 'F':
        case 'G':
        case 'H':
        case 'I':
        case 'L':
        case 'M':
        case 'P':
        case 'S':
        case 'X':
        case 'Z':
        case '@':
        case '`':
        case 'a':
        case 'b':
        case 'd':
        case 'e':
        case 'f':
        case 'r': return parameters_are_sane(p, false);
        case 'T': return parameters_are_sane(p, false) && p.find(';') == p.npos;  // with five numbers it is mouse tracking
        case 'J': return p.empty() || p == "0" || p == "1" || p == "2";           // 3 erases the reviewer's scroll-back
        case 'K': return p.empty() || p == "0" || p == "1" || p == "2";
        case 's':
        case 'u': return p.empty();  // with numbers: margins, keyboard protocols
        case 'h':
        case 'l': return p == "4";  // insert mode; 2 would lock the keyboard
        default: return false;      // c, n, p, q, t, x, i, y, {, |, ... answer, print or change modes
    }
}

// DEC modes that concern only what is shown.
bool is_alternate(std::string_view mode) { return mode == "1049" || mode == "1047" || mode == "47"; }
bool mode_allowed(std::string_view mode) { return is_alternate(mode) || mode == "1048" || mode == "25" || mode == "7" || mode == "6" || mode == "5"; }

}  // namespace

std::size_t utf8_length(std::uint8_t lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return 2;
    if (lead >= 0xe0 && lead <= 0xef) return 3;
    if (lead >= 0xf0 && lead <= 0xf4) return 4;
    return 0;
}

bool utf8_second_fits(std::uint8_t lead, std::uint8_t second) {
    if ((second & 0xc0) != 0x80) return false;
    if (lead == 0xe0) return second >= 0xa0;  // overlong
    if (lead == 0xed) return second < 0xa0;   // surrogates
    if (lead == 0xf0) return second >= 0x90;  // overlong
    if (lead == 0xf4) return second < 0x90;   // above U+10FFFF
    return true;
}

void TerminalFilter::feed(View bytes, std::string& out) {
    for (const std::uint8_t b : bytes) byte(b, out);
}

void TerminalFilter::byte(std::uint8_t b, std::string& out) {
    if (at_ == At::text) return text(b, out);
    if (at_ == At::string || at_ == At::string_escape) return string(b, out);
    if (b == esc) {
        at_ = At::escape;
        return;
    }
    if (b == can || b == sub) {
        at_ = At::text;
        return;
    }
    if (b < 0x20) return control(b, out);  // executed in the middle of a sequence, as terminals do
    if (b >= 0x7f) {                       // no sequence has such a byte
        at_ = At::text;
        return text(b, out);
    }
    switch (at_) {
        case At::escape: return escape(b, out);
        case At::charset: return charset(b, out);
        case At::escape_rest:
            if (b >= 0x30) at_ = At::text;
            return;
        default: return csi(b, out);
    }
}

void TerminalFilter::text(std::uint8_t b, std::string& out) {
    if (need_ > 0 && continue_character(b, out)) return;
    if (b == esc) at_ = At::escape;
    else if (b < 0x20) control(b, out);
    else if (b < 0x7f) out += static_cast<char>(b);
    else if (b > 0x7f) begin_character(b, out);
}

// False: `b` does not belong to the unfinished character, which is replaced, and stands for itself.
bool TerminalFilter::continue_character(std::uint8_t b, std::string& out) {
    const bool fits = have_ == 1 ? utf8_second_fits(character_[0], b) : (b & 0xc0) == 0x80;
    if (!fits) {
        out += replacement_character;
        need_ = 0;
        return false;
    }
    character_[have_++] = b;
    if (have_ < need_) return true;
    // U+0080 to U+009F are controls: to many terminals the same as ESC and a letter.
    const bool c1 = character_[0] == 0xc2 && character_[1] < 0xa0;
    if (!c1) out.append(character_.begin(), character_.begin() + static_cast<std::ptrdiff_t>(have_));
    need_ = 0;
    return true;
}

void TerminalFilter::begin_character(std::uint8_t b, std::string& out) {
    need_ = utf8_length(b);
    have_ = 1;
    character_[0] = b;
    if (need_ == 0) out += replacement_character;  // an 8-bit control among them
}

void TerminalFilter::control(std::uint8_t b, std::string& out) {
    switch (b) {
        case '\b':
        case '\t':
        case '\n':
        case '\v':
        case '\f':
        case '\r':
        case 0x0e:
        case 0x0f: out += static_cast<char>(b); break;
        default: break;  // ENQ makes a terminal answer, BEL wakes the neighbours
    }
}

void TerminalFilter::escape(std::uint8_t b, std::string& out) {
    at_ = At::text;
    switch (b) {
        case '[':
            at_ = At::csi;
            sequence_.clear();
            return;
        case ']':
        case 'P':
        case '_':
        case '^':
        case 'X':
        case 'k':  // OSC, DCS, APC, PM, SOS, screen's title
            at_ = At::string;
            string_kind_ = static_cast<char>(b);
            string_bytes_ = 0;
            return;
        case '(':
        case ')':
            at_ = At::charset;
            intermediate_ = static_cast<char>(b);
            return;
        case '7':
        case '8':
        case 'D':
        case 'E':
        case 'M':
            out += '\x1b';
            out += static_cast<char>(b);
            return;
        case 'c': return replace_reset(out);
        default:
            // ESC %, SP, #, *, ...: an encoding or an 8-bit mode to switch to. More intermediates and one final follow.
            if (b < 0x30) at_ = At::escape_rest;
    }
}

void TerminalFilter::charset(std::uint8_t b, std::string& out) {
    at_ = b < 0x30 ? At::escape_rest : At::text;
    if (b != 'B' && b != '0' && b != 'A') return;
    out += '\x1b';
    out += intermediate_;
    out += static_cast<char>(b);
}

void TerminalFilter::csi(std::uint8_t b, std::string& out) {
    if (b >= 0x40) {
        const bool whole = at_ == At::csi;
        at_ = At::text;
        if (whole) finish_csi(static_cast<char>(b), out);
        return;
    }
    if (sequence_.size() == longest_sequence) at_ = At::csi_drop;
    else sequence_ += static_cast<char>(b);
}

void TerminalFilter::finish_csi(char final, std::string& out) {
    if (!sequence_.empty() && sequence_[0] == '?' && (final == 'h' || final == 'l')) return private_modes(final == 'h', out);
    if (!csi_allowed(sequence_, final)) return;
    out += "\x1b[";
    out += sequence_;
    out += final;
}

void TerminalFilter::private_modes(bool set, std::string& out) {
    const auto modes = split(std::string_view(sequence_).substr(1));
    if (modes.size() > most_parameters) return;
    for (const auto& mode : modes) {
        if (!mode_allowed(mode)) continue;
        if (is_alternate(mode)) alternate_ = !set ? nullptr : mode == "1049" ? "\x1b[?1049l" : mode == "1047" ? "\x1b[?1047l" : "\x1b[?47l";
        out += "\x1b[?" + mode + (set ? 'h' : 'l');
    }
}

// A full reset (ESC c) also resets key modes and the reviewer's own settings: only its visible part is kept.
void TerminalFilter::replace_reset(std::string& out) {
    out += finish();
    out += "\x1b[2J\x1b[H";
}

// Strings are swallowed, so ending one early is harmless, and ending one late hides text from the reviewer. Hence a line's
// end also ends one, except a DCS (images have line ends).
void TerminalFilter::string(std::uint8_t b, std::string& out) {
    if (at_ == At::string_escape) {
        at_ = At::escape;
        if (b == '\\') at_ = At::text;
        else byte(b, out);
        return;
    }
    const bool line_end = (b == '\n' || b == '\r') && string_kind_ != 'P';
    if (b == esc) at_ = At::string_escape;
    else if (b == bel || b == can || b == sub || line_end || ++string_bytes_ >= longest_string) at_ = At::text;
    if (line_end) control(b, out);
}

std::string TerminalFilter::finish() {
    std::string out;
    if (need_ > 0) out += replacement_character;
    need_ = 0;
    at_ = At::text;
    if (alternate_) out += alternate_;
    alternate_ = nullptr;
    // The scroll region's reset homes the cursor: hence saved and restored around it.
    out +=
        "\x1b[0m\x1b[4l\x1b[?5l\x1b[?6l\x1b[?7h\x1b[?25h\x1b(B\x1b)B\x0f\x1b"
        "7\x1b[r\x1b"
        "8";
    return out;
}

void Utf8Repair::feed(View bytes, std::string& out) {
    for (const std::uint8_t b : bytes) {
        if (need_ > 0) {
            const bool fits = have_ == 1 ? utf8_second_fits(held_[0], b) : (b & 0xc0) == 0x80;
            if (fits) {
                held_[have_++] = b;
                if (have_ < need_) continue;
                out.append(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(have_));
                need_ = 0;
                continue;
            }
            finish(out);
        }
        const std::size_t length = utf8_length(b);
        if (length == 1) out += static_cast<char>(b);
        else if (length == 0) out += replacement_character;
        else {
            held_[0] = b;
            have_ = 1;
            need_ = length;
        }
    }
}

void Utf8Repair::finish(std::string& out) {
    if (need_ > 0) out += replacement_character;
    need_ = 0;
}

}  // namespace anteroom::recorder
