// Appending: what is written, when, and with what time.
#include <set>

#include "tests/unit/audit/fixture.h"

namespace anteroom::audit {
namespace {

class AuditLog : public WithLog {};

TEST_F(AuditLog, NumbersRecordsFromOneAndVerifies) {
    EXPECT_EQ(append(), 1);
    EXPECT_EQ(append(), 2);
    fill(600);  // more than a page, more than two automatic checkpoints
    const auto result = verified();
    EXPECT_TRUE(result.intact()) << all(result);
    EXPECT_EQ(result.records, 602);
    EXPECT_GE(result.last_checkpoint, 512);
}

TEST_F(AuditLog, AnEmptyLogIsIntactAndHasNoCheckpoint) {
    EXPECT_TRUE(verified().intact());
    EXPECT_EQ(kind_of(log.checkpoint()), ErrorKind::not_found);
    must(log.tick());
    must(log.flush());
}

TEST_F(AuditLog, ARecordReadsBackAsItWasWritten) {
    must(log.append({.kind = Kind::session_start, .person = "vera", .target = "mri-3", .session = "abc", .fields = {{"b", "2"}, {"a", "\"quoted\" \\ é"}}}));
    const auto entry = entries().at(0);
    EXPECT_EQ(entry.kind, "session.start");
    EXPECT_EQ(entry.person, "vera");
    EXPECT_EQ(entry.time, clock.now());
    EXPECT_FALSE(entry.wall);
    EXPECT_EQ(entry.fields.at("a"), "\"quoted\" \\ é");
    EXPECT_NE(text_of(entry).find("session.start person=vera target=mri-3 session=abc"), std::string::npos);
}

TEST_F(AuditLog, HostileTextIsMadePrintableAndCut) {
    Record record{.kind = Kind::login_refused, .person = std::string("\x1b[2J\0\xff\n\xe2\x80\xae", 10), .target = {}, .session = {}, .fields = {}};
    record.fields["long"] = std::string(100'000, 'a');
    record.fields[std::string(1000, 'n') + "\n"] = "\xc3";
    for (int i = 0; i < 500; ++i) record.fields["x" + std::to_string(i)] = "y";
    must(log.append(record));
    const auto entry = entries().at(0);
    EXPECT_EQ(entry.person, "\\x1b[2J\\x00\\xff\\x0a\\xe2\\x80\\xae");
    EXPECT_TRUE(entry.fields.at("long").ends_with("[cut: 100000 bytes]"));
    EXPECT_LT(entry.fields.at("long").size(), 4200u);
    EXPECT_LE(entry.fields.size(), field_limit + 1);
    EXPECT_TRUE(entry.fields.contains("cut"));
    EXPECT_TRUE(verified().intact());
}

TEST_F(AuditLog, TimeNeverGoesBackAndTheClockIsNoted) {
    append();
    const auto before = clock.now();
    clock.jump_wall(-24h);
    append();
    clock.jump_wall(48h);
    append();
    const auto all_entries = entries();
    EXPECT_EQ(all_entries[1].time, before);
    EXPECT_EQ(all_entries[1].wall, before - 24h + 1s);
    EXPECT_EQ(all_entries[2].time, clock.now());
    EXPECT_FALSE(all_entries[2].wall);
    EXPECT_TRUE(verified().intact());
}

TEST_F(AuditLog, GoesWithTheTransactionAroundIt) {
    append();
    (void)database.transaction([&]() -> Status {
        EXPECT_EQ(TRY(log.append(refusal())), 2);
        EXPECT_FALSE(log.checkpoint());
        return fail(ErrorKind::refused, "undo");
    });
    must(database.transaction([&]() -> Status {
        EXPECT_EQ(TRY(log.append(refusal("kept"))), 2);
        return ok();
    }));
    EXPECT_EQ(append(), 3);
    EXPECT_EQ(entries().at(1).person, "kept");
    EXPECT_TRUE(verified().intact());
}

TEST_F(AuditLog, IsDurableWhenAppendReturns) {
    append();
    auto other = must(store::Database::open(address(), clock));
    const auto seen = must(verify(other, {.chain = "main", .keys = {log.public_key()}, .against = {}}));
    EXPECT_EQ(seen.records, 1);
    EXPECT_TRUE(seen.intact());
}

TEST_F(AuditLog, GoesOnWhereAnEarlierBrokerStopped) {
    fill(5);
    auto second = open_log();
    EXPECT_EQ(must(second.append(refusal())), 6);
    EXPECT_TRUE(verified().intact());
}

TEST_F(AuditLog, ChecksItselfByTimeToo) {
    append();
    append();
    EXPECT_EQ(verified().last_checkpoint, 1);
    clock.advance(61s);
    must(log.tick());
    EXPECT_EQ(verified().last_checkpoint, 2);
    append();
    must(log.flush());
    EXPECT_EQ(verified().last_checkpoint, 3);
}

TEST_F(AuditLog, ShowsWhatIsAskedFor) {
    const auto start = clock.now();
    fill(10);
    must(log.append({.kind = Kind::session_end, .person = "dana", .target = "pacs", .session = "s1", .fields = {}}));
    EXPECT_EQ(entries({.since = {}, .until = {}, .kind = "session.end", .person = {}, .target = {}, .session = {}}).size(), 1u);
    EXPECT_EQ(entries({.since = {}, .until = {}, .kind = {}, .person = "person-3", .target = {}, .session = {}}).size(), 1u);
    EXPECT_EQ(entries({.since = {}, .until = {}, .kind = {}, .person = {}, .target = "pacs", .session = {}}).size(), 1u);
    EXPECT_EQ(entries({.since = {}, .until = {}, .kind = {}, .person = {}, .target = {}, .session = "s1"}).size(), 1u);
    EXPECT_EQ(entries({.since = start + 3s, .until = start + 5s, .kind = {}, .person = {}, .target = {}, .session = {}}).size(), 2u);
}

TEST_F(AuditLog, AnExportedLineHoldsItsBodyAndHash) {
    fill(3);
    auto previous = to_bytes(View(genesis));
    int lines = 0;
    must(export_jsonl(database, "main", {}, [&](std::string_view line) -> Status {
        ++lines;
        const std::string body = std::string(line.substr(0, line.size() - 55)) + "}";
        const auto claimed = must(from_base64(line.substr(line.size() - 46, 44)));
        EXPECT_EQ(to_bytes(View(hash_of(previous, body))), claimed);
        previous = claimed;
        return ok();
    }));
    EXPECT_EQ(lines, 3);
    EXPECT_EQ(kind_of(export_jsonl(database, "main", {}, [](std::string_view) -> Status { return fail(ErrorKind::io, "full"); })), ErrorKind::io);
}

TEST_F(AuditLog, TheFormatIsFixedByAVector) {
    const Entry entry{.chain = "main",
                      .seq = 1,
                      .time = anteroom::testing::start_of_tests(),
                      .wall = {},
                      .kind = "login.refused",
                      .person = "vera",
                      .target = "",
                      .session = "",
                      .fields = {{"a", "\"\\"}}};
    const auto body = body_of(entry);
    EXPECT_EQ(
        body,
        R"({"chain":"main","seq":1,"time":"2026-01-05T08:00:00.000000Z","kind":"login.refused","person":"vera","target":"","session":"","fields":{"a":"\"\\"}})");
    EXPECT_EQ(hash_of(genesis, body), crypto::sha256(view("anteroom-audit-v1" + std::string(32, '\0') + body)));
    EXPECT_EQ(body_of(must(parse_body(body))), body);
}

TEST_F(AuditLog, EveryKindHasANameOfItsOwn) {
    std::set<std::string_view> seen;
#define ANTEROOM_ROW(enumerator, name)             \
    EXPECT_TRUE(seen.insert(name).second) << name; \
    EXPECT_EQ(kind_named(name), Kind::enumerator); \
    EXPECT_EQ(name_of(Kind::enumerator), name);
    ANTEROOM_AUDIT_KINDS(ANTEROOM_ROW)
#undef ANTEROOM_ROW
    EXPECT_FALSE(kind_named("login"));
}

TEST_F(AuditLog, WritesTheFirstOfABurstAtOnceAndCountsTheRest) {
    for (int i = 0; i < 1000; ++i) must(log.append_coalesced("vera/203.0.113.7", refusal()));
    EXPECT_EQ(entries().size(), 1u);
    must(log.tick());
    EXPECT_EQ(entries().size(), 1u);
    clock.advance(60s);
    must(log.tick());
    ASSERT_EQ(entries().size(), 2u);
    EXPECT_EQ(entries()[1].fields.at("repeated"), "999");
    EXPECT_EQ(entries()[1].person, "vera");
    must(log.append_coalesced("vera/203.0.113.7", refusal()));
    EXPECT_EQ(entries().size(), 3u);
    clock.advance(120s);
    must(log.tick());
    EXPECT_EQ(entries().size(), 3u);  // nothing was counted
}

TEST_F(AuditLog, NoRefusalIsLostHoweverManyKeysAFloodInvents) {
    auto small = open_log({.checkpoint_every = 256, .checkpoint_after = 60s, .coalescing = {.window = 60s, .keys = 8}});
    std::mt19937 random(7);
    constexpr int refusals = 3000;
    for (int i = 0; i < refusals; ++i) {
        must(small.append_coalesced("key-" + std::to_string(random() % 300), refusal("p")));
        if (i % 50 == 0) clock.advance(10s);
    }
    must(small.flush());
    std::int64_t counted = 0;
    const auto all_entries = entries();
    for (const auto& entry : all_entries) counted += entry.fields.contains("repeated") ? std::stoll(entry.fields.at("repeated")) : 1;
    EXPECT_EQ(counted, refusals);
    EXPECT_LT(all_entries.size(), 600u);
    EXPECT_TRUE(verified().intact());
}

TEST_F(AuditLog, ARolledBackFirstRecordOfABurstIsNotTakenForWritten) {
    (void)database.transaction([&]() -> Status {
        TRY(log.append_coalesced("k", refusal()));
        return fail(ErrorKind::refused, "undo");
    });
    must(log.append_coalesced("k", refusal()));
    EXPECT_EQ(entries().size(), 1u);
}

TEST_F(AuditLog, RefusesANameThatIsNoneAndASeedThatIsNone) {
    EXPECT_FALSE(Log::open(database, clock, seed(), "Main\n"));
    EXPECT_FALSE(Log::open(database, clock, Secret::copy_of("short"), "main"));
}

}  // namespace
}  // namespace anteroom::audit
