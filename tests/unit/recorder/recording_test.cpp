// Writing, reading, following, recovering: the happy paths and their crashes. Altering is in tamper_test.cpp.
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder::testing {
namespace {

struct Seen {
    std::int64_t at;
    Track track;
    std::uint8_t kind;
    std::uint32_t channel;
    std::string bytes;
    bool operator==(const Seen&) const = default;
};

std::vector<Seen> read_all(Reader& reader) {
    std::vector<Seen> out;
    while (auto piece = must(reader.next()))
        for (const auto& e : piece->events) out.push_back({e.at.count(), e.track, e.kind, e.channel, to_string(e.bytes)});
    return out;
}
Reader reader_of(View file, const Created& created, const Keys& keys, bool live = false) {
    return must(Reader::open(memory_file(file), created.data_key.expose(), keys.broker_public, live));
}

TEST(Recording, ReadsBackWhatWasWrittenAndIsComplete) {
    Session s;
    small_session(s);
    auto reader = reader_of(s.bytes(), s.created, s.keys);
    EXPECT_EQ(reader.state(), State::complete);
    const auto seen = read_all(reader);
    ASSERT_EQ(seen.size(), 5u);
    EXPECT_EQ(seen[2], (Seen{300'000, Track::terminal_output, 0, 0, "uname -a\r\n"}));
    EXPECT_EQ(reader.final()->count, 4u);
    EXPECT_EQ(must(reader.duration()).count(), 1'200'000) << "the session went on for 0.3 s in which nothing was shown";
    const auto report = verify_bytes(s.bytes(), s.keys, s.checkpoints());
    EXPECT_TRUE(report.intact()) << (report.problems.empty() ? "" : sentence(report.problems[0]));
    EXPECT_EQ(report.state, State::complete);
    EXPECT_EQ(report.checkpoints, 2u);
}

TEST(Recording, EitherRecipientOpensItAndNobodyElse) {
    Session s;
    small_session(s);
    const Header header = must(decode_header(s.bytes()));
    EXPECT_EQ(hex(must(open_for_key(header, s.keys.identity.expose())).expose()), hex(s.created.data_key.expose()));
    EXPECT_EQ(hex(must(open_for_key(header, s.keys.escrow.expose())).expose()), hex(s.created.data_key.expose()));
    const auto other = open_for_key(header, scalar(3).expose());
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, ErrorKind::crypto);
    EXPECT_FALSE(Reader::open(memory_file(s.bytes()), Secret(Bytes(32, 7)).expose(), s.keys.broker_public));
}

TEST(Recording, NeedsTwoDifferentRecipients) {
    const Keys keys;
    auto one = plan(keys);
    one.recipients.pop_back();
    EXPECT_FALSE(make_header(one));
    auto same = plan(keys);
    same.recipients[1] = same.recipients[0];
    EXPECT_FALSE(make_header(same));
}

TEST(Recording, RandomEventsSurviveTheRoundTrip) {
    for (unsigned n = 0; n < 2'000; ++n) {
        std::mt19937 random(n);
        Session s(n + 10);
        std::vector<Seen> put;
        for (unsigned i = 0, events = random() % 30; i < events; ++i) {
            const auto track = static_cast<Track>(1 + random() % last_track);
            std::string bytes(random() % (n % 50 == 0 ? 30'000 : 200), static_cast<char>('a' + random() % 26));
            for (auto& c : bytes) c = random() % 3 ? c : static_cast<char>(random());
            if (is_stream(track) && bytes.empty()) continue;
            const auto kind = static_cast<std::uint8_t>(random());
            const auto channel = static_cast<std::uint32_t>(random());
            must(s.writer.append(track, kind, channel, view(bytes), at(s.now)));
            put.push_back({s.now, track, kind, channel, bytes});
            s.pass(static_cast<std::int64_t>(random() % 400'000));
            if (random() % 9 == 0) s.commit();
        }
        s.finish();
        auto reader = reader_of(s.bytes(), s.created, s.keys);
        // A stream may have been cut in two events.
        std::vector<Seen> got;
        for (auto& e : read_all(reader)) {
            const bool continues = !got.empty() && got.size() <= put.size() && is_stream(e.track) && got.back().bytes.size() < put[got.size() - 1].bytes.size();
            if (continues) got.back().bytes += e.bytes;
            else got.push_back(e);
        }
        ASSERT_EQ(got, put) << n;
        ASSERT_TRUE(verify_bytes(s.bytes(), s.keys, s.checkpoints()).intact()) << n;
    }
}

TEST(Recording, AMegabyteAtOnceBecomesPiecesOf64KiB) {
    Session s;
    const std::string megabyte(1 << 20, 'm');
    s.output(megabyte);
    EXPECT_LT(s.writer.backlog(), max_piece_plain);
    s.finish();
    auto reader = reader_of(s.bytes(), s.created, s.keys);
    std::string all;
    for (const auto& e : read_all(reader)) all += e.bytes;
    EXPECT_EQ(all, megabyte);
    EXPECT_FALSE(s.writer.append(Track::exec, 0, 0, Bytes(max_event_bytes + 1), at(0)));
    EXPECT_FALSE(s.writer.failed());
}

TEST(Recording, APieceIsSealedAfter250MillisecondsAndNotBefore) {
    Session s;
    s.output("x");
    s.pass(249'999);
    EXPECT_EQ(s.writer.commit().count, 0u);
    s.pass(1);
    EXPECT_EQ(s.writer.commit().count, 1u);
    EXPECT_EQ(s.writer.backlog(), 0u);
}

TEST(Recording, AClockThatGoesBackStandsStill) {
    Session s;
    must(s.writer.append(Track::terminal_output, 0, 0, view("a"), at(5'000)));
    must(s.writer.append(Track::terminal_output, 0, 0, view("b"), at(1'000)));
    must(s.writer.flush());
    must(s.writer.append(Track::terminal_output, 0, 0, view("c"), at(-9'000'000)));
    s.finish();
    auto reader = reader_of(s.bytes(), s.created, s.keys);
    for (const auto& e : read_all(reader)) EXPECT_EQ(e.at, 5'000);
}

TEST(Recording, AFullDiskFailsForGood) {
    std::signal(SIGXFSZ, SIG_IGN);
    char path[] = "/tmp/anteroom-recorder-XXXXXX";
    Fd file(::mkostemp(path, O_APPEND | O_CLOEXEC));
    ::unlink(path);
    const Keys keys;
    auto created = must(create(file.get(), plan(keys), counted_entropy()));
    struct rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const struct rlimit small{must(size_of(file.get())) + 60, before.rlim_max};  // the first piece fits in part: a short write
    Writer writer(must(file.duplicate()), std::move(created.keys), at(0));
    must(writer.append(Track::terminal_output, 0, 0, view("something that is not so easily compressed 0123456789"), at(0)));
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto first = writer.flush();
    ::setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_FALSE(first);
    EXPECT_TRUE(writer.failed());
    EXPECT_FALSE(writer.append(Track::terminal_output, 0, 0, view("x"), at(1)));
    EXPECT_FALSE(writer.flush());
    EXPECT_FALSE(writer.tick(at(9'000'000)));
    EXPECT_EQ(writer.commit().count, 0u);
}

TEST(Recording, BulkOutputIsKeptToTheLimitThenCountedAndHashed) {
    Session s;
    BulkTrack bulk(s.writer, 7, 0, 10);
    for (const std::string_view part : {"12345", "67890", "abc", "def"}) must(bulk.append(view(part), at(0)));
    must(bulk.finish(at(0)));
    s.finish();
    auto reader = reader_of(s.bytes(), s.created, s.keys);
    const auto seen = read_all(reader);
    ASSERT_EQ(seen.size(), 4u);
    EXPECT_EQ(seen[0].bytes + seen[1].bytes, "1234567890");
    EXPECT_EQ(seen[2].track, Track::gap);
    const auto summary = must(wire::decode<ChannelSummary>(view(seen[3].bytes)));
    EXPECT_EQ(summary.bytes, 16u);
    EXPECT_EQ(summary.kept, 10u);
    EXPECT_EQ(summary.sha256, crypto::sha256(view("1234567890abcdef")));
}

TEST(Recording, SeeksToThePieceThatHoldsAMoment) {
    Session s;
    for (int i = 0; i < 3'000; ++i) {
        s.output(std::to_string(i));
        s.pass(300'000);
    }
    s.finish();
    auto reader = reader_of(s.bytes(), s.created, s.keys);
    EXPECT_EQ(reader.final()->stride, 4u);
    for (const int i : {2'999, 0, 1, 1'500, 1'501, 1'502, 1'503, 77}) {
        must(reader.seek(Duration(i * 300'000 + 5)));
        auto piece = must(reader.next());
        ASSERT_TRUE(piece);
        EXPECT_EQ(piece->index, static_cast<std::uint64_t>(i));
        EXPECT_EQ(to_string(piece->events[0].bytes), std::to_string(i));
    }
    must(reader.seek(Duration(0)));
    EXPECT_EQ(read_all(reader).size(), 3'000u);
    EXPECT_TRUE(verify_bytes(s.bytes(), s.keys).intact());
}

TEST(Recording, ALiveReaderFindsMoreLater) {
    Session s;
    auto reader = must(Reader::open(must(s.file.duplicate()), s.created.data_key.expose(), s.keys.broker_public, true));
    EXPECT_EQ(reader.state(), State::live);
    EXPECT_FALSE(must(reader.next()));
    s.output("one");
    s.pass(250'000);
    EXPECT_TRUE(must(reader.next()));
    EXPECT_FALSE(must(reader.next()));
    EXPECT_EQ(verify_bytes(s.bytes(), s.keys, s.checkpoints(), {}, true).state, State::live);
    s.finish();
    EXPECT_FALSE(must(reader.next()));
    EXPECT_EQ(reader.state(), State::complete);
    EXPECT_FALSE(must(reader.next()));
}

TEST(Witness, SignsNothingThatTheFileDoesNotHold) {
    Session s;
    s.output("x");
    s.pass(250'000);
    auto lie = s.writer.commit();
    lie.root[0] ^= 1;
    EXPECT_FALSE(s.witness.commit(lie, Time{}));
    EXPECT_EQ(s.checkpoints().size(), checkpoint_header_bytes);
    auto longer = s.writer.commit();
    longer.bytes += 100;
    EXPECT_FALSE(s.witness.commit(longer, Time{}));
}

TEST(Witness, RefusesACommitThatGoesBackAndAFileThatShrank) {
    Session s;
    s.output("x");
    s.pass(250'000);
    const auto first = s.writer.commit();
    s.output("y");
    s.pass(250'000);
    s.commit();
    EXPECT_FALSE(s.witness.commit(first, Time{}));
    ASSERT_EQ(::ftruncate(s.file.get(), static_cast<off_t>(first.bytes)), 0);
    EXPECT_FALSE(s.witness.finish(Reason::closed, Time{}));
}

TEST(Witness, GoesOnAfterARestartOfTheBroker) {
    Session s;
    s.output("x");
    s.pass(250'000);
    s.commit();
    s.witness = must(Witness::open(must(s.file.duplicate()), must(s.sidecar.duplicate()), s.keys.broker));
    s.output("y");
    s.pass(250'000);
    s.commit();
    s.finish();
    const auto report = verify_bytes(s.bytes(), s.keys, s.checkpoints());
    EXPECT_TRUE(report.intact());
    EXPECT_EQ(report.checkpoints, 2u);
}

TEST(Recovery, ACrashAtAnyByteLeavesAPrefixThatIsRecoveredAndNeverComplete) {
    Session s;
    small_session(s);
    const Bytes whole = s.bytes();
    const auto begin = encode(s.created.header).size();
    const auto before_final = reader_of(whole, s.created, s.keys).final()->bytes;
    for (std::size_t cut = begin; cut < whole.size(); ++cut) {
        const Fd file = memory_file(View(whole).first(cut));
        const auto torn = verify_bytes(View(whole).first(cut), s.keys);
        ASSERT_NE(torn.state, State::complete) << cut;
        ASSERT_NE(torn.state, State::recovered) << cut;
        const auto recovery = must(recover(file.get(), {}, s.keys.broker, from_micros(5)));
        ASSERT_FALSE(recovery.was_sealed);
        const Bytes after = content(file.get());
        const auto report = verify_bytes(after, s.keys);
        ASSERT_TRUE(report.intact()) << cut;
        ASSERT_EQ(report.state, State::recovered);
        ASSERT_EQ(report.bytes + recovery.dropped, cut);
        ASSERT_EQ(report.count, cut >= before_final ? 4u : report.count);
        ASSERT_EQ(read_error(after, s.created, s.keys), "");
    }
}

TEST(Recovery, LeavesASealedRecordingAlone) {
    Session s;
    small_session(s);
    const Fd file = memory_file(s.bytes());
    EXPECT_TRUE(must(recover(file.get(), s.checkpoints(), s.keys.broker, from_micros(5))).was_sealed);
    EXPECT_EQ(content(file.get()), s.bytes());
}

TEST(Recovery, SaysWhenLessIsThereThanWasSigned) {
    Session s;
    s.output("x");
    s.pass(250'000);
    s.commit();
    const Fd file = memory_file(View(s.bytes()).first(s.bytes().size() - 1));
    const auto recovery = must(recover(file.get(), s.checkpoints(), s.keys.broker, from_micros(5)));
    ASSERT_EQ(recovery.problems.size(), 1u);
    EXPECT_EQ(recovery.problems[0].fault, Fault::truncated);
    EXPECT_FALSE(verify_bytes(content(file.get()), s.keys, s.checkpoints()).intact());
}

TEST(Recovery, WithTheKeyCutsATailOfZeros) {
    Session s;
    s.output("one");
    s.pass(250'000);
    const auto good = s.bytes().size();
    s.output("two");
    s.pass(250'000);
    Bytes bytes = s.bytes();
    std::fill(bytes.end() - 20, bytes.end(), std::uint8_t{0});
    const Fd file = memory_file(bytes);
    const auto recovery = must(recover(file.get(), {}, s.keys.broker, from_micros(5), Reason::worker_died, &s.created.keys));
    EXPECT_EQ(recovery.final.count, 1u);
    EXPECT_EQ(recovery.dropped, bytes.size() - good);
    EXPECT_EQ(must(reader_of(content(file.get()), s.created, s.keys).duration()), Duration(0)) << "when it was recovered is no part of it";
}

TEST(Recovery, NeedsTheBrokersOwnSeed) {
    Session s;
    const Fd file = memory_file(s.bytes());
    EXPECT_FALSE(recover(file.get(), {}, Secret(Bytes(32, 1)), from_micros(5)));
}

TEST(Format, TheVectorIsReproducedAndRead) {
    Session s;
    small_session(s);
    const std::string path = ANTEROOM_VECTORS "/recorder/small.hex";
    if (std::getenv("ANTEROOM_WRITE_VECTORS")) {
        std::ofstream(path) << hex(s.bytes()) << "\n";
        std::ofstream(ANTEROOM_VECTORS "/recorder/small.ckpt.hex") << hex(s.checkpoints()) << "\n";
    }
    const auto stored = [](const std::string& from) {
        auto text = to_string(must(read_file(from)));
        while (!text.empty() && text.back() == '\n') text.pop_back();
        return must(from_hex(text));
    };
    const Bytes vector = stored(path);
    EXPECT_EQ(hex(vector), hex(s.bytes()));
    EXPECT_EQ(stored(ANTEROOM_VECTORS "/recorder/small.ckpt.hex"), s.checkpoints());
    const auto key = must(open_for_key(must(decode_header(vector)), scalar(2).expose()));
    auto reader = must(Reader::open(memory_file(vector), key.expose(), s.keys.broker_public));
    EXPECT_EQ(read_all(reader).size(), 5u);
    EXPECT_EQ(reader.state(), State::complete);
}

}  // namespace
}  // namespace anteroom::recorder::testing
