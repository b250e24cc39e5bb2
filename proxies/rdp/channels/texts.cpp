// UTF-16LE and single bytes into UTF-8; paths that must not lead out of where they begin.
#include "proxies/rdp/channels/texts.h"

namespace anteroom::rdp {
namespace {

constexpr std::uint32_t replacement = 0xfffd;

bool append(std::string& out, std::uint32_t c, std::size_t limit) {
    const std::size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (out.size() + size > limit) return false;
    const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
    if (size == 1) {
        out += static_cast<char>(c);
    } else if (size == 2) {
        out += static_cast<char>(0xc0 | (c >> 6));
        tail(0);
    } else if (size == 3) {
        out += static_cast<char>(0xe0 | (c >> 12));
        tail(6), tail(0);
    } else {
        out += static_cast<char>(0xf0 | (c >> 18));
        tail(12), tail(6), tail(0);
    }
    return true;
}

std::uint32_t unit(View utf16, std::size_t at) { return static_cast<std::uint32_t>(utf16[at] | (utf16[at + 1] << 8)); }

}  // namespace

std::string from_utf16(View utf16, std::size_t limit) {
    std::string out;
    for (std::size_t i = 0; i + 1 < utf16.size(); i += 2) {
        std::uint32_t c = unit(utf16, i);
        if (c == 0) break;
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < utf16.size() && (unit(utf16, i + 2) & 0xfc00) == 0xdc00) {
            c = 0x10000 + ((c - 0xd800) << 10) + (unit(utf16, i + 2) - 0xdc00);
            i += 2;
        } else if (c >= 0xd800 && c < 0xe000) {
            c = replacement;
        }
        if (!append(out, c, limit)) break;
    }
    return out;
}

std::string from_single_bytes(View text, std::size_t limit) {
    std::string out;
    for (const std::uint8_t c : text)
        if (c == 0 || !append(out, c, limit)) break;
    return out;
}

bool stays_below(std::string_view path) {
    for (const char c : path)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == ':' || c == '/') return false;
    for (;;) {
        const auto end = path.find('\\');
        const auto part = path.substr(0, end);
        if (part.empty() || part == "." || part == "..") return false;
        if (end == std::string_view::npos) return true;
        path.remove_prefix(end + 1);
    }
}

}  // namespace anteroom::rdp
