// Texts as RDP's channels carry them, into UTF-8. What is no text is replaced, never refused: these are for records and rules.
#pragma once

#include "base/bytes.h"

namespace anteroom::rdp {

// UTF-16LE up to its first NUL or its end; lone surrogates become U+FFFD, half a unit at the end is passed over. Stops in front of
// the character that would make the text longer than `limit` bytes.
std::string from_utf16(View utf16, std::size_t limit = SIZE_MAX);
// One byte a character, up to the first NUL. Which code page it is the channel does not say: read as ISO 8859-1.
std::string from_single_bytes(View text, std::size_t limit = SIZE_MAX);
// A relative Windows path that stays where it is: parts between backslashes, none of them empty, "." or "..", no drive, no slash, no
// control character.
bool stays_below(std::string_view path);

}  // namespace anteroom::rdp
