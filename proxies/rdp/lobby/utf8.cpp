// Reading and writing characters.
#include "proxies/rdp/lobby/utf8.h"

#include <array>

namespace anteroom::rdp {
namespace {

struct Form {
    unsigned mask, lead, bytes;
    char32_t least;
};
constexpr std::array<Form, 3> forms{{{0xE0, 0xC0, 2, 0x80}, {0xF0, 0xE0, 3, 0x800}, {0xF8, 0xF0, 4, 0x10000}}};

bool is_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

}  // namespace

char32_t next_character(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
    const unsigned first = byte(at++);
    if (first < 0x80) return first;
    for (const auto& form : forms) {
        if ((first & form.mask) != form.lead) continue;
        if (text.size() - at < form.bytes - 1) return not_a_character;
        char32_t value = first & ~form.mask;
        for (std::size_t i = 0; i + 1 < form.bytes; ++i) {
            if ((byte(at + i) & 0xC0U) != 0x80U) return not_a_character;
            value = value << 6U | (byte(at + i) & 0x3FU);
        }
        if (value < form.least || value > 0x10FFFF || is_surrogate(value)) return not_a_character;
        at += form.bytes - 1;
        return value;
    }
    return not_a_character;
}

void append_utf8(std::string& out, char32_t character) {
    if (character > 0x10FFFF || is_surrogate(character)) character = not_a_character;
    const auto put = [&](char32_t bits) { out += static_cast<char>(static_cast<unsigned char>(bits)); };
    const auto tail = [&](unsigned shift) { put(0x80U | (character >> shift & 0x3FU)); };
    if (character < 0x80) return put(character);
    if (character < 0x800) {
        put(0xC0U | character >> 6U);
    } else if (character < 0x10000) {
        put(0xE0U | character >> 12U);
        tail(6);
    } else {
        put(0xF0U | character >> 18U);
        tail(12);
        tail(6);
    }
    tail(0);
}

bool drawable(char32_t c) {
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return false;
    if (c == 0x61C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F)) return false;
    return !is_surrogate(c) && c != 0xFEFF && c <= 0x10FFFF;
}

}  // namespace anteroom::rdp
