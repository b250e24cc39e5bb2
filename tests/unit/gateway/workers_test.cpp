// Workers: what a started program is given and what not, its deadline whatever it does, how its end is told; and what is one source.
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/unit/base/seeds.h"
#include "tests/unit/gateway/workers_fixture.h"

namespace anteroom::gateway {
namespace {

using anteroom::testing::Seeded;

TEST_F(WorkersTest, GetItsTwoDescriptorsBesideTheStandardOnesAndNothingElse) {
    // What a careless library might leave open, without close-on-exec, below and above.
    std::vector<Fd> leaked;
    for (int i = 0; i < 40; ++i) leaked.emplace_back(::open("/dev/null", O_RDONLY));
    leaked.emplace_back(::fcntl(leaked[0].get(), F_DUPFD, 900));
    ::setenv("ANTEROOM_SECRET", "in the gateway's environment", 1);
    ASSERT_NE(start(), nullptr);
    ::unsetenv("ANTEROOM_SECRET");
    tell("report");
    const auto report = hear();
    EXPECT_EQ(line(report, "descriptors"), "descriptors 0 1 2 3 4");
    EXPECT_EQ(line(report, "standard 0"), "standard 0 /dev/null") << "not what the gateway reads or writes";
    EXPECT_EQ(line(report, "standard 1"), "standard 1 /dev/null");
    EXPECT_EQ(line(report, "arguments"), std::string("arguments 1 ") + ANTEROOM_STUB_WORKER);
    EXPECT_EQ(line(report, "environment"), "environment");
    EXPECT_EQ(line(report, "leader"), "leader 1") << "a session of its own: no terminal, no signal to its group reaches it";
}

TEST_F(WorkersTest, DescriptorThreeIsTheClientAndFourTheChannelWhateverNumbersTheyHadHere) {
    ASSERT_NE(start(), nullptr);
    tell("forward");
    ASSERT_EQ(::send(client.ours.get(), "hello", 5, 0), 5);
    char text[6] = {};
    ASSERT_EQ(::recv(client.ours.get(), text, 5, MSG_WAITALL), 5);
    EXPECT_STREQ(text, "hello");
}

// The numbers 3 and 4 may be taken by exactly the two, in the right or the wrong order: neither may overwrite the other.
TEST_F(WorkersTest, TheTwoDescriptorsDoNotOverwriteEachOther) {
    for (const bool swapped : {false, true}) {
        const int saved3 = ::fcntl(3, F_DUPFD_CLOEXEC, 50), saved4 = ::fcntl(4, F_DUPFD_CLOEXEC, 50);
        channel = Pair();
        client = Pair(SOCK_STREAM);
        for (Fd* fd : {&client.theirs, &channel.theirs, &client.ours, &channel.ours}) *fd = Fd(::fcntl(fd->get(), F_DUPFD_CLOEXEC, 60));
        ::dup3(client.theirs.get(), swapped ? 4 : 3, O_CLOEXEC);
        ::dup3(channel.theirs.get(), swapped ? 3 : 4, O_CLOEXEC);
        Worker worker;
        worker.id = id(swapped ? 'b' : 'a');
        worker.deadline = MonotonicClock::now() + 1h;
        EXPECT_TRUE(workers.start(ANTEROOM_STUB_WORKER, Fd(swapped ? 4 : 3), Fd(swapped ? 3 : 4), std::move(worker)));
        for (const auto& [saved, number] : {std::pair(saved3, 3), std::pair(saved4, 4)})
            if (saved >= 0) ::dup2(saved, number), ::close(saved);
        client.theirs.close();
        channel.theirs.close();
        tell("report");
        EXPECT_EQ(line(hear(), "descriptors"), "descriptors 0 1 2 3 4") << swapped;
        tell("forward");
        EXPECT_EQ(::send(client.ours.get(), "x", 1, 0), 1);
        char byte = 0;
        EXPECT_EQ(::recv(client.ours.get(), &byte, 1, MSG_WAITALL), 1) << swapped;
    }
}

TEST_F(WorkersTest, StartsWithNoSignalBlocked) {
    sigset_t stops, before;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    ::sigprocmask(SIG_BLOCK, &stops, &before);
    ASSERT_NE(start(), nullptr);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    tell("report");
    EXPECT_EQ(line(hear(), "blocked"), "blocked");
}

TEST_F(WorkersTest, KeepsNoDescriptorOfTheWorkersHere) {
    const auto count = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()); };
    for (Fd* fd : {&channel.ours, &channel.theirs, &client.ours, &client.theirs}) fd->close();
    const auto before = count();
    ASSERT_NE(start(), nullptr);
    EXPECT_EQ(count(), before + 3) << "this test's two ends and the pidfd";
    tell("exit 0");
    EXPECT_EQ(how_it_ends(), "exit 0");
    EXPECT_EQ(count(), before + 2);
    EXPECT_EQ(workers.size(), 0u);
}

TEST_F(WorkersTest, ReportsHowItEnded) {
    for (const auto& [order, how] : {std::pair("exit 0", "exit 0"), std::pair("exit 3", "exit 3"), std::pair("signal 6", "signal 6"),
                                     std::pair("signal 11", "signal 11"), std::pair("signal 9", "signal 9")}) {
        ASSERT_NE(start(), nullptr);
        EXPECT_TRUE(workers.reap(MonotonicClock::now()).empty()) << "it lives";
        tell(order);
        EXPECT_EQ(how_it_ends(), how);
        EXPECT_EQ(workers.find(id('a')), nullptr);
        EXPECT_TRUE(workers.reap(MonotonicClock::now()).empty()) << "told once";
    }
}

TEST_F(WorkersTest, ReportsAProgramThatIsNotThere) {
    ASSERT_NE(start('a', 1h, "/nowhere/anteroom-ssh"), nullptr);
    EXPECT_EQ(how_it_ends(), "exit 127");
}

TEST_F(WorkersTest, EndsWhenNobodyIsAtTheOtherEndOfItsChannel) {
    ASSERT_NE(start(), nullptr);
    channel.ours.close();
    EXPECT_EQ(how_it_ends(), "exit 77");
}

TEST_F(WorkersTest, IsKilledAtItsDeadlineAndNotBefore) {
    auto* worker = start();
    ASSERT_NE(worker, nullptr);
    const auto deadline = worker->deadline;
    workers.enforce(deadline);
    workers.enforce(deadline + 899ms);  // it may say goodbye by itself until then
    EXPECT_FALSE(workers.find(id('a'))->overdue);
    tell("report");
    EXPECT_NE(hear(), "nothing") << "it lives";
    EXPECT_EQ(workers.next_deadline(), deadline + 900ms);
    workers.enforce(deadline + 900ms);
    EXPECT_EQ(workers.next_deadline(), std::nullopt) << "nothing more to wait for";
    EXPECT_EQ(how_it_ends(), "deadline");
}

TEST_F(WorkersTest, IsKilledAtItsDeadlineAlsoWhenItIsStopped) {
    auto* worker = start();
    ASSERT_NE(worker, nullptr);
    ASSERT_EQ(::kill(worker->pid, SIGSTOP), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(worker->pid, &status, WUNTRACED), worker->pid);
    ASSERT_TRUE(WIFSTOPPED(status));
    workers.enforce(worker->deadline + 1s);
    EXPECT_EQ(how_it_ends(), "deadline");
}

TEST_F(WorkersTest, IsKilledAtItsDeadlineAlsoWhenItIgnoresEverySignal) {
    auto* worker = start();
    ASSERT_NE(worker, nullptr);
    tell("deaf");
    ASSERT_EQ(hear(), "deaf");
    ASSERT_EQ(::kill(worker->pid, SIGTERM), 0);
    workers.enforce(worker->deadline + 1s);
    EXPECT_EQ(how_it_ends(), "deadline");
}

TEST_F(WorkersTest, LivesAsLongAsALaterDeadlineSays) {
    auto* worker = start('a', 1s);
    ASSERT_NE(worker, nullptr);
    const auto first = worker->deadline;
    workers.find(id('a'))->deadline = first + 1h;
    workers.enforce(first + 30min);
    tell("exit 5");
    EXPECT_EQ(how_it_ends(), "exit 5");
}

TEST_F(WorkersTest, SurvivesNoLongerThanTheEndOfTime) {
    auto* worker = start();
    ASSERT_NE(worker, nullptr);
    worker->deadline = Monotonic::max();  // the largest a SetDeadline can carry
    workers.enforce(MonotonicClock::now());
    EXPECT_FALSE(workers.find(id('a'))->overdue) << "the sum overflowed";
    EXPECT_GT(workers.next_deadline().value_or(Monotonic{}), MonotonicClock::now());
}

TEST_F(WorkersTest, OfSeveralOnlyTheOneThatIsMeantIsKilled) {
    ASSERT_NE(start('a'), nullptr);
    const Pair first_channel = std::move(channel);
    ASSERT_NE(start('b', 2h), nullptr);
    EXPECT_EQ(workers.size(), 2u);
    EXPECT_EQ(workers.next_deadline(), workers.find(id('a'))->deadline + 900ms) << "the nearest";
    workers.kill(id('c'));  // nobody
    workers.kill(id('a'));
    EXPECT_EQ(how_it_ends('a'), "signal 9") << "ended by order, not at its deadline";
    tell("report");
    EXPECT_NE(hear(), "nothing");
    workers.kill_all();
    EXPECT_EQ(how_it_ends('b'), "signal 9");
}

// A worker without a gateway would have nobody to end it on time.
TEST_F(WorkersTest, EndsWithItsGateway) {
    Pair pids;
    const pid_t gateway = ::fork();
    if (gateway == 0) {
        Workers own;
        Pair its_channel, its_client(SOCK_STREAM);
        const int keep = its_channel.ours.release();  // open until the gateway is gone
        (void)keep;
        auto started = own.start(ANTEROOM_STUB_WORKER, std::move(its_client.theirs), std::move(its_channel.theirs), Worker{});
        const pid_t pid = started ? (*started)->pid : 0;
        (void)!::write(pids.theirs.get(), &pid, sizeof pid);
        while (true) ::pause();
    }
    pid_t worker = 0;
    ASSERT_EQ(::read(pids.ours.get(), &worker, sizeof worker), static_cast<ssize_t>(sizeof worker));
    ASSERT_GT(worker, 0);
    const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, worker, 0u)));
    ASSERT_EQ(::kill(gateway, SIGKILL), 0);
    ASSERT_EQ(::waitpid(gateway, nullptr, 0), gateway);
    pollfd ended{pidfd.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&ended, 1, 20'000), 1);
}

TEST_F(WorkersTest, AreCountedBySourceUntilTheyAreAuthenticated) {
    const char* sources[] = {"192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"};
    char letter = 'a';
    for (const char* source : sources) {
        auto* worker = start(letter++);
        ASSERT_NE(worker, nullptr);
        worker->source = source;
    }
    EXPECT_EQ(workers.unauthenticated(), 5u);
    EXPECT_EQ(workers.unauthenticated_from("192.0.2.1"), 2u);
    EXPECT_EQ(workers.unauthenticated_from("192.0.2.2"), 0u);
    EXPECT_EQ(workers.unauthenticated_from("2001:db8::2"), 2u) << "a /64 is one source";
    EXPECT_EQ(workers.unauthenticated_from("2001:db8:0:1::"), 1u);
    workers.find(id('a'))->authenticated = true;
    EXPECT_EQ(workers.unauthenticated_from("192.0.2.1"), 1u);
    EXPECT_EQ(workers.unauthenticated(), 4u);
}

TEST_F(WorkersTest, TakesAnyDeadlineUntilItIsAuthenticatedAndThenOnlyANearerOne) {
    ASSERT_NE(start(), nullptr);
    const auto now = MonotonicClock::now();
    workers.set_deadline(id('a'), now + 2h, false, false);
    EXPECT_EQ(workers.find(id('a'))->deadline, now + 2h) << "a login that waits is given time";
    workers.set_deadline(id('a'), now + 3h, true, false);
    EXPECT_EQ(workers.find(id('a'))->deadline, now + 3h) << "the message that says so still counts";
    workers.set_deadline(id('a'), now + 4h, true, false);
    EXPECT_EQ(workers.find(id('a'))->deadline, now + 3h);
    workers.set_deadline(id('a'), now + 4h, false, false);
    EXPECT_EQ(workers.find(id('a'))->deadline, now + 3h) << "nothing makes it unauthenticated again";
    EXPECT_TRUE(workers.find(id('a'))->authenticated);
    workers.set_deadline(id('a'), now + 1h, false, false);
    EXPECT_EQ(workers.find(id('a'))->deadline, now + 1h);
}

TEST_F(WorkersTest, GetsMoreTimeOnlyWhereSomebodyDecidedOnIt) {
    ASSERT_NE(start(), nullptr);
    const auto now = MonotonicClock::now();
    workers.set_deadline(id('a'), now + 1h, true, false);
    workers.set_deadline(id('a'), now + 2h, true, true);
    EXPECT_EQ(workers.find(id('a'))->deadline, now + 2h);
    workers.set_deadline(id('a'), now + 30min, true, true);
    EXPECT_EQ(workers.find(id('a'))->deadline, now + 30min) << "a decision may also shorten";
    workers.set_deadline(id('b'), now, true, true);  // of somebody who is gone
    EXPECT_EQ(workers.size(), 1u);
}

TEST_F(WorkersTest, MakesRoomAtTheCostOfTheSourceThatHasTheMost) {
    const char* sources[] = {"192.0.2.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"};
    char letter = 'a';
    for (const char* source : sources) {
        auto* worker = start(letter, 1h + std::chrono::minutes('z' - letter));  // the last one is nearest to its deadline
        ASSERT_NE(worker, nullptr);
        worker->source = source;
        ++letter;
    }
    EXPECT_EQ(workers.evict_for("192.0.2.9"), "2001:db8::3");
    EXPECT_EQ(how_it_ends('d'), "evicted");
    EXPECT_EQ(workers.unauthenticated(), 3u);
    EXPECT_EQ(workers.evict_for("2001:db8::9"), "") << "its own /64 has the most: it is refused, not served twice";
    EXPECT_EQ(workers.evict_for("192.0.2.9"), "2001:db8::2");
    EXPECT_EQ(workers.unauthenticated(), 2u) << "counted out before its end is collected";
    EXPECT_EQ(workers.evict_for("192.0.2.9"), "") << "who has one connection only keeps it";
}

TEST_F(WorkersTest, WhoIsAuthenticatedIsNeverEvicted) {
    for (const char letter : {'a', 'b', 'c'}) ASSERT_NE(start(letter), nullptr);
    workers.set_deadline(id('a'), MonotonicClock::now() + 1min, true, false);
    workers.set_deadline(id('b'), MonotonicClock::now() + 1min, true, false);
    EXPECT_EQ(workers.evict_for("192.0.2.9"), "");
    EXPECT_FALSE(workers.find(id('a'))->evicted || workers.find(id('b'))->evicted || workers.find(id('c'))->evicted);
}

TEST(SourceKey, IsTheAddressOrItsSlash64) {
    EXPECT_EQ(source_key("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(source_key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(source_key("2001:DB8:1:2::"), "2001:db8:1:2::/64");
    EXPECT_EQ(source_key("::1"), "::/64");
    EXPECT_NE(source_key("2001:db8:1:2::1"), source_key("2001:db8:1:3::1"));
    EXPECT_EQ(source_key(""), "");
    EXPECT_EQ(source_key("not an address"), "not an address");
}

TEST(SourceKey, IsTheSameWithinAndDifferentAcrossSlash64sForThousandsOfAddresses) {
    const auto text = [](const Bytes& address) {
        std::string out;
        for (std::size_t i = 0; i < 16; i += 2) out += (i > 0 ? ":" : "") + hex(View(address).subspan(i, 2));
        return out;
    };
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        Seeded random(seed);
        const Bytes address = random.bytes(16);
        Bytes neighbour = address, stranger = address;
        neighbour[8 + random.below(8)] ^= static_cast<std::uint8_t>(1 + random.below(255));
        stranger[random.below(8)] ^= static_cast<std::uint8_t>(1 + random.below(255));
        ASSERT_EQ(source_key(text(address)), source_key(text(neighbour))) << seed;
        ASSERT_NE(source_key(text(address)), source_key(text(stranger))) << seed;
        ASSERT_EQ(source_key(source_key(text(address))), source_key(text(address))) << "a key is its own key";
    }
}

}  // namespace
}  // namespace anteroom::gateway
