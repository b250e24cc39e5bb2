// RecordingKeeper: the broker's side of a recording, with an honest worker and with one whose word differs from the file.
#include "broker/daemon/recording_keeper.h"

#include <fcntl.h>

#include "recorder/reader.h"
#include "recorder/verify.h"
#include "tests/unit/installation/scene.h"

namespace anteroom::daemon {
namespace {

using anteroom::testing::kind_of;
using anteroom::testing::must;
using anteroom::testing::TemporaryDirectory;
using recorder::Reason;

Secret scalar(std::uint8_t last) {
    Bytes bytes(32, 0x11);
    bytes.back() = last;
    return Secret(std::move(bytes));
}
Monotonic at(std::int64_t micros) { return Monotonic(Duration(micros)); }
Time wall(std::int64_t seconds) { return from_micros(1'767'600'000'000'000 + seconds * 1'000'000); }

class KeeperTest : public ::testing::Test {
protected:
    recorder::NewRecording plan() const {
        return {.recording_id = "0123456789abcdef",
                .session_id = "fedcba9876543210",
                .segment = 0,
                .start = wall(0),
                .recipients = {must(crypto::p256_public_of(scalar(1).expose())), must(crypto::p256_public_of(scalar(2).expose()))},
                .signer_public_key = must(crypto::ed25519_public_of(seed.expose()))};
    }
    RecordingKeeper::Threads threads() { return {io, pool, seed}; }
    // Starts a recording; `writer` is the worker's side.
    void create() {
        auto made = must(RecordingKeeper::create(threads(), files, plan()));
        keeper = made.keeper;
        worker_file = must(made.file.duplicate());
        writer.emplace(std::move(made.file), std::move(made.keys), at(0));
    }
    void write(const std::string& text) {
        moment += 1000;
        must(writer->append(recorder::Track::terminal_output, 0, 0, view(text), at(moment)));
        must(writer->flush());
    }
    // Runs the event loop until the answer is there.
    template <class T>
    T wait_for(std::optional<T>& answer) {
        const auto work = boost::asio::make_work_guard(io);
        io.restart();  // it stopped when the guard of the last answer went
        while (!answer) io.run_one();
        return std::move(*answer);
    }
    Result<recorder::Checkpoint> commit(const recorder::Commit& upto) {
        std::optional<Result<recorder::Checkpoint>> answer;
        keeper->commit(upto, wall(1), [&](auto result) { answer = std::move(result); });
        return wait_for(answer);
    }
    RecordingKeeper::Outcome seal(std::optional<recorder::Commit> last, Reason reason = Reason::closed) {
        std::optional<RecordingKeeper::Outcome> answer;
        keeper->seal(last, reason, wall(2), [&](auto outcome) { answer = std::move(outcome); });
        return wait_for(answer);
    }
    recorder::VerifyReport verified() const {
        const auto fd = must(open_file(files.recording, O_RDONLY));
        return must(recorder::verify(
            fd.get(), {.signer_public_key = plan().signer_public_key, .checkpoints = must(read_file(files.checkpoints)), .known_roots = {}, .live = false}));
    }
    std::uint64_t size() const { return std::filesystem::file_size(files.recording); }

    TemporaryDirectory directory;
    boost::asio::io_context io;
    boost::asio::thread_pool pool{2};
    const Secret seed = Secret(Bytes(32, 0x42));
    const RecordingKeeper::Files files{directory.file("a.arec"), directory.file("a.ckpt")};
    std::shared_ptr<RecordingKeeper> keeper;
    std::optional<recorder::Writer> writer;
    Fd worker_file;
    std::int64_t moment = 0;
};

TEST_F(KeeperTest, MakesCommitsAndSealsARecordingThatVerifiesAsComplete) {
    create();
    for (int i = 0; i < 5; ++i) {
        write("piece " + std::to_string(i));
        const auto point = must(commit(writer->commit()));
        EXPECT_EQ(point.sequence, static_cast<std::uint64_t>(i));
        EXPECT_EQ(point.count, writer->commit().count);
        EXPECT_EQ(point.root, writer->commit().root);
    }
    write("the last words");
    const auto outcome = seal(writer->commit());
    EXPECT_EQ(outcome.state, "complete");
    EXPECT_EQ(outcome.count, writer->commit().count);
    EXPECT_EQ(outcome.bytes, writer->commit().bytes);
    EXPECT_EQ(outcome.root, writer->commit().root);
    EXPECT_TRUE(outcome.problems.empty());
    const auto report = verified();
    EXPECT_EQ(report.state, recorder::State::complete);
    EXPECT_TRUE(report.problems.empty());
}

TEST_F(KeeperTest, GivesTheWorkerADescriptorThatCanOnlyAppend) {
    create();
    const int flags = ::fcntl(worker_file.get(), F_GETFL);
    EXPECT_EQ(flags & O_ACCMODE, O_WRONLY);
    EXPECT_NE(flags & O_APPEND, 0);
    char byte = 0;
    EXPECT_LT(::read(worker_file.get(), &byte, 1), 0);
    struct stat found{};
    ASSERT_EQ(::stat(files.recording.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u);
    ASSERT_EQ(::stat(files.checkpoints.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(KeeperTest, OverwritesNeitherARecordingNorASidecar) {
    create();
    write("what was");
    const auto before = must(read_file(files.recording));
    EXPECT_FALSE(RecordingKeeper::create(threads(), files, plan()));
    EXPECT_EQ(must(read_file(files.recording)), before);
    std::filesystem::remove(files.recording);
    EXPECT_FALSE(RecordingKeeper::create(threads(), files, plan())) << "the sidecar is still there";
}

TEST_F(KeeperTest, RefusesACommitThatGoesBackSaysMoreThanThereIsOrAnotherRoot) {
    create();
    write("one");
    const auto first = writer->commit();
    write("two");
    const auto second = writer->commit();
    must(commit(second));
    EXPECT_FALSE(commit(first)) << "goes back";
    write("three");
    auto third = writer->commit();
    auto forged = third;
    forged.root[5] ^= 1;
    EXPECT_FALSE(commit(forged));
    auto more = third;
    more.bytes += 100;
    EXPECT_FALSE(commit(more));
    const auto before = must(read_file(files.checkpoints));
    EXPECT_FALSE(commit({1'000'000, 1, {}}));
    EXPECT_EQ(must(read_file(files.checkpoints)), before) << "nothing is signed for it";
}

TEST_F(KeeperTest, RefusesACommitOfAFileThatWasCutAndSealsItAsNotComplete) {
    create();
    write("one");
    const auto first = writer->commit();
    write("two");
    must(commit(writer->commit()));
    std::filesystem::resize_file(files.recording, first.bytes);
    write("another two");
    EXPECT_FALSE(commit(writer->commit()));
    const auto outcome = seal(writer->commit());
    EXPECT_NE(outcome.state, "complete");
    EXPECT_FALSE(outcome.problems.empty()) << "the checkpoint says otherwise";
    EXPECT_NE(verified().state, recorder::State::complete);
}

TEST_F(KeeperTest, SealsAsRecoveredWhenTheWorkerSaidNoLastWord) {
    create();
    write("one");
    must(commit(writer->commit()));
    write("two");
    const auto outcome = seal(std::nullopt, Reason::worker_died);
    EXPECT_EQ(outcome.state, "recovered");
    EXPECT_EQ(outcome.count, writer->commit().count) << "whole pieces behind the last commit are kept";
    EXPECT_TRUE(outcome.problems.empty());
    EXPECT_EQ(verified().state, recorder::State::recovered);
}

TEST_F(KeeperTest, SealsAsRecoveredWhenTheLastWordSaysMoreThanThereIs) {
    create();
    write("one");
    must(commit(writer->commit()));
    auto word = writer->commit();
    word.count += 1;
    word.bytes += 50;
    EXPECT_EQ(seal(word).state, "recovered");
    EXPECT_EQ(verified().state, recorder::State::recovered);
}

TEST_F(KeeperTest, SealsAsRecoveredWhenTheLastWordHasAnotherRoot) {
    create();
    write("one");
    auto word = writer->commit();
    word.root[0] ^= 1;
    EXPECT_EQ(seal(word).state, "recovered");
}

// "Where that does not fit what is in the file, as recovered" (recording_keeper.h).
TEST_F(KeeperTest, SealsAsRecoveredWhenTheLastWordSaysLessThanThereIs) {
    create();
    write("one");
    const auto word = writer->commit();
    write("what the worker does not speak of");
    EXPECT_EQ(seal(word).state, "recovered");
    EXPECT_EQ(verified().state, recorder::State::recovered);
}

TEST_F(KeeperTest, CutsATornTailAndSaysHowItIs) {
    create();
    write("one");
    const auto whole = writer->commit();
    must(write_all(worker_file.get(), view("\x20\x00\x00\x00\x01half a piece")));
    const auto outcome = seal(whole);
    EXPECT_EQ(outcome.state, "recovered");
    EXPECT_EQ(outcome.count, whole.count);
    EXPECT_EQ(outcome.bytes, whole.bytes);
    EXPECT_EQ(verified().state, recorder::State::recovered);
}

TEST_F(KeeperTest, IsTakenUpAgainAfterARestartAndGoesOnUnderOneSeal) {
    create();
    write("before the restart");
    must(commit(writer->commit()));
    write("between, without a broker");
    keeper = must(RecordingKeeper::adopt(threads(), files));
    EXPECT_EQ(must(commit(writer->commit())).sequence, 1u);
    write("afterwards");
    must(commit(writer->commit()));
    EXPECT_EQ(seal(writer->commit()).state, "complete");
    const auto report = verified();
    EXPECT_EQ(report.state, recorder::State::complete);
    EXPECT_TRUE(report.problems.empty());
}

TEST_F(KeeperTest, IsNotTakenUpWhenItIsNotWhatWasSigned) {
    create();
    write("before");
    const auto first = writer->commit();
    must(commit(first));
    {
        const auto file = must(open_file(files.recording, O_RDWR));
        const std::uint8_t wrong = 0xee;
        ASSERT_EQ(::pwrite(file.get(), &wrong, 1, static_cast<off_t>(first.bytes - 3)), 1);
    }
    EXPECT_FALSE(RecordingKeeper::adopt(threads(), files));
    EXPECT_EQ(kind_of(RecordingKeeper::adopt(threads(), {directory.file("nowhere"), files.checkpoints})), ErrorKind::not_found);
    EXPECT_EQ(kind_of(RecordingKeeper::adopt(threads(), {files.recording, directory.file("nowhere")})), ErrorKind::not_found);
    const Secret other(Bytes(32, 0x43));
    EXPECT_FALSE(RecordingKeeper::adopt({io, pool, other}, files)) << "another broker's recording";
}

TEST_F(KeeperTest, RecoversWhatIsThereAndTellsASealedOneFromALostOne) {
    create();
    write("one");
    must(commit(writer->commit()));
    const auto recovered = RecordingKeeper::recover_now(files, seed, wall(3));
    EXPECT_EQ(recovered.state, "recovered");
    const auto before = must(read_file(files.recording));
    const auto again = RecordingKeeper::recover_now(files, seed, wall(4));
    EXPECT_EQ(again.state, "recovered") << "a second time finds the seal";
    EXPECT_EQ(again.root, recovered.root);
    EXPECT_EQ(must(read_file(files.recording)), before) << "and changes nothing";
    EXPECT_EQ(RecordingKeeper::recover_now({directory.file("nowhere"), files.checkpoints}, seed, wall(3)).state, "lost");
    must(replace_file(directory.file("b.arec"), view("no recording")));
    EXPECT_EQ(RecordingKeeper::recover_now({directory.file("b.arec"), files.checkpoints}, seed, wall(3)).state, "torn");
}

TEST_F(KeeperTest, StaysCompleteWhenItIsRecoveredAfterItsSeal) {
    create();
    write("one");
    ASSERT_EQ(seal(writer->commit()).state, "complete");
    const auto before = must(read_file(files.recording));
    EXPECT_EQ(RecordingKeeper::recover_now(files, seed, wall(3)).state, "complete");
    EXPECT_EQ(must(read_file(files.recording)), before);
}

TEST_F(KeeperTest, DoesItsWorkInOrderAndAnswersOnTheEventLoopAlsoWhenNobodyHoldsItAnyMore) {
    create();
    std::vector<std::string> order;
    const auto own = std::this_thread::get_id();
    std::optional<bool> done;
    for (int i = 0; i < 20; ++i) {
        write("piece " + std::to_string(i));
        keeper->commit(writer->commit(), wall(1), [&, i](auto point) {
            EXPECT_TRUE(std::this_thread::get_id() == own);
            EXPECT_TRUE(point);
            order.push_back(std::to_string(i));
        });
    }
    keeper->seal(writer->commit(), Reason::closed, wall(2), [&](auto outcome) {
        EXPECT_EQ(outcome.state, "complete");
        done = true;
    });
    keeper.reset();
    wait_for(done);
    ASSERT_EQ(order.size(), 20u);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], std::to_string(i));
    EXPECT_EQ(verified().state, recorder::State::complete);
}

// A worker killed at any byte of its last write: a valid prefix is kept, and never called complete.
TEST_F(KeeperTest, KeepsAValidPrefixWhereverTheTailIsTorn) {
    create();
    write("one");
    must(commit(writer->commit()));
    const auto whole = writer->commit();
    write("two");
    const Bytes bytes = must(read_file(files.recording)), sidecar = must(read_file(files.checkpoints));
    for (std::uint64_t cut = whole.bytes; cut < bytes.size(); ++cut) {
        const RecordingKeeper::Files torn{directory.file("torn.arec"), directory.file("torn.ckpt")};
        must(replace_file(torn.recording, View(bytes).first(cut)));
        must(replace_file(torn.checkpoints, sidecar));
        const auto outcome = RecordingKeeper::recover_now(torn, seed, wall(3));
        ASSERT_EQ(outcome.state, "recovered") << cut;
        ASSERT_EQ(outcome.count, whole.count) << cut;
        ASSERT_TRUE(outcome.problems.empty()) << cut << outcome.problems.front();
    }
}

}  // namespace
}  // namespace anteroom::daemon
