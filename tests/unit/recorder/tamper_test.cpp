// Every alteration of a recording is found, and the piece or part named: with the key, and without any.
#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder::testing {
namespace {

struct Spans {
    std::vector<std::size_t> begins;  // of pieces; the last is the final frame
    explicit Spans(const Session& s) {
        Scanner scanner(s.file.get(), encode(s.created.header).size());
        const auto found = find_final(s.file.get(), scanner.offset(), must(size_of(s.file.get())));
        do begins.push_back(scanner.offset());
        while (must(scanner.step(found->offset)));
    }
    std::uint64_t piece_at(std::size_t offset) const {
        if (offset < begins.front() || offset >= begins.back()) return no_piece;
        return static_cast<std::uint64_t>(std::upper_bound(begins.begin(), begins.end(), offset) - begins.begin() - 1);
    }
    View piece(const Bytes& all, std::size_t i) const { return View(all).subspan(begins[i], begins[i + 1] - begins[i]); }
};

Bytes joined(std::initializer_list<View> parts) {
    Bytes out;
    for (const View part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}

TEST(Tampering, EveryFlippedByteIsFoundWithoutAKeyAndThePartNamed) {
    Session s;
    small_session(s);
    const Spans spans(s);
    const Bytes good = s.bytes();
    for (std::size_t i = 0; i < good.size(); ++i) {
        Bytes bad = good;
        bad[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
        const auto report = verify_bytes(bad, s.keys, s.checkpoints());
        ASSERT_FALSE(report.intact()) << i;
        ASSERT_NE(report.state, State::complete) << i;
        ASSERT_NE(report.state, State::recovered) << i;
        const auto piece = spans.piece_at(i);
        const bool named = std::any_of(report.problems.begin(), report.problems.end(), [&](const Problem& p) { return p.piece == piece; });
        ASSERT_TRUE(named) << i << " in piece " << piece << ": " << sentence(report.problems[0]);
    }
}

TEST(Tampering, EveryFlippedByteOfTheCheckpointsIsFound) {
    Session s;
    small_session(s);
    const Bytes good = s.checkpoints();
    for (std::size_t i = 0; i < good.size(); ++i) {
        Bytes bad = good;
        bad[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
        const auto report = verify_bytes(s.bytes(), s.keys, bad);
        ASSERT_FALSE(report.intact()) << i;
        ASSERT_EQ(report.problems[0].text.substr(0, 12), "checkpoints:") << i;
    }
    for (std::size_t cut = 0; cut < good.size(); ++cut) ASSERT_FALSE(verify_bytes(s.bytes(), s.keys, to_bytes(View(good).first(cut))).intact()) << cut;
}

TEST(Tampering, EveryFlippedByteOfAPieceIsFoundAndNamedWithTheKey) {
    Session s;
    small_session(s);
    const Spans spans(s);
    const Bytes good = s.bytes();
    for (std::size_t i = 0; i < spans.begins.back(); ++i) {
        Bytes bad = good;
        bad[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
        const auto error = read_error(bad, s.created, s.keys);
        const auto piece = spans.piece_at(i);
        const auto expected = piece == no_piece ? std::string() : "piece " + std::to_string(piece) + ": ";
        ASSERT_FALSE(error.empty()) << i;
        ASSERT_EQ(error.substr(0, expected.size()), expected) << i;
    }
}

TEST(Tampering, NoTruncationLooksComplete) {
    Session s;
    small_session(s);
    const Bytes good = s.bytes();
    for (std::size_t cut = 0; cut < good.size(); ++cut) {
        const auto report = verify_bytes(View(good).first(cut), s.keys, s.checkpoints());
        ASSERT_FALSE(report.intact()) << cut;
        ASSERT_TRUE(report.state == State::torn || report.state == State::damaged) << cut;
        auto reader = Reader::open(memory_file(View(good).first(cut)), s.created.data_key.expose(), s.keys.broker_public);
        if (reader) ASSERT_EQ(reader->state(), State::torn) << cut;
    }
}

TEST(Tampering, SwappedDroppedDuplicatedAndForeignPiecesAreFound) {
    Session s, other(2, "00000000000000zz");
    small_session(s);
    small_session(other);
    const Spans at_(s), theirs(other);
    const Bytes good = s.bytes(), foreign = other.bytes();
    const View all(good);
    const View head = all.first(at_.begins[0]), final = all.subspan(at_.begins.back());
    const auto p = [&](std::size_t i) { return at_.piece(good, i); };
    const std::vector<std::pair<Bytes, std::uint64_t>> cases = {
        {joined({head, p(1), p(0), p(2), p(3), final}), 0},
        {joined({head, p(0), p(2), p(1), p(3), final}), 1},
        {joined({head, p(0), p(1), p(3), final}), 2},
        {joined({head, p(0), p(1), p(2), final}), 3},
        {joined({head, p(0), p(1), p(1), p(2), p(3), final}), 2},
        {joined({head, p(0), theirs.piece(foreign, 1), p(2), p(3), final}), 1},
        {joined({head, p(0), p(1), p(2), p(3), p(3), final}), 4},
    };
    for (const auto& [bad, piece] : cases) {
        const auto report = verify_bytes(bad, s.keys, s.checkpoints());
        EXPECT_EQ(report.state, State::damaged);
        EXPECT_TRUE(std::any_of(report.problems.begin(), report.problems.end(), [&, wanted = piece](const Problem& one) { return one.piece == wanted; }))
            << piece;
        EXPECT_NE(read_error(bad, s.created, s.keys).find("piece " + std::to_string(piece)), std::string::npos) << piece;
    }
    EXPECT_FALSE(verify_bytes(joined({View(foreign).first(theirs.begins[0]), all.subspan(at_.begins[0])}), s.keys).intact());
    EXPECT_FALSE(verify_bytes(joined({all.first(at_.begins.back()), View(foreign).subspan(theirs.begins.back())}), s.keys).intact());
    EXPECT_FALSE(verify_bytes(s.bytes(), s.keys, other.checkpoints()).intact());
    EXPECT_FALSE(verify_bytes(joined({all, View(good).first(1)}), s.keys).intact());
}

TEST(Tampering, ABrokersSignatureCannotBeMadeWithAnotherSeed) {
    Session s;
    small_session(s);
    auto final = *verify_bytes(s.bytes(), s.keys).final;
    final.reason = Reason::expired;
    const auto forged = must(sign_final(final, hash_of(s.created.header), Secret(Bytes(32, 9)).expose()));
    const Bytes bytes = joined({View(s.bytes()).first(final.bytes), forged});
    const auto report = verify_bytes(bytes, s.keys);
    EXPECT_EQ(report.state, State::damaged);
    EXPECT_EQ(report.problems[0].fault, Fault::signature);
    auto reader = must(Reader::open(memory_file(bytes), s.created.data_key.expose(), s.keys.broker_public));
    EXPECT_EQ(reader.state(), State::damaged);
}

TEST(Tampering, ARewritingBrokerIsCaughtByTheAuditLogsRoots) {
    Session s, rewritten(2);
    small_session(s);
    small_session(rewritten);
    const auto true_root = verify_bytes(s.bytes(), s.keys).root;
    EXPECT_EQ(verify_bytes(s.bytes(), s.keys, {}, {{4, true_root}}).known_roots, 1u);
    EXPECT_FALSE(verify_bytes(rewritten.bytes(), s.keys, {}, {{4, true_root}}).intact());
    EXPECT_FALSE(verify_bytes(s.bytes(), s.keys, {}, {{5, true_root}}).intact());
}

TEST(Tampering, TenThousandMutationsAreAllFound) {
    Session s;
    small_session(s);
    const Bytes good = s.bytes();
    for (unsigned n = 0; n < 10'000; ++n) {
        std::mt19937 random(n);
        Bytes bad = good;
        for (unsigned i = 0, changes = 1 + random() % 3; i < changes && !bad.empty(); ++i) {
            const auto place = static_cast<std::ptrdiff_t>(random() % bad.size());
            const auto length = static_cast<std::ptrdiff_t>(std::min<std::size_t>(random() % 40, bad.size() - static_cast<std::size_t>(place)));
            switch (random() % 4) {
                case 0: bad[static_cast<std::size_t>(place)] = static_cast<std::uint8_t>(random()); break;
                case 1: bad.erase(bad.begin() + place, bad.begin() + place + length); break;
                case 2: {
                    const Bytes copy(bad.begin() + place, bad.begin() + place + length);
                    bad.insert(bad.begin() + static_cast<std::ptrdiff_t>(random() % bad.size()), copy.begin(), copy.end());
                    break;
                }
                default: bad.resize(static_cast<std::size_t>(place));
            }
        }
        if (bad == good) continue;
        ASSERT_FALSE(verify_bytes(bad, s.keys, s.checkpoints()).intact()) << n;
        (void)read_error(bad, s.created, s.keys, random() % 2);
    }
}

TEST(Tampering, ABombIsAnErrorOfItsPiece) {
    Session s;
    // A hijacked worker seals what it likes: a frame that claims, or holds, more than a piece may.
    // By hand after RFC 8878: one RLE block of 128 KiB, under a header that says so, that lies, that says nothing; two frames; no frame.
    const std::vector<std::pair<std::string_view, std::string_view>> bombs = {{"28b52ffda00000020003001061", "unpacks to more"},
                                                                              {"28b52ffda0ffffffff03001061", "unpacks to more"},
                                                                              {"28b52ffda00100000003001061", "does not unpack"},
                                                                              {"28b52ffd005803001061", "known size"},
                                                                              {"28b52ffd20010b000061"
                                                                               "28b52ffd20010b000061",
                                                                               "not one zstd frame"},
                                                                              {"28b52ffd04", "known size"},
                                                                              {"00", "known size"}};
    for (const auto& [packed, why] : bombs) {
        const Bytes body = must(from_hex(packed));
        Bytes frame(piece_prefix_bytes + body.size() + crypto::gcm_tag_size);
        encode(PiecePrefix{.length = static_cast<std::uint32_t>(frame.size() - 4), .index = 0, .first = {}, .last = {}},
               std::span(frame).first<piece_prefix_bytes>());
        const Bytes aad = joined({s.created.keys.header_hash, View(frame).first(piece_prefix_bytes)});
        must(crypto::AesGcm(s.created.keys.key.expose()).seal(nonce_of(s.created.keys.base_nonce, 0), aad, body, std::span(frame).subspan(piece_prefix_bytes)));
        const auto error = read_error(joined({encode(s.created.header), frame}), s.created, s.keys);
        EXPECT_EQ(error.substr(0, 15), "piece 0: piece:") << error;
        EXPECT_NE(error.find(why), std::string::npos) << packed << ": " << error;
    }
}

TEST(Events, RefuseOverlongNumbersUnknownTracksAndWrongTimes) {
    const auto decodes = [](std::string_view text, int first, int last) {
        return decode_events(must(from_hex(text)), Duration(first), Duration(last)).has_value();
    };
    EXPECT_TRUE(
        decodes("0001000001"
                "61",
                5, 5));
    EXPECT_FALSE(
        decodes("800001000001"
                "61",
                5, 5));
    EXPECT_FALSE(
        decodes("0000000001"
                "61",
                5, 5));
    EXPECT_FALSE(
        decodes("00ff000001"
                "61",
                5, 5));
    EXPECT_FALSE(
        decodes("0001000002"
                "61",
                5, 5));
    EXPECT_FALSE(
        decodes("0101000001"
                "61",
                5, 6));
    EXPECT_FALSE(
        decodes("0001000001"
                "61",
                5, 6));
    EXPECT_FALSE(decodes("", 0, 0));
    EXPECT_FALSE(decodes("000100ffffffffff7f00", 0, 0));
}

}  // namespace
}  // namespace anteroom::recorder::testing
