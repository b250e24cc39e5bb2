// The index beside a recording: what was put in comes out, and nothing that was changed does.
#include "recorder/index.h"

#include "recorder/index_format.h"
#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder {
namespace {

using namespace testing;
using std::chrono::seconds;

const Secret data_key = Secret(Bytes(32, 7));
const Digest header_hash = crypto::sha256(view("a header"));

ShownLine shown(int at, std::string text, std::uint32_t channel = 0) { return {.at = seconds(at), .channel = channel, .text = std::move(text)}; }
Moment moment(int at, std::string text, Lane lane = Lane::command) {
    return {.at = seconds(at), .lane = lane, .channel = 0, .text = std::move(text), .guess = true};
}
KeyFrame frame(int at, std::uint32_t channel, std::string repaint) {
    return {.at = seconds(at), .next_index = 7, .next_offset = 4711, .channel = channel, .columns = 80, .rows = 24, .repaint = std::move(repaint)};
}

struct Written {
    Fd file = memory_file();
    IndexWriter writer;
    explicit Written(std::uint64_t seed = 1)
        : writer(must(IndexWriter::create(must(file.duplicate()), data_key.expose(), header_hash, counted_entropy(seed)))) {}
    void add(const Indexed& entry) { must(writer.add(entry)); }
    IndexKeys keys() const { return index_keys(data_key.expose(), must(read_index_head(file.get()))); }
    Bytes bytes() const { return content(file.get()); }
    Result<Index> index() const { return Index::open(must(file.duplicate()), keys()); }
};

std::vector<Indexed> all_of(Fd file, const IndexKeys& keys) {
    auto reader = must(IndexReader::open(std::move(file), keys));
    std::vector<Indexed> out;
    while (auto entry = must(reader.next())) out.push_back(std::move(*entry));
    return out;
}

// Where each record begins.
std::vector<std::size_t> records_of(const Bytes& file) {
    std::vector<std::size_t> out;
    for (std::size_t at = index::head_bytes; at < file.size();) {
        out.push_back(at);
        std::uint32_t length = 0;
        std::memcpy(&length, file.data() + at, 4);
        at += 4 + length;
    }
    return out;
}

Written three_records() {
    Written written;
    for (int i = 0; i < 3; ++i) {
        written.add(shown(i, "line " + std::to_string(i)));
        must(written.writer.flush());
    }
    return written;
}

ErrorKind error_of(const Bytes& file, const IndexKeys& keys) {
    auto reader = IndexReader::open(memory_file(file), keys);
    if (!reader) return reader.error().kind;
    while (true) {
        const auto entry = reader->next();
        if (!entry) return entry.error().kind;
        if (!*entry) return ErrorKind::not_found;  // no error
    }
}

TEST(Index, GivesBackWhatWasPutIn) {
    Written written;
    written.add(shown(1, "mount /dev/sdb1"));
    written.add(frame(2, 0, "\x1b[0mthe screen"));
    written.add(moment(3, "ls"));
    Activity activity;
    activity.shown = {1, 2, 3};
    activity.typed = {0, 1, 0};
    written.add(activity);
    written.add(IndexedTo{.pieces = 9, .at = seconds(4), .whole = true});
    must(written.writer.flush());
    const auto all = all_of(must(written.file.duplicate()), written.keys());
    ASSERT_EQ(all.size(), 5u);
    EXPECT_EQ(std::get<KeyFrame>(all[0]).repaint, "\x1b[0mthe screen");  // its record stands before those that were gathered
    EXPECT_EQ(std::get<KeyFrame>(all[0]).next_offset, 4711u);
    EXPECT_EQ(std::get<ShownLine>(all[1]).text, "mount /dev/sdb1");
    EXPECT_EQ(std::get<Moment>(all[2]).text, "ls");
    EXPECT_EQ(std::get<Activity>(all[3]).shown, (std::vector<std::uint32_t>{1, 2, 3}));
    EXPECT_TRUE(std::get<IndexedTo>(all[4]).whole);
}

TEST(Index, HoldsNothingInTheClear) {
    Written written;
    written.add(shown(1, "mount /dev/sdb1"));
    written.add(frame(1, 0, "mount /dev/sdb1"));
    must(written.writer.flush());
    EXPECT_EQ(to_string(written.bytes()).find("sdb1"), std::string::npos);
}

TEST(Index, EachOneHasKeysOfItsOwn) {
    const Written one(1), other(2);
    EXPECT_FALSE(equal_in_constant_time(one.keys().key.expose(), other.keys().key.expose()));
    EXPECT_EQ(error_of(three_records().bytes(), other.keys()), ErrorKind::damaged);
}

TEST(Index, AnotherDataKeyOpensNothing) {
    const auto written = three_records();
    const auto wrong = index_keys(Bytes(32, 8), must(read_index_head(written.file.get())));
    EXPECT_EQ(error_of(written.bytes(), wrong), ErrorKind::damaged);
}

TEST(Index, ATornRecordIsTheEndForNow) {
    const auto written = three_records();
    const auto whole = written.bytes();
    const auto last = records_of(whole).back();
    for (const std::size_t size : {last, last + 1, last + 12, last + 14, whole.size() - 1}) {
        const Fd file = memory_file(View(whole).first(size));
        auto reader = must(IndexReader::open(must(file.duplicate()), written.keys()));
        EXPECT_TRUE(must(reader.next()));
        EXPECT_TRUE(must(reader.next()));
        EXPECT_FALSE(must(reader.next())) << size;
        must(write_all(file.get(), View(whole).subspan(size)));
        EXPECT_TRUE(must(reader.next())) << "it is read on when it is whole";
    }
}

TEST(Index, EveryChangedByteIsDamage) {
    const auto written = three_records();
    const auto whole = written.bytes();
    const auto keys = written.keys();
    const auto first = records_of(whole)[0], second = records_of(whole)[1], third = records_of(whole)[2];
    for (std::size_t at = 0; at < third; ++at) {
        if ((at >= first && at < first + 4) || (at >= second && at < second + 4)) continue;  // a length: below
        Bytes changed = whole;
        changed[at] ^= 1;
        EXPECT_EQ(error_of(changed, keys), ErrorKind::damaged) << at;
    }
}

TEST(Index, AWrongLengthNeverReads) {
    const auto written = three_records();
    const auto keys = written.keys();
    for (std::size_t byte = 0; byte < 4; ++byte)
        for (const std::uint8_t flip : {0x01, 0x80}) {
            Bytes changed = written.bytes();
            changed[records_of(changed)[0] + byte] ^= flip;
            auto reader = must(IndexReader::open(memory_file(changed), keys));
            const auto first = reader.next();
            EXPECT_TRUE(!first || !*first) << byte;
        }
}

TEST(Index, ReorderedDroppedAndForeignRecordsAreDamage) {
    const auto written = three_records();
    const auto whole = written.bytes();
    const auto at = records_of(whole);
    const auto part = [&](std::size_t from, std::size_t to) { return to_bytes(View(whole).subspan(from, to - from)); };
    const auto joined = [](std::initializer_list<Bytes> parts) {
        Bytes out;
        for (const auto& one : parts) out.insert(out.end(), one.begin(), one.end());
        return out;
    };
    const Bytes head = part(0, at[0]), first = part(at[0], at[1]), second = part(at[1], at[2]);
    EXPECT_EQ(error_of(joined({head, second, first}), written.keys()), ErrorKind::damaged);
    EXPECT_EQ(error_of(joined({head, second}), written.keys()), ErrorKind::damaged);
    EXPECT_EQ(error_of(joined({head, first, first}), written.keys()), ErrorKind::damaged);
    const Written other(2);
    EXPECT_EQ(error_of(joined({part(0, at[0]), joined({first, to_bytes(View(other.bytes()).first(0))}), part(at[2], whole.size())}), written.keys()),
              ErrorKind::damaged);
}

TEST(Index, WhatIsNoIndexIsDamage) {
    EXPECT_EQ(read_index_head(memory_file().get()).error().kind, ErrorKind::damaged);
    EXPECT_EQ(read_index_head(memory_file(Bytes(200, 1)).get()).error().kind, ErrorKind::damaged);
}

TEST(Index, IsWrittenIntoAnEmptyFileOnly) { EXPECT_FALSE(IndexWriter::create(memory_file(Bytes(1, 1)), data_key.expose(), header_hash, counted_entropy())); }

TEST(Index, FindsTheKeyFrameBeforeAMomentOfAChannel) {
    Written written;
    written.add(frame(30, 0, "at 30"));
    written.add(frame(60, 1, "other channel"));
    written.add(frame(90, 0, "at 90"));
    must(written.writer.flush());
    const auto index = must(written.index());
    const auto at = [&](int second, std::uint32_t channel) {
        const auto found = must(index.before(seconds(second), channel));
        return found ? found->repaint : std::string("none");
    };
    EXPECT_EQ(at(29, 0), "none");
    EXPECT_EQ(at(30, 0), "at 30");
    EXPECT_EQ(at(89, 0), "at 30");
    EXPECT_EQ(at(1000, 0), "at 90");
    EXPECT_EQ(at(1000, 1), "other channel");
    EXPECT_EQ(at(1000, 2), "none");
}

TEST(Index, SearchFoldsCaseAndKeepsTimesOrder) {
    Written written;
    written.add(shown(5, "Mount failed"));
    written.add(shown(2, "mount it"));
    written.add(moment(3, "sudo MOUNT /dev/sdb1"));
    written.add(shown(4, "nothing here"));
    must(written.writer.flush());
    const auto index = must(written.index());
    const auto hits = must(index.search("mOuNt", 10));
    ASSERT_EQ(hits.size(), 3u);
    EXPECT_EQ(hits[0].text, "mount it");
    EXPECT_EQ(hits[0].lane, Lane::shown);
    EXPECT_EQ(hits[1].lane, Lane::command);
    EXPECT_EQ(hits[2].text, "Mount failed");
    EXPECT_EQ(must(index.search("mount", 1))[0].text, "mount it") << "the first by time, wherever it stands";
    EXPECT_TRUE(must(index.search("", 10)).empty());
    EXPECT_TRUE(must(index.search("absent", 10)).empty());
}

TEST(Index, ReadsOnWhileItIsWritten) {
    Written written;
    written.add(moment(1, "first"));
    must(written.writer.flush());
    auto index = must(written.index());
    written.add(moment(2, "second"));
    written.add(IndexedTo{.pieces = 2, .at = seconds(2), .whole = false});
    must(written.writer.flush());
    EXPECT_EQ(index.timeline().moments.size(), 1u);
    must(index.update());
    EXPECT_EQ(index.timeline().moments.size(), 2u);
    EXPECT_EQ(index.timeline().upto.pieces, 2u);
    (void)must(index.search("first", 1));
    written.add(moment(3, "third"));
    must(written.writer.flush());
    must(index.update());
    EXPECT_EQ(index.timeline().moments.size(), 3u) << "a search in between changes nothing";
}

TEST(Index, BucketsAreJoinedSaidAgainAndCoarsened) {
    Written written;
    const auto add = [&](Duration each, std::uint64_t first, std::vector<std::uint32_t> shown_bytes) {
        Activity part;
        part.each = each;
        part.first = first;
        part.typed.assign(shown_bytes.size(), 1);
        part.shown = std::move(shown_bytes);
        written.add(part);
    };
    add(seconds(1), 0, {1, 2});
    add(seconds(1), 1, {5, 6, 7});
    must(written.writer.flush());
    auto index = must(written.index());
    EXPECT_EQ(index.timeline().activity.shown, (std::vector<std::uint32_t>{1, 5, 6, 7}));
    add(seconds(2), 2, {9});
    must(written.writer.flush());
    must(index.update());
    EXPECT_EQ(index.timeline().activity.shown, (std::vector<std::uint32_t>{6, 13, 9}));
    EXPECT_EQ(index.timeline().activity.each, seconds(2));
    add(seconds(1), 0, {1});
    must(written.writer.flush());
    EXPECT_EQ(index.update().error().kind, ErrorKind::damaged) << "buckets never become finer";
}

TEST(Index, WhatSaysMoreThanOneCanHoldIsDamage) {
    Written written;
    Activity huge;
    huge.first = std::uint64_t{1} << 40;
    huge.shown = huge.typed = {1};
    written.add(huge);
    must(written.writer.flush());
    EXPECT_EQ(written.index().error().kind, ErrorKind::damaged);
}

TEST(Index, RefusesEntriesThatAreTooLarge) {
    Written written;
    EXPECT_EQ(written.writer.add(shown(1, std::string(70'000, 'x'))).error().kind, ErrorKind::invalid);
    EXPECT_EQ(written.writer.add(frame(1, 0, std::string(3u << 20, 'x'))).error().kind, ErrorKind::invalid);
    written.add(shown(1, "the next one is taken"));
    must(written.writer.flush());
    EXPECT_EQ(all_of(must(written.file.duplicate()), written.keys()).size(), 1u);
}

TEST(Index, ManyEntriesBecomeFewRecords) {
    Written written;
    for (int i = 0; i < 5000; ++i) written.add(shown(i, "a line of some length, number " + std::to_string(i)));
    must(written.writer.flush());
    EXPECT_LT(records_of(written.bytes()).size(), 8u);
    EXPECT_EQ(must(must(written.index()).search("number 4999", 10)).size(), 1u);
}

}  // namespace
}  // namespace anteroom::recorder
