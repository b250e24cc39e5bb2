// What may reach a reviewer's terminal, and a corpus of what may not (sudo CVE-2023-28486/7 and its relatives).
#include "recorder/terminal_filter.h"

#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder::testing {
namespace {

std::string filtered(std::string_view in) {
    TerminalFilter filter;
    std::string out;
    filter.feed(view(in), out);
    return out;
}
std::string by_bytes(std::string_view in) {
    TerminalFilter filter;
    std::string out;
    for (const char c : in) filter.feed(view(std::string_view(&c, 1)), out);
    return out;
}

TEST(TerminalFilter, LetsThroughWhatIsOnlyShown) {
    for (const std::string_view good : {"plain text\r\n",
                                        "tab\tback\b",
                                        "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
                                        "\x1b[1;31mred\x1b[0m",
                                        "\x1b[38:2:1:2:3m",
                                        "\x1b[10;20H",
                                        "\x1b[2J",
                                        "\x1b[K",
                                        "\x1b[1;24r",
                                        "\x1b[?1049h",
                                        "\x1b[?25l",
                                        "\x1b[?7l",
                                        "\x1b(0lqk\x1b(B",
                                        "\0337\0338",
                                        "\x1bM",
                                        "\x1b[3P",
                                        "\x1b[4h",
                                        "\x1b[5@",
                                        "\x1b[12b",
                                        "\x1b[3T"})
        EXPECT_EQ(filtered(good), good);
}

struct Hostile {
    std::string_view in, left;
};
const std::vector<Hostile> corpus = {
    {"\x1b]0;title\x07z", "z"},
    {"\x1b]2;title\x1b\\z", "z"},
    {"\x1b]52;c;cm0gLXJmIC8K\x07z", "z"},
    {"\x1b]52;c;?\x07z", "z"},
    {"\x1b]8;;http://evil\x07"
     "click\x1b]8;;\x07",
     "click"},
    {"\x1b]9;notify\x07z", "z"},
    {"\x1b]777;notify;a;b\x07z", "z"},
    {"\x1b]1337;File=inline=1:AAAA\x07z", "z"},
    {"\x1b]50;?\x07z", "z"},
    {"\x1b]4;1;?\x07z", "z"},
    {"\x1b]10;?\x1b\\z", "z"},
    {"\x1bP$qm\x1b\\z", "z"},
    {"\x1bP+q544e\x1b\\z", "z"},
    {"\x1bPq#0;2;0;0;0\nsixel\x1b\\z", "z"},
    {"\x1b_Gi=1,a=q;AAAA\x1b\\z", "z"},
    {"\x1b^pm\x1b\\z", "z"},
    {"\x1bXsos\x1b\\z", "z"},
    {"\x1bkscreen title\x1b\\z", "z"},
    {"\x1b[6nz", "z"},
    {"\x1b[5nz", "z"},
    {"\x1b[?6nz", "z"},
    {"\x1b[?996nz", "z"},
    {"\x1b[cz", "z"},
    {"\x1b[>cz", "z"},
    {"\x1b[=cz", "z"},
    {"\x1b[>qz", "z"},
    {"\x1bZz", "z"},
    {"\x05z", "z"},
    {"\x1b[21tz", "z"},
    {"\x1b[8;1;1tz", "z"},
    {"\x1b[22;0tz", "z"},
    {"\x1b[xz", "z"},
    {"\x1b[1;1;1;1;1;1*yz", "z"},
    {"\x1b[4iz", "z"},
    {"\x1b[5iz", "z"},
    {"\x1b[?4iz", "z"},
    {"\x1b[?1000hz", "z"},
    {"\x1b[?1003;1006hz", "z"},
    {"\x1b[?1004hz", "z"},
    {"\x1b[?2004hz", "z"},
    {"\x1b[?1hz", "z"},
    {"\x1b[?3hz", "z"},
    {"\x1b[?69hz", "z"},
    {"\x1b[?25;1000;2004lz", "\x1b[?25lz"},
    {"\x1b[2hz", "z"},
    {"\x1b[12hz", "z"},
    {"\x1b[20hz", "z"},
    {"\x1b[?25$pz", "z"},
    {"\x1b[!pz", "z"},
    {"\x1b[61\"pz", "z"},
    {"\x1b[>4;2mz", "z"},
    {"\x1b[?4mz", "z"},
    {"\x1b[=1;1uz", "z"},
    {"\x1b[>1uz", "z"},
    {"\x1b[?uz", "z"},
    {"\x1b[2;5sz", "z"},
    {"\x1b[1;2;3;4;5Tz", "z"},
    {"\x1b[3Jz", "z"},
    {"\x1b[99999bz", "z"},
    {"\x1b[#{z", "z"},
    {"\x1b=\x1b>z", "z"},
    {"\x1b%@z", "z"},
    {"\x1b%Gz", "z"},
    {"\x1b Gz", "z"},
    {"\x1b#8z", "z"},
    {"\x1bnz", "z"},
    {"\x1bNz\x1bOP", "zP"},
    {"\x1b(%5z", "z"},
    {"\x1b\x1b]0;t\x07z", "z"},
    {"\x1b[1\x1b]0;t\x07z", "z"},
    {"\x1b]0;a\x1b[6nz", "z"},
    {"\x1b[6\x18nz", "nz"},
    {"\x1b[6\rnz", "\rz"},
    {"\x1b]0;shown\nafterwards", "\nafterwards"},
    {"\xc2\x9b"
     "6nz",
     "6nz"},
    {"\xc2\x9d"
     "0;t\x07z",
     "0;tz"},
    {"\xc2\x90qz", "qz"},
    {"\x9b"
     "6nz",
     "\xef\xbf\xbd"
     "6nz"},
    {"\x9d"
     "0;t\x07z",
     "\xef\xbf\xbd"
     "0;tz"},
    {"\xc3\x1b[cz", "\xef\xbf\xbdz"},
    {"\xe2\x82z", "\xef\xbf\xbdz"},
    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xc0\x9b", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"\xf5z", "\xef\xbf\xbdz"},
    {"a\x7f"
     "b",
     "ab"},
    {"\x07", ""},
};

TEST(TerminalFilter, DropsWhatAnswersSetsPrintsOrLinks) {
    for (const auto& one : corpus) {
        EXPECT_EQ(filtered(one.in), one.left) << printable(one.in);
        EXPECT_EQ(by_bytes(one.in), one.left) << printable(one.in);
    }
}

TEST(TerminalFilter, AFullResetLosesOnlyWhatIsNotShown) {
    const auto out = filtered(
        "\x1b[?1049h\x1b"
        "c");
    EXPECT_NE(out.find("\x1b[?1049l"), out.npos);
    EXPECT_NE(out.find("\x1b[2J"), out.npos);
    EXPECT_EQ(out.find("\x1b"
                       "c"),
              out.npos);
}

// Nothing but the list's shapes stands in the output, whatever comes in.
bool is_harmless(std::string_view s) {
    std::size_t i = 0;
    while (i < s.size()) {
        const auto c = static_cast<unsigned char>(s[i]);
        if (c != 0x1b) {
            if (c < 0x20 && std::string_view("\b\t\n\v\f\r\x0e\x0f").find(s[i]) == s.npos) return false;
            if (c == 0x7f) return false;
            if (c < 0x80) {
                ++i;
                continue;
            }
            const auto n = utf8_length(c);
            if (n < 2 || i + n > s.size() || !utf8_second_fits(c, static_cast<std::uint8_t>(s[i + 1]))) return false;
            if (c == 0xc2 && static_cast<unsigned char>(s[i + 1]) < 0xa0) return false;
            i += n;
            continue;
        }
        if (++i >= s.size()) return false;
        if (s[i] == '(' || s[i] == ')') {
            i += 2;
            continue;
        }
        if (s[i] != '[') {
            if (std::string_view("78DEM").find(s[i]) == std::string_view::npos) return false;
            ++i;
            continue;
        }
        ++i;
        const bool dec = i < s.size() && s[i] == '?';
        if (dec) ++i;
        while (i < s.size() && std::string_view("0123456789;:").find(s[i]) != std::string_view::npos) ++i;
        if (i >= s.size()) return false;
        if (std::string_view(dec ? "hl" : "ABCDEFGHIJKLMPSTXZ@`abdefmrsuhl").find(s[i]) == std::string_view::npos) return false;
        ++i;
    }
    return true;
}

TEST(TerminalFilter, NothingElseComesOutOfRandomBytesHoweverTheyAreSplit) {
    constexpr std::string_view spice = "\x1b\x1b\x1b[[]]PX^_;;0123456789?>=!\"$ '#%()hlmnctqrJKHp\\\x07\x18\x9b\x9c\x9d\xc2\xe2\x82\n\rA";
    for (unsigned n = 0; n < 20'000; ++n) {
        std::mt19937 random(n);
        std::string in(random() % 120, ' ');
        for (auto& c : in) c = random() % 5 ? spice[random() % spice.size()] : static_cast<char>(random());
        TerminalFilter whole, split;
        std::string a, b;
        whole.feed(view(in), a);
        const std::size_t cut = in.empty() ? 0 : random() % in.size();
        split.feed(view(std::string_view(in).substr(0, cut)), b);
        split.feed(view(std::string_view(in).substr(cut)), b);
        ASSERT_EQ(a, b);
        a += whole.finish();
        ASSERT_TRUE(is_harmless(a)) << printable(in) << " -> " << printable(a);
    }
}

TEST(TerminalFilter, LongAndUnterminatedSequencesTakeNoMemoryAndEnd) {
    for (const std::string_view begin : {"\x1b]52;c;", "\x1bP", "\x1b_", "\x1b["}) {
        std::string in(begin);
        in.append(1 << 20, '1');
        EXPECT_EQ(filtered(in), "");
        EXPECT_EQ(filtered(in + (begin == "\x1b[" ? "m" : "\x1b\\") + "shown"), "shown");
    }
    std::string forever = "\x1bP" + std::string(TerminalFilter::longest_string + 5, 'x');
    EXPECT_EQ(filtered(forever), "xxxxx");
}

TEST(TerminalFilter, RestoresTheTerminalAtTheEnd) {
    TerminalFilter filter;
    std::string out;
    filter.feed(view("\x1b[?1049h\x1b[?25l\x1b[31m\x1b]0;open"), out);
    const auto end = filter.finish();
    for (const std::string_view part : {"\x1b[?1049l", "\x1b[?25h", "\x1b[0m", "\x1b[r", "\x1b(B"}) EXPECT_NE(end.find(part), end.npos) << printable(part);
}

}  // namespace
}  // namespace anteroom::recorder::testing
