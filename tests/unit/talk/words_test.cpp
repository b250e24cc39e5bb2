// What is typed, and what is made of it.
#include "broker/talk/words.h"

#include "broker/talk/asking.h"
#include "broker/talk/waiting.h"
#include "tests/unit/base/seeds.h"
#include "tests/unit/talk/scene.h"

namespace anteroom::talk {

using namespace testing;

TEST(TypedLength, IsReadAsPeopleWriteIt) {
    EXPECT_EQ(must(length_of("30m")), Duration(30min));
    EXPECT_EQ(must(length_of("2h")), Duration(2h));
    EXPECT_EQ(must(length_of("1h30m")), Duration(90min));
    EXPECT_EQ(must(length_of(" 1 h 30 min ")), Duration(90min));
    EXPECT_EQ(must(length_of("1d")), Duration(24h));
}

TEST(TypedLength, RefusesWhatIsNone) {
    for (const auto* text : {"", "h", "2", "0m", "-1h", "2x", "1h 30", "99999999999h", "1e3h", "400d", "2h\x1b[31m", "1hh", "0x10m"})
        EXPECT_FALSE(length_of(text)) << text;
    EXPECT_FALSE(length_of(std::string(65536, '1')));
}

TEST(TypedLength, IsWrittenAsItIsRead) {
    anteroom::testing::Seeded seeded(7);
    for (int i = 0; i < 1000; ++i) {
        const Duration length = std::chrono::seconds(seeded.between(1, 86400 * 3));
        EXPECT_EQ(must(length_of(length_text(length))), length) << length_text(length);
    }
}

TEST(TypedLine, IsOneShortPlainLine) {
    EXPECT_EQ(must(typed_line(Secret::copy_of("  coil fault \r\n"))), "coil fault");
    EXPECT_EQ(must(typed_line(Secret::copy_of("Kopfspule lädt nicht"))), "Kopfspule lädt nicht");
    for (const auto* text : {"a\nb", "\x1b[2Jx", "a\rb", "\x07", "\xff\xfe", "\u202egpj"}) EXPECT_FALSE(typed_line(Secret::copy_of(text))) << text;
    EXPECT_FALSE(typed_line(Secret::copy_of(std::string(65536, 'a'))));
    EXPECT_FALSE(typed_line(Secret::copy_of(std::string("a\0b", 3))));
}

TEST(Error, OfTheMachineTellsNothing) {
    EXPECT_EQ(sentence_of({ErrorKind::io, "SQL: no such table people"}), "That cannot be done right now.");
    EXPECT_EQ(sentence_of({ErrorKind::refused, "the code is not right"}), "The code is not right.");
    EXPECT_EQ(sentence_of({ErrorKind::conflict, "dana approved it."}), "dana approved it.");
    EXPECT_EQ(sentence_of({ErrorKind::refused, "x\x1b[31m"}), "x\\x1b[31m.");
}

TEST(ClientVersion, OfFileToolsIsKnown) {
    for (const auto* tool : {"SSH-2.0-WinSCP_release_6.3.3", "SSH-2.0-FileZilla_3.67.1", "SSH-2.0-Cyberduck/8.7", "SSH-2.0-JSCH_0.2.16", "SSH-2.0-SSHJ_0.38.0",
                             "SSH-2.0-libssh2_1.11.0"})
        EXPECT_TRUE(is_file_tool(tool)) << tool;
    for (const auto* terminal : {"SSH-2.0-OpenSSH_9.2p1 Debian-2", "SSH-2.0-PuTTY_Release_0.81", "SSH-2.0-libssh_0.10.6", "", "SSH-2.0-ConnectBot"})
        EXPECT_FALSE(is_file_tool(terminal)) << terminal;
}

class TypedTime : public Talking {};

TEST_F(TypedTime, IsTheNextOneOfThatHour) {
    EXPECT_EQ(here->time_text(must(time_of(*here, "18:00"))), "2026-01-05 18:00 +00:00");
    EXPECT_EQ(here->time_text(must(time_of(*here, "07:00"))), "2026-01-06 07:00 +00:00");
    EXPECT_EQ(here->time_text(must(time_of(*here, "2026-03-01 09:30"))), "2026-03-01 09:30 +00:00");
}

TEST_F(TypedTime, RefusesWhatIsOverOrNone) {
    for (const auto* text : {"", "25:00", "7:00", "2026-01-05 07:59", "2026-13-01 09:30", "2036-01-01 00:00", "18:00Z", "yesterday"})
        EXPECT_FALSE(time_of(*here, text)) << text;
}

TEST(WaitingLine, IsSaidAgainWhenItChangesAndEachMinute) {
    access::Card card;
    card.request.id = 42;
    card.waiting_for = {"1 of imaging-admins"};
    ManualClock clock(anteroom::testing::start_of_tests());
    card.notified = clock.now();
    WaitingLine line;
    const auto due = [&] { return line.due(card, clock.now(), clock.monotonic()); };
    clock.advance(3s);
    EXPECT_EQ(due(), "request 42: waiting for 1 of imaging-admins; notified 3 s ago");
    EXPECT_EQ(due(), std::nullopt);
    clock.advance(59s);
    EXPECT_EQ(due(), std::nullopt);
    clock.advance(1s);
    EXPECT_EQ(due(), "request 42: waiting for 1 of imaging-admins; notified 1 min ago");
    card.waiting_for = {"1 of heads"};
    EXPECT_EQ(due(), "request 42: waiting for 1 of heads; notified 1 min ago");
}

TEST(WaitingLine, KeepsItsRhythmWhenTheWallClockJumps) {
    access::Card card;
    card.request.id = 42;
    ManualClock clock(anteroom::testing::start_of_tests());
    card.notified = clock.now();
    WaitingLine line;
    (void)line.due(card, clock.now(), clock.monotonic());
    clock.jump_wall(-24h);
    EXPECT_EQ(line.due(card, clock.now(), clock.monotonic()), std::nullopt);
    clock.advance(60s);
    EXPECT_EQ(line.due(card, clock.now(), clock.monotonic()), "request 42: waiting for a decision; notified 0 s ago");
}

}  // namespace anteroom::talk
