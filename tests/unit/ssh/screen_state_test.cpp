// Where a target's output stands: on which screen, and whether between two characters.
#include "proxies/ssh/screen_state.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace anteroom::ssh {
namespace {

ScreenState after(std::string_view output) {
    ScreenState state;
    state.feed(view(output));
    return state;
}

TEST(ScreenState, KnowsTheAlternateScreenByEachOfItsModes) {
    for (const std::string_view on : {"\x1b[?1049h", "\x1b[?1047h", "\x1b[?47h", "\x1b[?1;1049h", "\x1b[?1049;25h", "text\x1b[?12;1047;5h more"})
        EXPECT_TRUE(after(on).alternate()) << on;
    for (const std::string_view not_on :
         {"\x1b[?25h", "\x1b[1049h", "\x1b[?10490h", "\x1b[?147h", "[?1049h", "\x1b]0;\x1b\\?1049h", "\x1b[?1049$p", "\x1b[>1049h"})
        EXPECT_FALSE(after(not_on).alternate()) << not_on;
}

TEST(ScreenState, KnowsWhenItIsLeft) {
    const std::string on = "\x1b[?1049h";
    for (const std::string_view off : {"\x1b[?1049l", "\x1b[?47l", "\x1b[?1047;25l",
                                       "\x1b"
                                       "c",
                                       "\x1b[!p"})
        EXPECT_FALSE(after(on + std::string(off)).alternate()) << off;
    for (const std::string_view still : {"\x1b[?25l", "\x1b[2J", "\x1b[m", "c", "\x1b(c"}) EXPECT_TRUE(after(on + std::string(still)).alternate()) << still;
}

TEST(ScreenState, AStringOfATitleOrClipboardChangesNothing) {
    EXPECT_FALSE(after("\x1b]2;\x07").alternate());
    EXPECT_FALSE(after("\x1bP?1049h\x1b\\").alternate());
    EXPECT_FALSE(after("\x1b_[?1049h").between());
}

TEST(ScreenState, SaysWhenABytePutInWouldSplitSomething) {
    for (const std::string_view inside :
         {"\x1b", "\x1b[", "\x1b[3", "\x1b[?1049", "\x1b]2;title", "\x1bPq#0", "\x1b(", "\xc3", "\xe5\x8c", "\xf0\x9f\x98", "\x1b[31;"})
        EXPECT_FALSE(after(inside).between()) << inside;
    for (const std::string_view between : {"", "a", "\r\n", "\x1b[0m", "\x1b]2;t\x07", "\x1b]2;t\x1b\\", "\x1bPq\x1b\\", "\x1b(B",
                                           "\x1b"
                                           "7",
                                           "\xc3\xa4", "\xe5\x8c\xbb", "\x1b[3\x18", "\x1b]2;t\x1a", "\xff", "\x80\x80", "\xc3z"})
        EXPECT_TRUE(after(between).between()) << between;
}

TEST(ScreenState, ControlCharactersInsideASequenceAreCarriedOutThere) {
    EXPECT_TRUE(after("\x1b[?10\n49h").alternate());
    EXPECT_TRUE(after("\x1b[?1\x1b[?1049h").alternate()) << "an ESC begins anew";
}

TEST(ScreenState, IsTheSameHoweverTheOutputIsSplit) {
    const std::string_view pieces[] = {"\x1b", "[", "?",  "1049", "47",   ";", "h",    "l", "]", "\x07",
                                       "\\",   "c", "!p", "\xc3", "\xa4", "a", "\x18", "P", "(", "\n"};
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        std::string output;
        for (int i = 0; i < 50; ++i) output += pieces[random() % std::size(pieces)];
        const auto whole = after(output);
        ScreenState split;
        for (const char one : output) split.feed(view(std::string_view(&one, 1)));
        EXPECT_EQ(split.alternate(), whole.alternate());
        EXPECT_EQ(split.between(), whole.between());
        split.feed(view("\x18"));
        EXPECT_TRUE(split.between()) << "there is always a way out";
    }
}

}  // namespace
}  // namespace anteroom::ssh
