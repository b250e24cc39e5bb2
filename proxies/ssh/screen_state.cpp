// ECMA-48 section 5.4 and 5.6, and xterm's private modes.
#include "proxies/ssh/screen_state.h"

#include <algorithm>

#include "recorder/terminal_filter.h"

namespace anteroom::ssh {

namespace {
constexpr std::uint8_t bel = 0x07, can = 0x18, sub = 0x1a, esc = 0x1b;
}

void ScreenState::feed(View output) {
    for (const auto b : output) byte(b);
}

void ScreenState::byte(std::uint8_t b) {
    if (b == esc) {
        at_ = At::escape;
        pending_ = 0;
        return;
    }
    if (b == can || b == sub) {
        at_ = At::text;
        pending_ = 0;
        return;
    }
    switch (at_) {
        case At::text: return text(b);
        case At::escape: return escape(b);
        case At::escape_rest:
            if (b >= 0x30) at_ = At::text;
            return;
        case At::csi: return csi(b);
        case At::osc:
            if (b == bel) at_ = At::text;
            return;
        case At::string: return;
    }
}

void ScreenState::text(std::uint8_t b) {
    if (pending_ > 0 && (b & 0xc0) == 0x80) {
        --pending_;
        return;
    }
    const auto length = b < 0x80 ? 1 : recorder::utf8_length(b);
    pending_ = static_cast<std::uint8_t>(length > 1 ? length - 1 : 0);
}

void ScreenState::escape(std::uint8_t b) {
    if (b < 0x20) return;  // carried out inside a sequence
    switch (b) {
        case '[':
            at_ = At::csi;
            marker_ = intermediate_ = 0;
            number_ = 0;
            first_ = true;
            names_the_screen_ = false;
            return;
        case ']': at_ = At::osc; return;
        case 'P':
        case 'X':
        case '^':
        case '_': at_ = At::string; return;
        case 'c': alternate_ = false; break;  // RIS
        default: break;
    }
    at_ = b < 0x30 ? At::escape_rest : At::text;
}

void ScreenState::end_parameter() {
    if (number_ == 47 || number_ == 1047 || number_ == 1049) names_the_screen_ = true;
    number_ = 0;
}

void ScreenState::csi(std::uint8_t b) {
    if (b < 0x20 || b >= 0x7f) return;
    if (b >= 0x40) return end_csi(b);
    if (b >= '0' && b <= '9') {
        number_ = std::min<std::uint32_t>(number_ * 10 + (b - '0'), 100000);
    } else if (b == ';' || b == ':') {
        end_parameter();
    } else if (b >= 0x3c && first_) {
        marker_ = b;
    } else {
        intermediate_ = b;
    }
    first_ = false;
}

void ScreenState::end_csi(std::uint8_t final) {
    end_parameter();
    at_ = At::text;
    if (marker_ == '?' && intermediate_ == 0 && names_the_screen_ && (final == 'h' || final == 'l')) alternate_ = final == 'h';
    if (marker_ == 0 && intermediate_ == '!' && final == 'p') alternate_ = false;  // DECSTR
}

}  // namespace anteroom::ssh
