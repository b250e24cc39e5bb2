// An RDP connection: its front first, the worker behind it later; what each is given, and that neither outlives the other for long.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/gateway/workers_fixture.h"

namespace anteroom::gateway {
namespace {

class FrontsTest : public WorkersTest {
protected:
    // A front whose plain stream's other end is plain.theirs (the stub's own), told over client.ours.
    Worker* start_front(char letter = 'a', Duration left = 1h) {
        client = Pair(SOCK_STREAM);
        Pair plain(SOCK_STREAM);
        Worker worker;
        worker.id = id(letter);
        worker.source = "192.0.2.1";
        worker.deadline = MonotonicClock::now() + left;
        worker.plain = std::move(plain.ours);
        const Fd identity(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        auto started = workers.start_front(front_program(), std::move(client.theirs), std::move(plain.theirs), identity, std::move(worker));
        return started ? *started : nullptr;
    }
    bool start_behind(char letter = 'a') {
        channel = Pair();
        auto control = channel.ours.duplicate();
        return control && workers.start_behind(id(letter), ANTEROOM_STUB_WORKER, std::move(channel.theirs), std::move(*control)).has_value();
    }
    // The stub under the name that makes it a front.
    std::string front_program() const {
        const auto path = folder / "a-front";
        std::filesystem::create_directories(folder);
        if (!std::filesystem::exists(path)) std::filesystem::create_symlink(ANTEROOM_STUB_WORKER, path);
        return path;
    }
    void tell_front(std::string_view order) const {
        ASSERT_EQ(::send(client.ours.get(), order.data(), order.size(), MSG_NOSIGNAL), static_cast<ssize_t>(order.size()));
    }
    std::string hear_front() const {
        char buffer[4096];
        pollfd ready{client.ours.get(), POLLIN, 0};
        if (::poll(&ready, 1, 20'000) != 1) return "nothing";
        const ssize_t size = ::recv(client.ours.get(), buffer, sizeof buffer, 0);
        return {buffer, size > 0 ? static_cast<std::size_t>(size) : 0};
    }
    static void wait_for(const Fd& pidfd) {
        pollfd ended{pidfd.get(), POLLIN, 0};
        ASSERT_EQ(::poll(&ended, 1, 20'000), 1);
    }
    ~FrontsTest() override {
        workers.kill_all();
        for (const auto& [one, worker] : workers.all()) {
            pollfd ended[] = {{worker.pidfd.get(), POLLIN, 0}, {worker.front.get(), POLLIN, 0}};
            for (auto& fd : ended)
                if (fd.fd >= 0) ::poll(&fd, 1, 20'000);
        }
        (void)workers.reap(MonotonicClock::now());
        std::filesystem::remove_all(folder);
    }
    const std::filesystem::path folder = ::testing::TempDir() + "fronts-" + std::to_string(::getpid());
};

TEST_F(FrontsTest, GetTheirThreeDescriptorsAndNothingElse) {
    ASSERT_NE(start_front(), nullptr);
    tell_front("report");
    const auto report = hear_front();
    EXPECT_EQ(line(report, "descriptors"), "descriptors 0 1 2 3 4 5");
    EXPECT_EQ(line(report, "environment"), "environment");
}

TEST_F(FrontsTest, AreKilledTogetherWithTheirWorkerByOrder) {
    auto* worker = start_front();
    ASSERT_NE(worker, nullptr);
    ASSERT_TRUE(start_behind());
    workers.kill(id('a'));
    wait_for(worker->pidfd);
    wait_for(worker->front);  // nothing was reaped or enforced: the order itself ended both
}

TEST_F(FrontsTest, CountAsAConnectionBeforeThereIsAWorker) {
    auto* worker = start_front();
    ASSERT_NE(worker, nullptr);
    EXPECT_EQ(worker->pid, -1);
    EXPECT_FALSE(worker->control);
    EXPECT_EQ(workers.size(), 1u);
    EXPECT_EQ(workers.unauthenticated_from("192.0.2.1"), 1u);
    EXPECT_EQ(workers.waiting(), std::vector<WorkerId>{id('a')});
    ASSERT_TRUE(start_behind());
    EXPECT_EQ(workers.size(), 1u);
    EXPECT_TRUE(workers.waiting().empty());
}

TEST_F(FrontsTest, AreJoinedByAWorkerOnThePlainStreamOnce) {
    ASSERT_NE(start_front(), nullptr);
    tell_front("say");
    ASSERT_TRUE(start_behind());
    tell("report");
    EXPECT_EQ(line(hear(), "descriptors"), "descriptors 0 1 2 3 4");
    const Pair first = std::move(channel);
    EXPECT_FALSE(start_behind()) << "one worker a front";
    EXPECT_FALSE(start_behind('b')) << "and none without";
    workers.kill(id('a'));
}

TEST_F(FrontsTest, ThatEndWithoutAWorkerEndUntold) {
    auto* worker = start_front();
    ASSERT_NE(worker, nullptr);
    tell_front("exit 0");
    wait_for(worker->front);
    EXPECT_TRUE(workers.reap(MonotonicClock::now()).empty());
    EXPECT_EQ(workers.size(), 0u);
}

TEST_F(FrontsTest, AreKilledAtTheirDeadlineAndAreOrderedToEndLikeWorkers) {
    auto* worker = start_front('a', 1s);
    ASSERT_NE(worker, nullptr);
    workers.enforce(worker->deadline + 1s);
    wait_for(worker->front);
    (void)workers.reap(MonotonicClock::now());
    EXPECT_EQ(workers.size(), 0u);
    worker = start_front('b');
    workers.kill(id('b'));
    EXPECT_TRUE(workers.waiting().empty()) << "no worker is started for who is being ended";
    wait_for(worker->front);
}

TEST_F(FrontsTest, AreEvictedLikeWorkers) {
    ASSERT_NE(start_front('a', 1min), nullptr);
    const Pair first = std::move(client);
    ASSERT_NE(start_front('b', 2min), nullptr);
    EXPECT_EQ(workers.evict_for("192.0.2.9"), "192.0.2.1");
    wait_for(workers.find(id('a'))->front);
    EXPECT_EQ(workers.unauthenticated(), 1u);
}

TEST_F(FrontsTest, HaveAMomentLongerThanTheirWorkerAndNotMore) {
    auto* worker = start_front();
    ASSERT_NE(worker, nullptr);
    ASSERT_TRUE(start_behind());
    tell("exit 0");
    wait_for(worker->pidfd);
    const auto now = MonotonicClock::now();
    const auto ended = workers.reap(now);
    ASSERT_EQ(ended.size(), 1u) << "told at once";
    EXPECT_EQ(ended[0].how, "exit 0");
    ASSERT_NE(workers.find(id('a')), nullptr);
    EXPECT_FALSE(worker->control);
    EXPECT_EQ(worker->deadline, now + 3s);
    workers.set_deadline(id('a'), now + 1h, true, true);
    EXPECT_EQ(worker->deadline, now + 3s) << "nothing postpones it";
    workers.enforce(now + 4s);
    wait_for(worker->front);
    EXPECT_TRUE(workers.reap(now + 4s).empty()) << "told once";
    EXPECT_EQ(workers.size(), 0u);
}

TEST_F(FrontsTest, LeaveTheirWorkerTimeForItsLastWordsAndNotMore) {
    auto* worker = start_front();
    ASSERT_NE(worker, nullptr);
    ASSERT_TRUE(start_behind());
    tell_front("exit 0");
    wait_for(worker->front);
    const auto now = MonotonicClock::now();
    EXPECT_TRUE(workers.reap(now).empty()) << "the worker lives";
    workers.set_deadline(id('a'), now + 1h, true, true);
    EXPECT_EQ(worker->deadline, now + 15s);
    tell("report");
    EXPECT_NE(hear(), "nothing");
    workers.enforce(now + 16s);
    wait_for(worker->pidfd);
    const auto ended = workers.reap(now + 16s);
    ASSERT_EQ(ended.size(), 1u);
    EXPECT_EQ(ended[0].how, "deadline");
    EXPECT_EQ(workers.size(), 0u);
}

}  // namespace
}  // namespace anteroom::gateway
