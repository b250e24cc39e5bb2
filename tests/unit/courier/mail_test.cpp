// A letter: what stands in its head, and that nobody's name can add to it.
#include "broker/courier/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "tests/unit/base/seeds.h"
#include "tests/unit/courier/events.h"

namespace anteroom::courier {
namespace {

using ::testing::ElementsAre;
using testing::full_event;
using ::testing::HasSubstr;
using testing::hostile_event;
using ::testing::Not;

const Letter to_two{"anteroom@hospital.example", {"dana@hospital.example", "soc@hospital.example"}, "mail-9", "UTC", "Help: call 4711."};

// A letter taken apart: lines of the head, unfolded; the text, decoded.
struct Read {
    std::vector<std::string> head;
    std::string text;
};
Read read(const std::string& letter) {
    Read out;
    const auto end = letter.find("\r\n\r\n");
    EXPECT_NE(end, std::string::npos);
    std::string head = letter.substr(0, end + 2), body = letter.substr(end + 4);
    for (std::size_t at = 0; at < head.size();) {
        const auto stop = head.find("\r\n", at);
        const auto line = head.substr(at, stop - at);
        if (line.starts_with(" ")) out.head.back() += line;
        else out.head.push_back(line);
        at = stop + 2;
    }
    std::erase_if(body, [](char c) { return c == '\r' || c == '\n'; });
    const auto bytes = from_base64(body);
    EXPECT_TRUE(bytes);
    if (bytes) out.text = to_string(*bytes);
    return out;
}
std::string field(const Read& letter, const std::string& name) {
    std::string found;
    for (const auto& line : letter.head)
        if (line.starts_with(name + ": ")) {
            EXPECT_TRUE(found.empty()) << name << " stands there twice";
            found = line.substr(name.size() + 2);
        }
    return found;
}

TEST(Letter, HasEveryHeaderThatMailNeeds) {
    auto event = full_event();
    event.summary = "Vera used break-glass on mri-3.";
    const auto got = read(letter(event, to_two));
    EXPECT_EQ(field(got, "From"), "Anteroom <anteroom@hospital.example>");
    EXPECT_EQ(field(got, "To"), "dana@hospital.example, soc@hospital.example");
    EXPECT_EQ(field(got, "Date"), "Fri, 02 Jan 2026 09:04:05 +0000");
    EXPECT_EQ(field(got, "Subject"), "[Anteroom] Break-glass used: Vera used break-glass on mri-3.");
    EXPECT_EQ(field(got, "Message-ID"), "<mail-9.chain-7@hospital.example>");
    EXPECT_EQ(field(got, "Auto-Submitted"), "auto-generated");
    EXPECT_EQ(field(got, "Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(field(got, "Importance"), "high");
    EXPECT_THAT(got.text, HasSubstr("Person: Alice Müller (alice)\r\n"));
    EXPECT_THAT(got.text, HasSubstr("Targets: mri-3, ct-1\r\n"));
    EXPECT_THAT(got.text, HasSubstr("\r\nOpen it in Anteroom: https://anteroom.hospital.example/breakglass\r\n"));
    EXPECT_THAT(got.text, HasSubstr("Help: call 4711."));
    EXPECT_THAT(got.text, Not(HasSubstr("Reason:")));
}

TEST(Letter, IsTheSameForEveryAttempt) { EXPECT_EQ(letter(full_event(), to_two), letter(full_event(), to_two)); }

TEST(Letter, OfHostileNamesHasNoHeaderMore) {
    const auto count = read(letter(full_event(), to_two)).head.size();
    auto envelope = to_two;
    envelope.to = {"dana@hospital.example\r\nBcc: victim@example.org"};
    envelope.delivery = "mail-9>\r\nBcc: <victim@example.org";
    auto event = hostile_event();
    event.event = "x\r\nBcc: victim@example.org";
    event.installation = "chain\r\nBcc: victim@example.org";
    const auto got = read(letter(event, envelope));
    EXPECT_EQ(got.head.size(), count);
    for (const auto& line : got.head) EXPECT_FALSE(line.starts_with("Bcc")) << line;
}

TEST(Letter, OfNoiseKeepsItsShape) {
    const auto names = [](const Read& letter) {
        std::vector<std::string> out;
        for (const auto& line : letter.head) out.push_back(line.substr(0, line.find(':')));
        return out;
    };
    const auto shape = names(read(letter(full_event(), to_two)));
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        anteroom::testing::Seeded random(seed);
        auto event = full_event();
        event.summary = printable(random.text(random.below(600)), 1000);
        event.person_name = random.text(random.below(300));
        event.event = random.text(random.below(60));
        const auto made = letter(event, to_two);
        ASSERT_EQ(names(read(made)), shape) << seed;
        for (std::size_t at = 0, stop = 0; (stop = made.find("\r\n", at)) != std::string::npos; at = stop + 2) ASSERT_LE(stop - at, 140u) << seed;
        for (const char c : made) ASSERT_TRUE((c >= ' ' && c <= '~') || c == '\r' || c == '\n') << seed;
    }
}

TEST(HeaderText, LeavesPlainTextAloneAndEncodesTheRest) {
    EXPECT_EQ(header_text("plain text"), "plain text");
    EXPECT_EQ(header_text("Müller"), "=?UTF-8?B?TcO8bGxlcg==?=");
    EXPECT_EQ(header_text("a\r\nb\tc"), "a  b c");
    EXPECT_EQ(header_text("=?UTF-8?B?QUJD?="), "=?UTF-8?B?PT9VVEYtOD9CP1FVSkQ/PQ==?=") << "what looks encoded is no code of ours";
}

TEST(HeaderText, DividesNoCharacterBetweenTwoWords) {
    std::string text;
    for (int i = 0; i < 50; ++i) text += "a€ü";
    const auto encoded = header_text(text);
    std::string back;
    for (std::size_t at = 0; (at = encoded.find("=?UTF-8?B?", at)) != std::string::npos;) {
        const auto end = encoded.find("?=", at);
        const auto word = encoded.substr(at, end + 2 - at);
        EXPECT_LE(word.size(), 75u);
        const auto piece = to_string(from_base64(word.substr(10, word.size() - 12)).value());
        EXPECT_EQ(printable(piece, 1000), piece) << "whole characters";
        back += piece;
        at = end;
    }
    EXPECT_EQ(back, text);
}

}  // namespace
}  // namespace anteroom::courier
