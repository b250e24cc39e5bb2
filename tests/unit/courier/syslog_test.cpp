// RFC 5424 messages and their frames.
#include "broker/courier/syslog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/courier/events.h"

namespace anteroom::courier {
namespace {

using ::testing::EndsWith;
using testing::full_event;
using ::testing::HasSubstr;
using testing::hostile_event;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

const std::string line = R"({"chain":"chain-7","seq":12,"time":"2026-01-02T03:04:05.000006Z","kind":"session.start","person":"vera","target":"mri-3",)"
                         R"("session":"s1","fields":{},"hash":"x"})";

TEST(Syslog, OfAnAuditRecordHasItsKeysAsStructuredDataAndTheLineAsItIs) {
    EXPECT_EQ(syslog_message(line, "broker-1"),
              "<110>1 2026-01-02T03:04:05.000006Z broker-1 anteroom - session.start [anteroom@32473 seq=\"12\" chain=\"chain-7\" kind=\"session.start\" "
              "person=\"vera\" target=\"mri-3\" session=\"s1\"] " +
                  line);
}

TEST(Syslog, OfAnAlertBearsItsDeliveryAndItsLoudness) {
    auto event = full_event();
    EXPECT_THAT(syslog_message(event, "siem-4", "h"),
                StartsWith("<106>1 2026-01-02T09:04:05.000000Z h anteroom - break-glass.used [anteroom@32473 delivery=\"siem-4\""));
    event.loudness = 1;
    EXPECT_THAT(syslog_message(event, "siem-4", "h"), StartsWith("<108>1 "));
    event.drill = true;
    EXPECT_THAT(syslog_message(event, "siem-4", "h"), StartsWith("<110>1 "));
}

TEST(Syslog, QuotesWhatWouldEndItsData) {
    const auto message = syslog_message(hostile_event(), "siem-4", "h");
    EXPECT_THAT(message, HasSubstr("\\\"\\\\\\]")) << "quote, backslash and bracket";
    for (const char c : message) EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20) << "one line: a receiver that divides at line ends is not misled";
}

TEST(Syslog, OfALineThatIsNoRecordIsLoudAndHarmless) {
    for (const std::string text : {"", "{", "[1]", "{\"kind\":\"a\"}", "{\"kind\":\"a\",\"seq\":1,\"time\":\"x] evil\"}", "\n<0>1 x"}) {
        const auto message = syslog_message(text, "h");
        EXPECT_THAT(message, StartsWith("<106>1 - h anteroom - unreadable - ")) << text;
        EXPECT_EQ(message.find('\n'), std::string::npos);
    }
}

TEST(Syslog, HasNoBlankInAWordOfItsHeader) {
    EXPECT_THAT(syslog_message(line, ""), HasSubstr("Z - anteroom"));
    EXPECT_THAT(syslog_message(line, "a b\n"), HasSubstr("Z a_b_ anteroom"));
    auto event = full_event();
    event.event = "an event of more than thirty-two letters ] <0>1";
    EXPECT_THAT(syslog_message(event, "s-1", "h"), HasSubstr(" an_event_of_more_than_thirty-two [anteroom@32473"));
}

TEST(Syslog, IsFramedByItsLengthInBytes) {
    EXPECT_EQ(framed("abc"), "3 abc");
    EXPECT_EQ(framed("Müller"), "7 Müller");
    EXPECT_EQ(framed(""), "0 ");
}

}  // namespace
}  // namespace anteroom::courier
