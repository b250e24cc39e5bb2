// From keys to characters for the lobby alone; a live session's keys go to the target as they are. Scancodes are set 1 with the
// extended bit at 0x100 (MS-RDPBCGR 2.2.8.1.1.3.1.1.1); layouts are Windows' ids (0x00000407 German). An unknown layout is taken
// for US, and says so. Both ways that clients send AltGr are understood: the right Alt alone, and with a left Ctrl before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "proxies/rdp/lobby/lobby.h"

namespace anteroom::rdp {

class Keymap {
public:
    explicit Keymap(std::uint32_t layout = 0x409);
    std::string_view name() const;  // "US", "German", ...
    bool known() const;             // false: the client's layout is not here; its language's first one stands in, or US
    bool caps_lock() const { return caps_; }

    // The synchronized state of the client's lock keys (TS_SYNC_EVENT). No key is held after it.
    void synchronize(bool caps_lock, bool num_lock);
    // What this event means: a key of the lobby, a character, or nothing (a modifier, a release, a dead key that waits).
    using Meaning = std::variant<std::monostate, Key, char32_t>;
    Meaning event(std::uint16_t scancode, bool down);
    // A second character of the last event: a dead key and a letter that do not go together are two, "^x". Taken once.
    std::optional<char32_t> also() { return std::exchange(also_, std::nullopt); }

private:
    bool modifier(std::uint16_t scancode, bool down);
    std::optional<char32_t> keypad(std::uint16_t scancode) const;
    char32_t on_key(std::size_t key) const;  // with the modifiers as they are; 0: nothing, a combining character: a dead key
    Meaning character(char32_t character);

    bool known_ = true;  // before layout_, which sets it
    const struct Layout* layout_;
    bool shift_left_ = false, shift_right_ = false, control_left_ = false, control_right_ = false, alt_ = false, alt_gr_ = false;
    bool caps_ = false, num_ = true, caps_held_ = false, num_held_ = false;
    char32_t dead_ = 0;
    std::optional<char32_t> also_;
};

}  // namespace anteroom::rdp
