// EscapeKeys: Anteroom's own key on a terminal in a session: Enter, then Ctrl-], then a letter. Everything else goes through
// unchanged and in its order; a Ctrl-] at the beginning of a line only waits for the key after it.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace anteroom::ssh {

class EscapeKeys {
public:
    enum class Key : std::uint8_t { more_time, help };

    // What was typed; appends to `on` what goes to the target, to `pressed` what was meant for Anteroom.
    void type(View typed, Bytes& on, std::vector<Key>& pressed);
    // The input has ended: what waited goes on.
    void finish(Bytes& on);

private:
    bool line_begins_ = true, prefixed_ = false;
};

}  // namespace anteroom::ssh
