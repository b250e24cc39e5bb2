// A terminal that is repainted from nothing shows the same, wherever it is stopped.
#include "recorder/indexer/terminal.h"

#include <gtest/gtest.h>

#include <random>

#include "recorder/indexer/terminal_state.h"
#include "recorder/terminal_filter.h"

namespace anteroom::indexer {
namespace {

std::string filtered(std::string_view text) {
    recorder::TerminalFilter filter;
    std::string out;
    filter.feed(view(text), out);
    return out;
}

std::unique_ptr<Terminal> shown(std::string_view text, Size size = {40, 10}) {
    auto terminal = std::make_unique<Terminal>(size, Terminal::Events{});
    terminal->feed(filtered(text));
    return terminal;
}

std::string screen(const Terminal& terminal) {
    std::string out;
    for (std::uint16_t row = 0; row < terminal.size().rows; ++row) out += terminal.line(row) + "\n";
    return out;
}

// Every visible cell with its colours, as text. A terminal has no sequence for more than that of a blank one: its background.
std::string cells(std::string_view text, Size size) {
    Terminal terminal(size, {});
    terminal.feed(text);
    return terminal.repaint();
}

void expect_same(std::string_view text, Size size = {40, 10}) {
    const auto terminal = shown(text, size);
    const auto repaint = terminal->repaint();
    EXPECT_EQ(filtered(repaint), repaint) << "the filter lets it through unchanged";
    const auto fresh = shown(repaint, size);
    EXPECT_EQ(screen(*fresh), screen(*terminal)) << text;
    EXPECT_EQ(fresh->cursor(), terminal->cursor()) << text;
    EXPECT_EQ(fresh->alternate(), terminal->alternate()) << text;
    EXPECT_EQ(cells(repaint, size), repaint) << "colours and modes, painted once more";
}

TEST(Terminal, RepaintsTextColoursAndCursor) {
    expect_same("");
    expect_same("hello");
    expect_same("one\r\ntwo\r\n\r\nfour");
    expect_same("\x1b[1;31mred\x1b[0m plain \x1b[4;38;5;200mpink\x1b[48;2;1;2;3m rgb\x1b[0m");
    expect_same("\x1b[7mreverse\x1b[27m \x1b[3;9mstruck\x1b[0m\x1b[5;7Hx");
    expect_same("\x1b[44m\x1b[2J\x1b[3;3Hblue behind");
    expect_same("tab\tstop \xe4\xb8\xad\xe6\x96\x87 wide, a\xcc\x81 mark");
    expect_same("\x1b[?25lhidden");
    expect_same("a pen that goes on \x1b[1;35m");
}

TEST(Terminal, RepaintsTheAlternateScreenAndWhatIsBehindIt) {
    const auto text = std::string("$ less file\r\n\x1b[?1049h\x1b[H\x1b[2Jinside");
    expect_same(text);
    const auto back = shown(shown(text)->repaint() + "\x1b[?1049l");
    EXPECT_EQ(screen(*back), screen(*shown(text + "\x1b[?1049l"))) << "the main screen is there when it is left";
    expect_same(text + "\x1b[?1049l");
    expect_same("\x1b[?47hold name\x1b[3;3Hx");
}

TEST(Terminal, SaysThatWhatStandsBehindTheAlternateScreenIsLostWhenItIsResizedThere) {
    const auto terminal = shown("$ vim\r\n\x1b[?1049hinside");
    EXPECT_TRUE(terminal->complete());
    terminal->resize({60, 20});
    EXPECT_FALSE(terminal->complete()) << "nothing may begin here: the main screen would be empty afterwards";
    terminal->resize({40, 10});
    EXPECT_FALSE(terminal->complete());
    terminal->feed("\x1b[?1049l");
    EXPECT_TRUE(terminal->complete());
    terminal->resize({60, 20});
    EXPECT_TRUE(terminal->complete());
}

TEST(Terminal, GoesOnFromARepaintAsFromTheOriginal) {
    const std::string begin =
        "\x1b[3;6r\x1b[6;1Hregion\x1b[2;2H\x1b"
        "7\x1b[1;33m\x1b(0lqk\x1b(B\x1b[4;1H";
    const std::string more =
        "\n\n\nscrolled\x1b"
        "8back\x1b(0qqq";
    EXPECT_EQ(screen(*shown(shown(begin)->repaint() + more)), screen(*shown(begin + more)));
    const std::string origin = "\x1b[3;6r\x1b[?6h\x1b[2;5Hin";
    EXPECT_EQ(screen(*shown(shown(origin)->repaint() + "side\x1b[1;1Htop")), screen(*shown(origin + "side\x1b[1;1Htop")));
    const std::string insert = "abc\x1b[4h\x1b[1G";
    EXPECT_EQ(screen(*shown(shown(insert)->repaint() + "xyz")), screen(*shown(insert + "xyz")));
}

TEST(Terminal, RepaintsWhateverCame) {
    const char* const pieces[] = {"word ",   "\r\n",    "\x1b[31m",    "\x1b[0m",     "\x1b[2;5H", "\x1b[K",       "\x1b[44m", "\x1b[3L",   "\x1b[2M",
                                  "\x1b[5P", "\x1b[4@", "\x1b[?1049h", "\x1b[?1049l", "\x1b[2J",   "\xe4\xb8\xad", "\xcc\x81", "\x1b[7m",   "\x1b[2;7r",
                                  "\x1b[r",  "\b\b",    "\t",          "\x1bM",       "\x1b[3S",   "\x1b[2T",      "\x1b[9X",  "\x1b[1;4m", "0123456789"};
    for (unsigned seed = 0; seed < 400; ++seed) {
        std::mt19937 random(seed);
        std::string text;
        for (int i = 0; i < 60; ++i) text += pieces[random() % std::size(pieces)];
        SCOPED_TRACE(seed);
        expect_same(text, {20, 8});
    }
}

TEST(Terminal, TellsLinesThatScrollOff) {
    std::vector<std::string> lines;
    Terminal terminal({20, 3}, {.scrolled_off = [&](std::string line) { lines.push_back(std::move(line)); }, .line_ends = {}, .before_erasing = {}});
    terminal.feed("one  \r\ntwo\r\nthree\r\nfour\r\nfive");
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"}));
}

TEST(Terminal, AFloodOfLinesIsToldWhole) {
    for (const std::string end : {"\r\n", "\n"}) {
        std::vector<std::string> lines;
        Terminal terminal({20, 5}, {.scrolled_off = [&](std::string line) { lines.push_back(std::move(line)); }, .line_ends = {}, .before_erasing = {}});
        Terminal slow({20, 5}, {});
        std::string text = "before" + end;
        for (int i = 0; i < 200; ++i) text += (end == "\n" ? "\r" : "") + std::to_string(i) + end;
        text += "last";
        terminal.feed("begin ");
        terminal.feed(text);
        for (const char c : "begin " + text) slow.feed(std::string(1, c));
        EXPECT_EQ(terminal.repaint(), slow.repaint());
        std::erase(lines, "");
        ASSERT_EQ(lines.size(), 197u);
        EXPECT_EQ(lines[0], "begin before");
        for (int i = 0; i < 196; ++i) EXPECT_EQ(lines[static_cast<std::size_t>(i) + 1], std::to_string(i));
    }
}

TEST(Terminal, TellsTheLineThatEnterEnds) {
    std::vector<std::string> lines;
    Terminal terminal({20, 5}, {.scrolled_off = {}, .line_ends = [&](std::string line) { lines.push_back(std::move(line)); }, .before_erasing = {}});
    terminal.feed("$ not asked\r\n$ ");
    terminal.await_line_end();
    terminal.feed("a command that is wrapped\r\noutput\r\n");
    EXPECT_EQ(lines, (std::vector<std::string>{"$ a command that is wrapped"}));
}

TEST(Terminal, SizesAreBounded) {
    Terminal terminal({65535, 65535}, {});
    EXPECT_EQ(terminal.size(), largest);
    terminal.resize({0, 0});
    EXPECT_EQ(terminal.size(), (Size{2, 1}));
    terminal.feed("\xe4\xb8\xad\xe6\x96\x87x\r\n\n");
    terminal.resize({65535, 1});
    EXPECT_EQ(terminal.size().columns, largest.columns);
}

TEST(Terminal, MarksWithoutEndTakeNoMemory) {
    Terminal terminal({20, 3}, {});
    std::string marks;
    for (int i = 0; i < 4096; ++i) marks += "\xcc\x81";
    terminal.feed("a");
    for (int i = 0; i < 2000; ++i) terminal.feed(i % 2 == 0 ? marks : "\x1b[m" + marks);  // 16 MB
    EXPECT_LT(terminal.repaint().size(), 200u);
    terminal.feed("\r\nnext line");
    EXPECT_EQ(terminal.line(1), "next line");
}

}  // namespace
}  // namespace anteroom::indexer
