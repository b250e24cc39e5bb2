// Tampering: every way to change the log is found and named.
#include "tests/unit/audit/fixture.h"

namespace anteroom::audit {
namespace {

class AuditVerify : public WithLog {
protected:
    // As somebody would who can write the database and knows the format, but holds no key.
    void rewrite_from(std::int64_t first) {
        store::AuditRecords records(database, "main");
        for (const auto& row : must(records.page({}, first - 1, 10000))) {
            const auto before = row.seq == 1 ? std::vector<store::AuditRow>() : must(records.page({}, row.seq - 2, 1));
            const auto previous = before.empty() ? to_bytes(View(genesis)) : must(from_base64(before[0].hash));
            must(database.execute("UPDATE audit_records SET hash = ? WHERE seq = ?", {base64(hash_of(previous, row.body)), row.seq}));
        }
    }
    void change_person(std::int64_t seq, const std::string& person) {
        auto row = must(store::AuditRecords(database, "main").page({}, seq - 1, 1)).at(0);
        auto entry = must(parse_body(row.body));
        entry.person = person;
        must(database.execute("UPDATE audit_records SET person = ?, body = ? WHERE seq = ?", {person, body_of(entry), seq}));
    }
};

TEST_F(AuditVerify, FindsEveryFlippedBitPatternInEveryByteOfEveryColumn) {
    fill(4);
    must(log.flush());
    for (const auto& row : must(store::AuditRecords(database, "main").page({}, 0, 10))) {
        const std::pair<const char*, std::string> columns[] = {
            {"kind", row.kind}, {"person", row.person}, {"target", row.target}, {"body", row.body}, {"hash", row.hash}};
        for (const auto& [column, text] : columns) {
            for (std::size_t i = 0; i < text.size(); ++i) {
                for (const char mask : {'\x01', '\x20', '\x80'}) {
                    auto bad = text;
                    bad[i] = static_cast<char>(bad[i] ^ mask);
                    if (bad[i] == '\0') continue;
                    tampered("UPDATE audit_records SET " + std::string(column) + " = ? WHERE seq = ?", {bad, row.seq}, [&](const Verification& result) {
                        EXPECT_TRUE(names(result, row.seq, "was changed")) << column << " " << i << "\n" << all(result);
                    });
                }
            }
        }
        for (const char* column : {"session", "chain_id"}) {
            tampered("UPDATE audit_records SET " + std::string(column) + " = 'other' WHERE seq = ?", {row.seq},
                     [&](const Verification& result) { EXPECT_TRUE(names(result, row.seq)) << column << all(result); });
        }
        for (const std::int64_t by : {-1, 1, 1'000'000'000}) {
            tampered("UPDATE audit_records SET time = time + ? WHERE seq = ?", {by, row.seq},
                     [&](const Verification& result) { EXPECT_TRUE(names(result, row.seq, "column time")) << all(result); });
        }
    }
    EXPECT_TRUE(verified().intact());
}

TEST_F(AuditVerify, NamesAChangedTextOnceAndAChangedHashOnce) {
    fill(10);
    tampered("UPDATE audit_records SET body = REPLACE(body, 'wrong', 'right') WHERE seq = 5", {}, [&](const Verification& result) {
        EXPECT_EQ(result.findings.size(), 1u) << all(result);
        EXPECT_TRUE(names(result, 5, "does not fit its text"));
    });
    tampered("UPDATE audit_records SET hash = ? WHERE seq = 5", {base64(Bytes(32))}, [&](const Verification& result) {
        EXPECT_EQ(result.findings.size(), 1u) << all(result);
        EXPECT_TRUE(names(result, 5, "its hash is not the one"));
    });
}

TEST_F(AuditVerify, NamesMissingRecords) {
    fill(10);
    tampered("DELETE FROM audit_records WHERE seq = 4", {}, [&](const Verification& result) {
        EXPECT_EQ(result.findings.size(), 1u) << all(result);
        EXPECT_TRUE(names(result, 4, "is missing"));
    });
    tampered("DELETE FROM audit_records WHERE seq >= 4 AND seq <= 6", {},
             [&](const Verification& result) { EXPECT_TRUE(names(result, 4, "up to 6 are missing")) << all(result); });
    tampered("DELETE FROM audit_records WHERE seq = 1", {}, [&](const Verification& result) { EXPECT_TRUE(names(result, 1, "is missing")) << all(result); });
}

TEST_F(AuditVerify, FindsADeletionHiddenByRenumbering) {
    fill(10);
    (void)database.transaction([&]() -> Status {
        must(database.execute("DELETE FROM audit_records WHERE seq = 4"));
        for (std::int64_t seq = 5; seq <= 10; ++seq) must(database.execute("UPDATE audit_records SET seq = ? WHERE seq = ?", {seq - 1, seq}));
        EXPECT_TRUE(names(verified(), 4, "says it is record 5"));
        return fail(ErrorKind::refused, "undo");
    });
}

TEST_F(AuditVerify, FindsSwappedRecords) {
    fill(10);
    (void)database.transaction([&]() -> Status {
        for (const auto& [from, to] : std::vector<std::pair<std::int64_t, std::int64_t>>{{3, 99}, {7, 3}, {99, 7}})
            must(database.execute("UPDATE audit_records SET seq = ? WHERE seq = ?", {to, from}));
        const auto result = verified();
        EXPECT_TRUE(names(result, 3, "moved")) << all(result);
        EXPECT_TRUE(names(result, 7, "moved")) << all(result);
        return fail(ErrorKind::refused, "undo");
    });
}

TEST_F(AuditVerify, FindsAnInsertedRecord) {
    fill(6);
    (void)database.transaction([&]() -> Status {
        for (std::int64_t seq = 6; seq >= 4; --seq) must(database.execute("UPDATE audit_records SET seq = ? WHERE seq = ?", {seq + 1, seq}));
        must(
            database.execute("INSERT INTO audit_records SELECT chain_id, 4, time, kind, person, target, session, body, hash FROM audit_records WHERE seq = 2"));
        EXPECT_TRUE(names(verified(), 4));
        return fail(ErrorKind::refused, "undo");
    });
    for (const std::int64_t seq : {std::int64_t{0}, std::int64_t{-5}}) {
        tampered("INSERT INTO audit_records SELECT chain_id, ?, time, kind, person, target, session, body, hash FROM audit_records WHERE seq = 2", {seq},
                 [&](const Verification& result) { EXPECT_TRUE(names(result, seq, "no record can have")) << all(result); });
    }
    tampered("UPDATE audit_records SET seq = 'text' WHERE seq = 3", {}, [&](const Verification& result) { EXPECT_FALSE(result.intact()); });
}

TEST_F(AuditVerify, FindsAnEndCutOffBelowACheckpoint) {
    fill(10);
    must(log.flush());
    for (std::int64_t kept = 0; kept < 10; ++kept) {
        tampered("DELETE FROM audit_records WHERE seq > ?", {kept},
                 [&](const Verification& result) { EXPECT_TRUE(names(result, 10, "is missing")) << kept << all(result); });
    }
    (void)database.transaction([&]() -> Status {
        must(database.execute("DELETE FROM audit_checkpoints"));
        EXPECT_FALSE(verified().intact());
        return fail(ErrorKind::refused, "undo");
    });
}

TEST_F(AuditVerify, FindsAHistoryRewrittenWithNewHashes) {
    fill(10);
    must(log.flush());
    for (const std::int64_t first : {1, 4, 10}) {
        (void)database.transaction([&]() -> Status {
            change_person(first, "mallory");
            rewrite_from(first);
            const auto result = verified();
            EXPECT_TRUE(names(result, 10, "rewritten")) << all(result);
            return fail(ErrorKind::refused, "undo");
        });
    }
}

TEST_F(AuditVerify, FindsAForgedOrChangedCheckpoint) {
    fill(3);
    must(log.flush());
    for (const char* change : {"head = 'x'", "time = time + 1", "signature = 'x'", "key_id = 'x'", "seq = 2"}) {
        tampered("UPDATE audit_checkpoints SET " + std::string(change) + " WHERE seq = 3", {},
                 [&](const Verification& result) { EXPECT_FALSE(result.intact()) << change; });
    }
    // By a key of the attacker's own.
    const auto forged = must(sign_checkpoint(Bytes(32, 7), "main", 3, must(store::AuditRecords(database, "main").last())->hash, clock.now()));
    tampered("UPDATE audit_checkpoints SET signature = ?, key_id = ? WHERE seq = 3", {base64(forged.signature), forged.key_id},
             [&](const Verification& result) { EXPECT_TRUE(names(result, 3, "signature is not good")) << all(result); });
}

TEST_F(AuditVerify, ACheckpointKeptElsewhereFindsARollBackAndARewrittenHistory) {
    fill(10);
    const auto kept = document();
    EXPECT_TRUE(verified(kept).intact());
    fill(5);
    EXPECT_TRUE(verified(kept).intact());
    (void)database.transaction([&]() -> Status {  // the database of an earlier day
        must(database.execute("DELETE FROM audit_records WHERE seq > 6"));
        must(database.execute("DELETE FROM audit_checkpoints WHERE seq > 6"));
        EXPECT_TRUE(verified().intact());  // it alone cannot know
        EXPECT_TRUE(names(verified(kept), 10, "kept elsewhere"));
        return fail(ErrorKind::refused, "undo");
    });
    (void)database.transaction([&]() -> Status {  // a roll-back, and then other records in their place
        must(database.execute("DELETE FROM audit_records WHERE seq > 6"));
        must(database.execute("DELETE FROM audit_checkpoints WHERE seq > 6"));
        for (int i = 0; i < 20; ++i) must(log.append(refusal("other")));
        EXPECT_TRUE(verified().intact());
        EXPECT_TRUE(names(verified(kept), 10, "kept elsewhere"));
        return fail(ErrorKind::refused, "undo");
    });
    (void)database.transaction([&]() -> Status {
        must(database.execute("DELETE FROM audit_records"));
        must(database.execute("DELETE FROM audit_checkpoints"));
        EXPECT_FALSE(verified(kept).intact());
        return fail(ErrorKind::refused, "undo");
    });
}

TEST_F(AuditVerify, RefusesACheckpointOfAnotherLogOrKeyOrChanged) {
    fill(3);
    const auto kept = document();
    auto changed = kept;
    changed.seq = 2;
    EXPECT_FALSE(verified(changed).intact());
    const auto foreign = must(sign_checkpoint(Bytes(32, 7), "main", kept.seq, kept.head, kept.time));
    EXPECT_FALSE(verified(foreign).intact());
    const auto other_chain = must(sign_checkpoint(seed().expose(), "other", kept.seq, kept.head, kept.time));
    EXPECT_FALSE(verified(other_chain).intact());
}

TEST_F(AuditVerify, NoChangedByteOfACheckpointDocumentIsBelieved) {
    fill(3);
    const auto text = must(log.checkpoint());
    const auto original = must(parse_checkpoint_document(text));
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto bad = text;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        const auto parsed = parse_checkpoint_document(bad);
        if (!parsed || !signed_by(*parsed, log.public_key())) continue;
        // What is left says the same: a space, or the public key that nobody believes.
        EXPECT_EQ(parsed->head, original.head);
        EXPECT_EQ(parsed->seq, original.seq);
        EXPECT_EQ(parsed->time, original.time);
    }
    for (std::size_t i = 0; i + 2 < text.size(); ++i) EXPECT_FALSE(parse_checkpoint_document(text.substr(0, i)));
}

TEST_F(AuditVerify, FindsAnyRandomDamageInAnyOfManySeeds) {
    fill(12);
    must(log.flush());
    for (unsigned seed = 0; seed < 500; ++seed) {
        std::mt19937 random(seed);
        const std::int64_t a = 1 + random() % 12, b = 1 + random() % 12;
        const std::string where = " WHERE seq = " + std::to_string(a);
        std::string sql;
        switch (random() % 5) {
            case 0: sql = "DELETE FROM audit_records" + where; break;
            case 1: sql = "UPDATE audit_records SET seq = " + std::to_string(100 + b) + where; break;
            case 2: sql = "UPDATE audit_records SET hash = (SELECT hash FROM audit_records WHERE seq = " + std::to_string(a % 12 + 1) + ")" + where; break;
            case 3: sql = "UPDATE audit_records SET body = (SELECT body FROM audit_records WHERE seq = " + std::to_string(a % 12 + 1) + ")" + where; break;
            default: sql = "UPDATE audit_records SET body = SUBSTR(body, 1, " + std::to_string(random() % 100) + ")" + where; break;
        }
        tampered(sql, {}, [&](const Verification& result) { EXPECT_TRUE(names(result, a)) << sql << "\n" << all(result); });
    }
    EXPECT_TRUE(verified().intact());
}

}  // namespace
}  // namespace anteroom::audit
