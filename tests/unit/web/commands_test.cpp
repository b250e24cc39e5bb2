// What a browser may say while it watches: exactly that.
#include "web/commands.h"

#include <gtest/gtest.h>

namespace anteroom::web {
namespace {

using std::chrono::milliseconds;

template <class Kind>
Kind read(const char* text) {
    auto command = parse_command(text);
    EXPECT_TRUE(command) << text;
    EXPECT_TRUE(command && std::holds_alternative<Kind>(*command)) << text;
    return command ? std::get<Kind>(std::move(*command)) : Kind{};
}

TEST(WatchCommands, AreRead) {
    const auto seek = read<Seek>(R"({"seek":3,"to":61500.75})");
    EXPECT_EQ(seek.number, 3u);
    EXPECT_EQ(seek.to, Duration(61'500'750));
    EXPECT_EQ(read<Want>(R"({"want":0})").upto, Duration(0));
    EXPECT_EQ(read<Want>(R"({"want":9007199254740991})").upto, latest_moment);
    EXPECT_EQ(read<Search>(R"({"text":"\u00e4 \"x\"","search":1})").text, "\xc3\xa4 \"x\"");
    EXPECT_EQ(read<Choose>(R"({"channel":4294967295})").channel, 0xffffffffu);
}

TEST(WatchCommands, ThatAreNoneAreRefused) {
    for (const char* text : {"",
                             "null",
                             "[]",
                             "{}",
                             "3",
                             "\"seek\"",
                             "{\"seek\":1}",
                             "{\"to\":1}",
                             "{\"seek\":-1,\"to\":0}",
                             "{\"seek\":1,\"to\":-0.5}",
                             "{\"seek\":1.5,\"to\":0}",
                             "{\"seek\":1,\"to\":\"0\"}",
                             "{\"seek\":1,\"to\":null}",
                             "{\"seek\":1,\"to\":0,\"want\":3}",
                             "{\"want\":1,\"channel\":2}",
                             "{\"want\":1e300}",
                             "{\"want\":NaN}",
                             "{\"want\":true}",
                             "{\"search\":1,\"text\":\"\"}",
                             "{\"search\":1,\"text\":7}",
                             "{\"search\":1}",
                             "{\"text\":\"x\"}",
                             "{\"channel\":4294967296}",
                             "{\"channel\":-1}",
                             "{\"channel\":0.5}",
                             "{\"ticket\":\"abc\"}",
                             "{\"want\":1}{\"want\":2}",
                             "{\"search\":1,\"text\":\"\xff\"}",
                             "{\"want\":[[[[]]]]}"})
        EXPECT_FALSE(parse_command(text)) << text;
    EXPECT_FALSE(parse_command("{\"search\":1,\"text\":\"" + std::string(longest_search + 1, 'x') + "\"}"));
    EXPECT_TRUE(parse_command("{\"search\":1,\"text\":\"" + std::string(longest_search, 'x') + "\"}"));
    EXPECT_FALSE(parse_command("{\"want\":1}" + std::string(longest_command, ' ')));
    EXPECT_FALSE(parse_command("{\"want\":" + std::string(900, '[') + "}"));
}

TEST(WatchCommands, ThatWaitAreTheLastOfEachKindAndASeekUndoesWhatWasWantedBefore) {
    Commands waiting;
    EXPECT_TRUE(waiting.empty());
    waiting.add(Want{milliseconds(5)});
    for (std::uint64_t i = 1; i <= 100; ++i) waiting.add(Seek{i, milliseconds(i)});
    waiting.add(Search{1, "a"});
    waiting.add(Search{2, "b"});
    waiting.add(Choose{1});
    EXPECT_EQ(std::get<Choose>(waiting.take().value()).channel, 1u);
    EXPECT_EQ(std::get<Seek>(waiting.take().value()).number, 100u);
    EXPECT_EQ(std::get<Search>(waiting.take().value()).number, 2u);
    EXPECT_FALSE(waiting.take());
    waiting.add(Seek{7, milliseconds(7)});
    waiting.add(Want{milliseconds(9)});
    EXPECT_EQ(std::get<Seek>(waiting.take().value()).number, 7u);
    EXPECT_EQ(std::get<Want>(waiting.take().value()).upto, milliseconds(9));
    EXPECT_TRUE(waiting.empty());
}

}  // namespace
}  // namespace anteroom::web
