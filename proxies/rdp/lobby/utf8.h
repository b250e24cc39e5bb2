// UTF-8 read without trust: what is no character comes out as U+FFFD, one for each byte that does not fit.
#pragma once

#include <string>
#include <string_view>

namespace anteroom::rdp {

inline constexpr char32_t not_a_character = 0xFFFD;

// The character at `at`, which moves behind it. `at` is below text.size().
char32_t next_character(std::string_view text, std::size_t& at);
// Appends it; surrogates and what is beyond U+10FFFF as U+FFFD.
void append_utf8(std::string& out, char32_t character);
// False for controls, bidirectional marks and what else has no picture of its own: they are shown as a box.
bool drawable(char32_t character);

}  // namespace anteroom::rdp
