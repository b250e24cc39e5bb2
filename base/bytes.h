// Bytes and their text forms. Bytes owns, View looks; base64 is RFC 4648 section 4, hex is lower case.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace anteroom {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

inline View view(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
inline Bytes to_bytes(View bytes) { return {bytes.begin(), bytes.end()}; }
inline Bytes to_bytes(std::string_view text) { return to_bytes(view(text)); }
inline std::string to_string(View bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string hex(View bytes);
Result<Bytes> from_hex(std::string_view text);
std::string base64(View bytes);
std::string base64_unpadded(View bytes);           // as OpenSSH prints fingerprints
Result<Bytes> from_base64(std::string_view text);  // refuses anything but the canonical padded form
std::string base32(View bytes);                    // RFC 4648 section 6, unpadded (TOTP secrets)

// A text for one line of a terminal or log: control characters, DEL, C1, bidirectional controls and bytes that are
// not UTF-8 become \xNN; at most `limit` bytes of input are kept, a cut is marked with "...".
std::string printable(std::string_view text, std::size_t limit = 256);

}  // namespace anteroom
