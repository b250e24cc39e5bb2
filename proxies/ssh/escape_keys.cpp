// As OpenSSH's client does with its ~, on another key: both work in one session.
#include "proxies/ssh/escape_keys.h"

namespace anteroom::ssh {

namespace {
constexpr std::uint8_t prefix = 0x1d;  // Ctrl-]
}

void EscapeKeys::type(View typed, Bytes& on, std::vector<Key>& pressed) {
    for (const auto b : typed) {
        if (prefixed_) {
            prefixed_ = false;
            if (b == 'x' || b == '?') {
                pressed.push_back(b == 'x' ? Key::more_time : Key::help);
                continue;  // nothing was typed on the target's line
            }
            on.push_back(prefix);
            line_begins_ = false;
            if (b == prefix) continue;
        } else if (line_begins_ && b == prefix) {
            prefixed_ = true;
            continue;
        }
        on.push_back(b);
        line_begins_ = b == '\r' || b == '\n';
    }
}

void EscapeKeys::finish(Bytes& on) {
    if (prefixed_) on.push_back(prefix);
    prefixed_ = false;
}

}  // namespace anteroom::ssh
