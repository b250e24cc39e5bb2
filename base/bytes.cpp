// Text forms of bytes, and the one place where hostile text is made fit for a line.
#include "base/bytes.h"

#include <array>

namespace anteroom {

namespace {

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base32_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view hex_digits = "0123456789abcdef";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

// The length of the well-formed UTF-8 sequence at the front (RFC 3629), 0 when there is none; `code` is its code point.
std::size_t utf8_at(std::string_view text, char32_t& code) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) {
        code = lead;
        return 1;
    }
    std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    if (size == 0 || lead > 0xf4 || text.size() < size) return 0;
    code = static_cast<char32_t>(lead & (0x7f >> size));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
        code = (code << 6) | (byte(i) & 0x3f);
    }
    const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return overlong || surrogate || code > 0x10ffff ? 0 : size;
}

bool harmless(char32_t code) {
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
    if (code >= 0x200b && code <= 0x200f) return false;  // zero width, direction marks
    if (code >= 0x2028 && code <= 0x202e) return false;  // line separators, embeddings
    if (code >= 0x2060 && code <= 0x206f) return false;  // isolates
    return code != 0xfeff && code != 0x061c && !(code >= 0xe0000 && code <= 0xe007f);
}

}  // namespace

std::string hex(View bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (std::uint8_t b : bytes) {
        text.push_back(hex_digits[b >> 4]);
        text.push_back(hex_digits[b & 15]);
    }
    return text;
}

Result<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return fail(ErrorKind::invalid, "hexadecimal text has an odd length");
    Bytes bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return fail(ErrorKind::invalid, "not hexadecimal");
        bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return bytes;
}

std::string base64_unpadded(View bytes) {
    std::string text;
    std::uint32_t bits = 0;
    int held = 0;
    for (std::uint8_t b : bytes) {
        bits = (bits << 8) | b;
        for (held += 8; held >= 6; held -= 6) text.push_back(base64_alphabet[(bits >> (held - 6)) & 63]);
    }
    if (held > 0) text.push_back(base64_alphabet[(bits << (6 - held)) & 63]);
    return text;
}

std::string base64(View bytes) {
    auto text = base64_unpadded(bytes);
    while (text.size() % 4 != 0) text.push_back('=');
    return text;
}

Result<Bytes> from_base64(std::string_view text) {
    static const auto table = [] {
        std::array<std::int8_t, 256> values{};
        values.fill(-1);
        for (std::size_t i = 0; i < base64_alphabet.size(); ++i) values[static_cast<std::uint8_t>(base64_alphabet[i])] = static_cast<std::int8_t>(i);
        return values;
    }();
    const auto bad = [] { return fail(ErrorKind::invalid, "not canonical base64"); };
    if (text.size() % 4 != 0) return bad();
    std::string_view body = text;
    while (!body.empty() && body.back() == '=' && text.size() - body.size() < 2) body.remove_suffix(1);
    Bytes bytes;
    bytes.reserve(body.size() * 3 / 4);
    std::uint32_t bits = 0;
    int held = 0;
    for (char c : body) {
        const int value = table[static_cast<std::uint8_t>(c)];
        if (value < 0) return bad();
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes.push_back(static_cast<std::uint8_t>(bits >> held));
        }
    }
    if (held == 6 || (bits & ((1u << held) - 1)) != 0) return bad();
    return bytes;
}

std::string base32(View bytes) {
    std::string text;
    std::uint32_t bits = 0;
    int held = 0;
    for (std::uint8_t b : bytes) {
        bits = (bits << 8) | b;
        for (held += 8; held >= 5; held -= 5) text.push_back(base32_alphabet[(bits >> (held - 5)) & 31]);
    }
    if (held > 0) text.push_back(base32_alphabet[(bits << (5 - held)) & 31]);
    return text;
}

std::string printable(std::string_view text, std::size_t limit) {
    const bool cut = text.size() > limit;
    std::string out;
    std::string_view rest = cut ? text.substr(0, limit) : text;
    while (!rest.empty()) {
        char32_t code = 0;
        const std::size_t size = utf8_at(rest, code);
        if (size != 0 && harmless(code)) {
            out.append(rest.substr(0, size));
        } else {
            for (char c : rest.substr(0, size == 0 ? 1 : size)) {
                const auto b = static_cast<std::uint8_t>(c);
                out += {'\\', 'x', hex_digits[b >> 4], hex_digits[b & 15]};
            }
        }
        rest.remove_prefix(size == 0 ? 1 : size);
    }
    if (cut) out += "...";
    return out;
}

}  // namespace anteroom
