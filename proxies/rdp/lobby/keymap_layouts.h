// The layouts as tables. A dead key stands in them as the combining character that it makes (U+0301 for ´).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace anteroom::rdp {

// From left to right, the upper row first: 13 keys from the one left of 1, 12 from Q, 12 from A, 11 from the one left of Z
// (ISO/IEC 9995: E00-E12, D01-D12, C01-C12, B00-B10).
inline constexpr std::size_t layout_keys = 48;

struct Layout {
    enum class Caps : std::uint8_t {
        letters,    // what Shift makes a capital of
        capitals,   // every letter, also where Shift makes something else of it (Swiss, Czech)
        shift_lock  // nearly every key
    };
    std::uint32_t id = 0;
    std::string_view name;
    std::u32string_view plain, shift;  // layout_keys each; a blank: nothing
    std::u32string_view alt_gr;        // pairs: the key's plain character, what AltGr makes of it
    std::u32string_view shift_alt_gr;  // likewise; for what is not listed, the capital of what AltGr alone makes
    Caps caps = Caps::letters;
    char32_t decimal = '.';            // on the keypad
    bool accented_consonants = false;  // ´c is one character, not two
};

std::span<const Layout> layouts();  // the first is US
// The layout of a client; `known` is false where another one stands in.
const Layout& layout_of(std::uint32_t id, bool& known);

bool is_dead(char32_t character);
char32_t spacing_of(char32_t dead);                                          // ´
char32_t composed(const Layout& layout, char32_t dead, char32_t character);  // 0: these do not go together
char32_t capital(char32_t character);                                        // itself where it has none

}  // namespace anteroom::rdp
