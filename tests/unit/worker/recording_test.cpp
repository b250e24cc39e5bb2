// The worker's discipline of recording, with every moment given: commits once a second, stalls, gives up, counts once.
#include "proxies/worker/recording.h"

#include "tests/unit/base/seeds.h"
#include "tests/unit/recorder/fixture.h"

namespace anteroom::worker {
namespace {

using namespace recorder::testing;
using anteroom::testing::Seeded;
using namespace std::chrono_literals;

// A worker with its recording, and the broker's end of the channel.
struct Scene {
    Keys keys;
    Fd file = memory_file();
    recorder::Created created = must(recorder::create(file.get(), plan(keys), counted_entropy()));
    control::Link worker, broker;
    std::optional<Recording> recording;
    Duration now{};
    std::vector<recorder::Commit> heard;

    Scene() {
        auto pair = must(control::make_pair());
        must(set_nonblocking(pair.second.get()));
        worker = control::Link(std::move(pair.first), control::Sender::worker, control::Sender::broker);
        broker = control::Link(std::move(pair.second), control::Sender::broker, control::Sender::worker);
        worker.enter(control::live);
        broker.enter(control::live);
        recording.emplace(must(file.duplicate()), must(recorder::session_keys(created.header, created.data_key.expose())), at(0), worker);
    }
    Monotonic time() const { return at(now.count()); }
    Status write(std::string_view text) { return recording->append(recorder::Track::terminal_output, 0, 0, view(text), time()); }
    // Time passes in steps of 50 ms, as the worker's loop has it.
    Status pass(Duration by) {
        for (const auto end = now + by; now < end;) {
            now += 50ms;
            auto status = recording->tick(time());
            listen();
            if (!status) return status;
        }
        return ok();
    }
    void listen() {
        while (auto packet = broker.receive()) heard.push_back(must(packet->as<control::CommitRecording>()).upto);
    }
    void confirm() { recording->confirmed(heard.empty() ? 0 : heard.back().count, time()); }
};

TEST(WorkerRecording, CommitsOnceASecondWhileThereIsSomethingNew) {
    Scene s;
    std::vector<Duration> moments;
    for (int i = 0; i < 100; ++i) {  // ten seconds of a busy session
        ASSERT_TRUE(s.write("output"));
        const auto before = s.heard.size();
        ASSERT_TRUE(s.pass(100ms));
        if (s.heard.size() > before) moments.push_back(s.now);
        ASSERT_LE(s.heard.size(), before + 1);
        s.confirm();
    }
    ASSERT_GE(moments.size(), 9u);
    ASSERT_LE(moments.size(), 10u);
    for (std::size_t i = 1; i < moments.size(); ++i) EXPECT_GE(moments[i] - moments[i - 1], 1s);
}

TEST(WorkerRecording, CommitsWhatStandsInTheFileAndNothingElse) {
    Scene s;
    const Secret seed = s.keys.broker.duplicate();
    auto sidecar = memory_file();
    auto witness = must(recorder::Witness::open(must(s.file.duplicate()), must(sidecar.duplicate()), seed));
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(s.write("output " + std::to_string(i)));
        const auto before = s.heard.size();
        ASSERT_TRUE(s.pass(500ms));
        if (s.heard.size() == before) continue;
        ASSERT_TRUE(witness.commit(s.heard.back(), from_micros(1))) << "the broker finds what the worker says";
        s.confirm();
    }
    EXPECT_GE(s.heard.size(), 5u);
}

TEST(WorkerRecording, NeverCountsTwice) {
    Scene s;
    for (int i = 0; i < 200; ++i) {
        if (i % 3 != 0) ASSERT_TRUE(s.write("x"));
        ASSERT_TRUE(s.pass(250ms));
        s.confirm();
        s.confirm();                          // a repeated word
        s.recording->confirmed(0, s.time());  // an old one
    }
    for (std::size_t i = 1; i < s.heard.size(); ++i) {
        EXPECT_GT(s.heard[i].count, s.heard[i - 1].count);
        EXPECT_GT(s.heard[i].bytes, s.heard[i - 1].bytes);
        EXPECT_NE(s.heard[i].root, s.heard[i - 1].root);
    }
    const auto last = s.recording->finish();
    EXPECT_GE(last.count, s.heard.back().count);
    EXPECT_EQ(last.bytes, content(s.file.get()).size());
}

TEST(WorkerRecording, SaysNothingAndNeverStallsWhileNothingHappens) {
    Scene s;
    ASSERT_TRUE(s.pass(60s));
    EXPECT_TRUE(s.heard.empty());
    EXPECT_FALSE(s.recording->stalled(s.time()));
    ASSERT_TRUE(s.write("a key after a quiet minute"));
    ASSERT_TRUE(s.pass(300ms));
    EXPECT_EQ(s.heard.size(), 1u) << "at once: the last commit is long ago";
    s.confirm();
    ASSERT_TRUE(s.pass(60s));
    EXPECT_EQ(s.heard.size(), 1u);
    EXPECT_FALSE(s.recording->stalled(s.time()));
}

TEST(WorkerRecording, StallsTheInputAfterTwoSecondsWithoutConfirmationAndGoesOnWithIt) {
    Scene s;
    ASSERT_TRUE(s.write("x"));
    ASSERT_TRUE(s.pass(1s));
    ASSERT_EQ(s.heard.size(), 1u);
    const auto asked = s.now;
    ASSERT_TRUE(s.pass(2s));
    EXPECT_FALSE(s.recording->stalled(at(asked.count() + 2'000'000)));
    EXPECT_TRUE(s.recording->stalled(at(asked.count() + 2'000'001)));
    ASSERT_TRUE(s.pass(1s));
    EXPECT_TRUE(s.recording->stalled(s.time()));
    s.confirm();
    EXPECT_FALSE(s.recording->stalled(s.time()));
}

TEST(WorkerRecording, FailsAfterTenSecondsWithoutConfirmation) {
    Scene s;
    ASSERT_TRUE(s.write("x"));
    ASSERT_TRUE(s.pass(1s));
    ASSERT_EQ(s.heard.size(), 1u);
    ASSERT_TRUE(s.pass(10s));
    const auto failed = s.pass(50ms);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, ErrorKind::timeout);
}

TEST(WorkerRecording, FailsAfterTenSecondsAlsoWhenItGoesOnCommitting) {
    Scene s;
    Status status = ok();
    while (status && s.now < 30s) {
        ASSERT_TRUE(s.write("more and more"));
        status = s.pass(200ms);
    }
    EXPECT_FALSE(status);
    EXPECT_GE(s.now, 10s);
    EXPECT_LE(s.now, 12s) << "new commits do not start the ten seconds again";
}

// A broker that was restarted knows nothing of what it was asked before.
TEST(WorkerRecording, HasOneCommitUnderWayAndAsksAgainAfterThreeSeconds) {
    Scene s;
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(s.write("busy"));
        ASSERT_TRUE(s.pass(300ms));
    }
    ASSERT_EQ(s.heard.size(), 1u) << "the first is not confirmed yet";
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(s.write("busy"));
        ASSERT_TRUE(s.pass(300ms));
    }
    ASSERT_EQ(s.heard.size(), 2u);
    EXPECT_GT(s.heard[1].count, s.heard[0].count) << "with what there is by now";
    EXPECT_TRUE(s.recording->stalled(s.time())) << "asking again is no answer";
    s.confirm();
    EXPECT_FALSE(s.recording->stalled(s.time()));
    ASSERT_TRUE(s.write("more"));
    ASSERT_TRUE(s.pass(1s));
    EXPECT_EQ(s.heard.size(), 3u);
}

TEST(WorkerRecording, BelievesNoConfirmationOfWhatItNeverSaid) {
    Scene s;
    s.recording->confirmed(1'000'000, s.time());
    ASSERT_TRUE(s.write("x"));
    ASSERT_TRUE(s.pass(1s));
    ASSERT_EQ(s.heard.size(), 1u);
    ASSERT_TRUE(s.pass(3s));
    EXPECT_TRUE(s.recording->stalled(s.time())) << "what came after is still to be confirmed";
}

TEST(WorkerRecording, StallsWhenTheBacklogIsLargerThanAMebibyteAndNeverForGood) {
    Scene s;
    const std::string block(64 * 1024, 'x');
    std::size_t most = 0;
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(s.write(block));
        most = std::max(most, s.recording->writer().backlog());
        ASSERT_EQ(s.recording->stalled(s.time()), s.recording->writer().backlog() > (1u << 20));
    }
    EXPECT_LE(most, 2u << 20) << "full pieces are written at once";
    ASSERT_TRUE(s.pass(300ms));
    EXPECT_EQ(s.recording->writer().backlog(), 0u);
}

TEST(WorkerRecording, FailsForGoodWhenTheFileCannotBeWritten) {
    Scene s;
    const Fd full = must(open_file("/dev/full", O_WRONLY));
    s.recording.emplace(must(full.duplicate()), must(recorder::session_keys(s.created.header, s.created.data_key.expose())), at(0), s.worker);
    ASSERT_TRUE(s.write("never recorded"));
    EXPECT_FALSE(s.pass(1s));
    EXPECT_FALSE(s.write("nor this"));
    EXPECT_TRUE(s.heard.empty()) << "what is not in the file is not committed";
    EXPECT_EQ(s.recording->finish().count, 0u);
}

TEST(WorkerRecording, FailsWhenTheBrokersChannelIsGone) {
    Scene s;
    s.broker.close();
    ASSERT_TRUE(s.write("x"));
    Status status = ok();
    for (int i = 0; status && i < 40; ++i) {
        s.now += 50ms;
        status = s.recording->tick(s.time());
    }
    EXPECT_FALSE(status);
}

TEST(WorkerRecording, WritesAMarkerThatIsTooLongCutOffInsteadOfNotAtAll) {
    Scene s;
    EXPECT_TRUE(s.recording->marker(recorder::MarkerKind::note, 1, std::string(3u << 20, 'm'), s.time()));
    EXPECT_GE(s.recording->finish().count, 1u);
}

TEST(WorkerRecording, KeepsItsPromisesForRandomSessions) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Seeded random(seed);
        Scene s;
        Duration waiting{}, asked{};
        bool ended = false;
        std::uint64_t confirmed = 0;
        for (int step = 0; step < 150 && !ended; ++step) {
            if (random.chance(2)) ASSERT_TRUE(s.write(random.text(random.below(5000))));
            const auto before = s.heard.size();
            s.now += std::chrono::milliseconds(1 + random.below(300));
            ended = !s.recording->tick(s.time());
            s.listen();
            for (std::size_t i = std::max<std::size_t>(before, 1); i < s.heard.size(); ++i) {
                ASSERT_GE(s.heard[i].count, s.heard[i - 1].count);
                ASSERT_GT(s.heard[i].count, confirmed) << "never what was confirmed already";
                ASSERT_GE(s.now - asked, 1s) << seed;
            }
            if (s.heard.size() > before) {
                ASSERT_EQ(s.heard.size(), before + 1);
                asked = s.now;
                if (waiting == Duration{}) waiting = s.now;
            }
            if (random.chance(8)) {
                s.confirm();
                if (!s.heard.empty()) confirmed = s.heard.back().count;
                waiting = {};
            }
            const bool outstanding = !s.heard.empty() && s.heard.back().count > confirmed;
            if (!ended && waiting != Duration{} && outstanding) {
                ASSERT_EQ(s.recording->stalled(s.time()), s.now - waiting > 2s || s.recording->writer().backlog() > (1u << 20)) << seed;
            }
            if (ended) { ASSERT_GT(s.now - waiting, 10s) << seed; }
        }
        if (!ended) { ASSERT_EQ(s.recording->finish().bytes, content(s.file.get()).size()) << seed; }
    }
}

}  // namespace
}  // namespace anteroom::worker
