// Anteroom's key in a session: what is taken, and that everything else goes through unchanged.
#include "proxies/ssh/escape_keys.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace anteroom::ssh {
namespace {

using Key = EscapeKeys::Key;

struct Passed {
    std::string on, keys;
};

Passed type(std::initializer_list<std::string_view> parts) {
    EscapeKeys keys;
    Bytes on;
    std::vector<Key> pressed;
    for (const auto part : parts) keys.type(view(part), on, pressed);
    Passed passed{to_string(on), ""};
    for (const auto key : pressed) passed.keys += key == Key::more_time ? "x" : "?";
    return passed;
}

TEST(EscapeKeys, AreHeardAtTheBeginningOfALine) {
    EXPECT_EQ(type({"\x1dx"}).keys, "x") << "nothing was typed yet";
    EXPECT_EQ(type({"ls\r\x1dx"}).keys, "x");
    EXPECT_EQ(type({"ls\r\x1dx"}).on, "ls\r");
    EXPECT_EQ(type({"ls\n\x1d?"}).keys, "?");
    EXPECT_EQ(type({"\r", "\x1d", "x"}).keys, "x") << "however it is split";
    EXPECT_EQ(type({"\r\x1dx\x1d?\x1dx"}).keys, "x?x") << "the line is still at its beginning";
}

TEST(EscapeKeys, AreNotHeardElsewhere) {
    EXPECT_EQ(type({"l\x1dx"}).keys, "");
    EXPECT_EQ(type({"l\x1dx"}).on, "l\x1dx");
    EXPECT_EQ(type({"\x1b\x1dx\r"}).on, "\x1b\x1dx\r");
}

TEST(EscapeKeys, TwiceSendsItOnce) {
    EXPECT_EQ(type({"\r\x1d\x1d"}).on, "\r\x1d");
    EXPECT_EQ(type({"\r\x1d\x1dx"}).on, "\r\x1dx") << "and the line has begun";
    EXPECT_EQ(type({"\r\x1d\x1dx"}).keys, "");
}

TEST(EscapeKeys, AnythingElseGoesThroughWithIt) {
    EXPECT_EQ(type({"\r\x1dq"}).on, "\r\x1dq");
    EXPECT_EQ(type({"\r\x1d\r"}).on, "\r\x1d\r");
    EXPECT_EQ(type({"\r\x1d\r\x1dx"}).keys, "x") << "that Enter began a line";
    EXPECT_EQ(type({"\r\x1d"}).on, "\r") << "it waits for the next";
}

TEST(EscapeKeys, WhatWaitsGoesOnWhenTheInputEnds) {
    EscapeKeys keys;
    Bytes on;
    std::vector<Key> pressed;
    keys.type(view("\r\x1d"), on, pressed);
    keys.finish(on);
    keys.finish(on);
    EXPECT_EQ(to_string(on), "\r\x1d");
}

TEST(EscapeKeys, LoseNothingOfWhatIsTyped) {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(seed);
        std::string typed;
        for (int i = 0; i < 60; ++i) typed += "ab\r\n\x1d\x1dq"[random() % 7];
        EscapeKeys whole, split;
        Bytes a, b;
        std::vector<Key> none;
        whole.type(view(typed), a, none);
        for (const char one : typed) split.type(view(std::string_view(&one, 1)), b, none);
        whole.finish(a);
        split.finish(b);
        EXPECT_EQ(a, b);
        EXPECT_TRUE(none.empty());
        // Only a doubled Ctrl-] loses one of the pair.
        std::string without, was;
        for (const auto c : to_string(a))
            if (c != '\x1d') without += c;
        for (const auto c : typed)
            if (c != '\x1d') was += c;
        EXPECT_EQ(without, was);
    }
}

}  // namespace
}  // namespace anteroom::ssh
