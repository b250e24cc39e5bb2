// Text forms of bytes against RFC 4648, and printable() against every code point and against noise.
#include "base/bytes.h"

#include <gtest/gtest.h>

#include "tests/unit/base/seeds.h"

namespace anteroom {
namespace {

using testing::Seeded;

struct Rfc4648 {
    const char *plain, *base64, *base32, *hex;
};
constexpr Rfc4648 section10[] = {
    {"", "", "", ""},
    {"f", "Zg==", "MY", "66"},
    {"fo", "Zm8=", "MZXQ", "666f"},
    {"foo", "Zm9v", "MZXW6", "666f6f"},
    {"foob", "Zm9vYg==", "MZXW6YQ", "666f6f62"},
    {"fooba", "Zm9vYmE=", "MZXW6YTB", "666f6f6261"},
    // lint: allow words: the standard chose this text
    {"foobar", "Zm9vYmFy", "MZXW6YTBOI", "666f6f626172"},
};

TEST(Bytes, HaveTheTextFormsOfRfc4648Section10) {
    for (const auto& vector : section10) {
        EXPECT_EQ(base64(view(vector.plain)), vector.base64);
        EXPECT_EQ(base32(view(vector.plain)), vector.base32);
        EXPECT_EQ(hex(view(vector.plain)), vector.hex);
        EXPECT_EQ(from_base64(vector.base64).value(), to_bytes(view(vector.plain)));
        EXPECT_EQ(from_hex(vector.hex).value(), to_bytes(view(vector.plain)));
        std::string unpadded = vector.base64;
        while (unpadded.ends_with('=')) unpadded.pop_back();
        EXPECT_EQ(base64_unpadded(view(vector.plain)), unpadded);
    }
}

TEST(Bytes, ComeBackFromBase64AndHexForThousandsOfRandomTexts) {
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
        Seeded random(seed);
        const Bytes bytes = random.bytes(random.below(100));
        ASSERT_EQ(from_base64(base64(bytes)).value(), bytes) << seed;
        ASSERT_EQ(from_hex(hex(bytes)).value(), bytes) << seed;
    }
}

TEST(Base64, RefusesWhatIsNotTheOneCanonicalForm) {
    const std::vector<std::string> hostile = {"Zg",   "Zg=",     "Zg===",    "Zh==", "Zm9=",     "Zm8",      "=",        "==",       "===",      "====",
                                              "Z===", "Z",       "Zg==Zg==", "Zm=v", "Zm9v\n",   " Zm9v",    "Zm9v ",    "Zm 9v",    "Zm9v====", "Zm9-",
                                              "Zm9_", "Zm9\xc3", "Zm9v\r\n", "*m9v", "Zm9v,m9v", "Zm9vZg=v", "Zm9vZ===", "Zm8=Zm8=", "Zm9vYmF=", "Zm9vYmFyY"};
    for (const auto& text : hostile) {
        const auto decoded = from_base64(text);
        ASSERT_FALSE(decoded) << text;
        EXPECT_EQ(decoded.error().kind, ErrorKind::invalid) << text;
    }
    EXPECT_FALSE(from_base64(std::string_view("Zm9\0", 4)));
}

TEST(Base64, OfRandomTextIsRefusedOrIsExactlyWhatWouldBeWritten) {
    std::size_t accepted = 0;
    for (std::uint64_t seed = 0; seed < 20000; ++seed) {
        Seeded random(seed);
        const std::string text = random.text_of("AQgwZm9+/=", random.below(9));
        if (const auto decoded = from_base64(text)) {
            ASSERT_EQ(base64(*decoded), text) << seed;
            ++accepted;
        }
    }
    EXPECT_GT(accepted, 1000u);
}

TEST(Hex, RefusesOddLengthsCapitalsAndAnythingElse) {
    for (const char* text : {"6", "666", "6F", "0x", "g0", " 66", "66 ", "6\n", "-1", "+1"}) EXPECT_FALSE(from_hex(text)) << text;
}

// ---- printable -------------------------------------------------------------------------------------------------------------

std::string utf8(char32_t code) {
    std::string out;
    const auto put = [&](char32_t value) { out += static_cast<char>(static_cast<std::uint8_t>(value)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | (code >> 6));
        put(0x80 | (code & 63));
    } else if (code < 0x10000) {
        put(0xe0 | (code >> 12));
        put(0x80 | ((code >> 6) & 63));
        put(0x80 | (code & 63));
    } else {
        put(0xf0 | (code >> 18));
        put(0x80 | ((code >> 12) & 63));
        put(0x80 | ((code >> 6) & 63));
        put(0x80 | (code & 63));
    }
    return out;
}

bool surrogate(char32_t code) { return code >= 0xd800 && code <= 0xdfff; }

// What can move a cursor, end a line, turn text round or hide it.
bool dangerous(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code >= 0xe0000 && code <= 0xe007f);
}

// Every code point of a text that must be well formed, found by trying to encode each: no decoder is shared with the product.
void expect_harmless(const std::string& text, std::uint64_t seed) {
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<std::uint8_t>(text[at]);
        const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        ASSERT_LE(at + size, text.size()) << seed;
        char32_t code = size == 1 ? lead : lead & (0xffu >> (size + 1));
        for (std::size_t i = 1; i < size; ++i) code = code * 64 + (static_cast<std::uint8_t>(text[at + i]) & 63u);
        ASSERT_LE(code, 0x10ffffu) << seed;
        ASSERT_FALSE(surrogate(code)) << seed;
        ASSERT_EQ(utf8(code), text.substr(at, size)) << seed;
        ASSERT_FALSE(dangerous(code)) << seed << " U+" << std::hex << static_cast<std::uint32_t>(code);
        at += size;
    }
}

TEST(Printable, LetsEveryHarmlessCodePointThroughUnchangedAndEscapesEveryOther) {
    for (char32_t code = 0; code <= 0x10ffff; ++code) {
        const std::string text = utf8(code);
        if (!surrogate(code) && !dangerous(code)) {
            ASSERT_EQ(printable(text), text) << std::hex << static_cast<std::uint32_t>(code);
            continue;
        }
        std::string escaped;
        for (char c : text) escaped += "\\x" + hex(view(std::string_view(&c, 1)));
        ASSERT_EQ(printable(text), escaped) << std::hex << static_cast<std::uint32_t>(code);
    }
}

TEST(Printable, EscapesWhatIsNotUtf8) {
    EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80");                    // overlong NUL
    EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong slash
    EXPECT_EQ(printable("\xf0\x82\x82\xac"), "\\xf0\\x82\\x82\\xac");  // overlong euro
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
    EXPECT_EQ(printable("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80");
    EXPECT_EQ(printable("a\x80z"), "a\\x80z");
    EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");  // cut off
    EXPECT_EQ(printable("\xe2\x82z"), "\\xe2\\x82z");
    EXPECT_EQ(printable("\xff\xfe"), "\\xff\\xfe");
    EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
    EXPECT_EQ(printable("\x1b]0;owned\x07"), "\\x1b]0;owned\\x07");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "\\xc2\\x9b31m");  // CSI as one C1 character
}

TEST(Printable, OfNoiseIsHarmlessBoundedAndPrintsAsItself) {
    for (std::uint64_t seed = 0; seed < 10000; ++seed) {
        Seeded random(seed);
        std::string text;
        for (std::uint64_t i = random.below(40); i > 0; --i) {
            switch (random.below(4)) {
                case 0: text += random.text(1 + random.below(4)); break;
                case 1: text += utf8(static_cast<char32_t>(random.below(0x110000))); break;
                case 2: text += utf8(static_cast<char32_t>(random.below(0x2100))); break;
                default: text += utf8(static_cast<char32_t>(0x2000 + random.below(0x80))).substr(0, 1 + random.below(3)); break;
            }
        }
        const std::size_t limit = random.below(100);
        const std::string out = printable(text, limit);
        expect_harmless(out, seed);
        ASSERT_LE(out.size(), 4 * limit + 3) << seed;
        ASSERT_EQ(printable(out, out.size()), out) << seed;
        ASSERT_EQ(text.size() > limit, out.ends_with("...") && out == printable(text.substr(0, limit), limit) + "...") << seed;
    }
}

TEST(Printable, CutsAtItsLimitAndSaysSo) {
    EXPECT_EQ(printable(std::string(256, 'a')), std::string(256, 'a'));
    EXPECT_EQ(printable(std::string(257, 'a')), std::string(256, 'a') + "...");
    EXPECT_EQ(printable("\xc3\xa9tude", 1), "\\xc3...");  // never half a character
    EXPECT_EQ(printable("abc", 0), "...");
    EXPECT_EQ(printable("", 0), "");
}

}  // namespace
}  // namespace anteroom
