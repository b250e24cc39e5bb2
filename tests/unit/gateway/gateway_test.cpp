// Gateway: a real one in a process of its own, between a broker that the test plays and clients; stubs stand in the workers' places.
#include "proxies/gateway/gateway.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace anteroom::gateway {
namespace {

using namespace std::chrono_literals;

// Nobody else is given it while the probe is open.
std::string free_address(Fd& probe) {
    probe = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(probe.get(), reinterpret_cast<sockaddr*>(&at), sizeof at);
    ::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&at), &size);
    return "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
}

Fd memory_with(std::string_view text) {
    Fd fd(::memfd_create("identity", MFD_CLOEXEC));
    EXPECT_TRUE(write_all(fd.get(), view(text)));
    return fd;
}

bool readable(int fd, Duration within) {
    pollfd ready{fd, POLLIN, 0};
    return ::poll(&ready, 1, static_cast<int>(within / 1ms)) == 1;
}

class GatewayTest : public ::testing::Test {
protected:
    GatewayTest() {
        std::filesystem::remove_all(folder);  // of an earlier process of this number
        std::filesystem::create_directories(folder);
        for (const char* name : {"anteroom-ssh", "anteroom-rdp", "anteroom-rdp-front"}) std::filesystem::create_symlink(ANTEROOM_STUB_WORKER, folder / name);
        {
            Fd one, two;
            rules.ssh_listen = free_address(one);
            rules.rdp_listen = free_address(two);
        }
        rules.max_connections = rules.max_unauthenticated = rules.max_unauthenticated_per_source = 100;
        rules.login_grace = 1h;
        door = control::listen_at(folder / "s").value();
        process = ::fork();
        if (process == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            door.close();
            Gateway gateway(folder / "s", folder);
            (void)gateway.run(-1);
            ::_exit(0);
        }
    }
    ~GatewayTest() override {
        ::kill(process, SIGKILL);
        ::waitpid(process, nullptr, 0);
        std::filesystem::remove_all(folder);
    }

    // Takes the gateway's next connection as a broker does, with these rules.
    void welcome(std::string_view identity = "the identity") {
        ASSERT_TRUE(readable(door.get(), 20s));
        Fd fd(::accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC));
        ASSERT_TRUE(fd);
        broker = control::Link(std::move(fd), control::Sender::broker, control::Sender::gateway);
        auto hello = broker.receive_within(20s);
        ASSERT_TRUE(hello && hello->is<control::GatewayHello>());
        const Fd memory = memory_with(identity);
        const int fds[] = {memory.get()};
        ASSERT_TRUE(broker.send(rules, identity.empty() ? std::span<const int>() : fds));
        broker.enter(control::open);
    }
    // A connection from a client; none where nobody listens after a while.
    static Fd connect(const std::string& address, Duration within = 10s) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
        for (const auto until = MonotonicClock::now() + within; MonotonicClock::now() < until; ::usleep(5000)) {
            Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return fd;
        }
        return {};
    }
    Fd rdp() { return connect(rules.rdp_listen); }
    static void tell(const Fd& to, std::string_view order) {
        ASSERT_EQ(::send(to.get(), order.data(), order.size(), MSG_NOSIGNAL), static_cast<ssize_t>(order.size()));
    }
    // "": it was closed; "nothing": it was not.
    static std::string hear(const Fd& from, Duration within = 20s) {
        char buffer[4096];
        if (!readable(from.get(), within)) return "nothing";
        const ssize_t size = ::recv(from.get(), buffer, sizeof buffer, 0);
        return {buffer, size > 0 ? static_cast<std::size_t>(size) : 0};
    }
    // The next message but reports of refusals.
    control::Packet next(Duration within = 20s) {
        while (true) {
            auto packet = broker.receive_within(within);
            if (!packet) return {};
            if (!packet->is<control::ConnectionsRefused>()) return std::move(*packet);
        }
    }
    // A worker has been started: its message, its channel.
    std::pair<control::WorkerStarted, Fd> started() {
        auto packet = next();
        if (!packet.is<control::WorkerStarted>()) return {};
        return {packet.as<control::WorkerStarted>().value(), std::move(packet.fds[0])};
    }
    // Nothing comes but reports of refusals.
    bool quiet(Duration length = 300ms) {
        const auto until = MonotonicClock::now() + length;
        while (true) {
            const auto packet = broker.receive_within(until - MonotonicClock::now());
            if (!packet) return packet.error().kind == ErrorKind::timeout;
            if (!packet->is<control::ConnectionsRefused>()) return false;
        }
    }

    const std::filesystem::path folder = "/tmp/gateway-" + std::to_string(::getpid());
    control::GatewayWelcome rules;
    Fd door;
    pid_t process = -1;
    control::Link broker;
};

TEST_F(GatewayTest, StartsAnSshWorkerForEachConnection) {
    welcome();
    const Fd client = connect(rules.ssh_listen);
    const auto [worker, channel] = started();
    EXPECT_EQ(worker.protocol, "ssh");
    EXPECT_EQ(worker.source, "127.0.0.1");
    tell(channel, "forward");
    tell(client, "hello");
    EXPECT_EQ(hear(client), "hello");
}

TEST_F(GatewayTest, StartsTheRdpWorkerOnlyWhenItsFrontHasSpoken) {
    welcome();
    std::vector<Fd> stalled;
    for (int i = 0; i < 30; ++i) stalled.push_back(rdp());
    const Fd client = rdp();
    EXPECT_TRUE(quiet());
    tell(client, "say");
    const auto [worker, channel] = started();
    EXPECT_EQ(worker.protocol, "rdp");
    EXPECT_EQ(worker.source, "127.0.0.1");
    EXPECT_FALSE(worker.adopted);
    tell(channel, "report");
    EXPECT_NE(hear(channel).find("descriptors 0 1 2 3 4\n"), std::string::npos);
    EXPECT_TRUE(quiet()) << "one, and for nobody else";
}

TEST_F(GatewayTest, StartsNoWorkerForAFrontThatEndsWithoutAWord) {
    welcome();
    for (int i = 0; i < 5; ++i) rdp();  // and closed at once
    const Fd client = rdp();
    tell(client, "exit 0");
    EXPECT_EQ(hear(client), "");
    EXPECT_TRUE(quiet()) << "nothing began, nothing ended";
}

TEST_F(GatewayTest, GivesEachFrontTheIdentityOfTheLastWelcome) {
    welcome("first");
    const Fd before = rdp();
    tell(before, "identity");
    EXPECT_EQ(hear(before), "first");
    broker.close();
    welcome("second");
    const Fd after = rdp();
    tell(after, "identity");
    EXPECT_EQ(hear(after), "second");
    tell(before, "identity");
    EXPECT_EQ(hear(before), "first") << "who has one keeps it";
}

TEST_F(GatewayTest, CountsAFrontAsAWorkerFromAcceptOn) {
    rules.max_unauthenticated_per_source = 2;
    welcome();
    const Fd one = rdp(), two = rdp();
    tell(one, "identity");
    tell(two, "identity");
    EXPECT_EQ(hear(one) + hear(two), "the identitythe identity");
    EXPECT_EQ(hear(rdp()), "");
    EXPECT_EQ(hear(connect(rules.ssh_listen)), "") << "both doors are one";
    tell(one, "say");
    EXPECT_EQ(started().first.protocol, "rdp");
    EXPECT_EQ(hear(rdp()), "") << "front and worker are one connection, not two";
    tell(two, "exit 0");
    EXPECT_EQ(hear(two), "");
    // Its place is free once the gateway has collected it, which may be a moment after its client saw the end.
    std::string heard;
    for (const auto limit = std::chrono::steady_clock::now() + 20s; heard.empty() && std::chrono::steady_clock::now() < limit; ::usleep(2000)) {
        const Fd four = rdp();
        (void)!::send(four.get(), "identity", 8, MSG_NOSIGNAL);
        heard = hear(four);
    }
    EXPECT_EQ(heard, "the identity");
}

TEST_F(GatewayTest, PenaltiesHoldAtBothDoors) {
    welcome();
    ASSERT_TRUE(broker.send(control::Penalty{"127.0.0.1", 1h}));
    while (hear(rdp(), 100ms) != "") {  // until it has arrived; the test's time is limited
    }
    EXPECT_EQ(hear(connect(rules.ssh_listen)), "");
    EXPECT_TRUE(quiet());
}

TEST_F(GatewayTest, EndsAFrontThatHasNotSpokenWithinTheLoginsTime) {
    rules.login_grace = 200ms;
    welcome();
    const Fd client = rdp();
    EXPECT_EQ(hear(client), "");
    EXPECT_TRUE(quiet());
}

TEST_F(GatewayTest, EndsBothByOrder) {
    welcome();
    const Fd client = rdp();
    tell(client, "say");
    const auto [worker, channel] = started();
    ASSERT_TRUE(broker.send(control::EndWorker{worker.worker}));
    EXPECT_EQ(hear(client), "");
    auto packet = next();
    ASSERT_TRUE(packet.is<control::WorkerEnded>());
    EXPECT_EQ(packet.as<control::WorkerEnded>()->how, "signal 9");
}

TEST_F(GatewayTest, EndsAFrontThatOutlivesItsWorker) {
    welcome();
    const Fd client = rdp();
    tell(client, "say");
    const auto [worker, channel] = started();
    tell(channel, "exit 4");
    auto packet = next();
    ASSERT_TRUE(packet.is<control::WorkerEnded>());
    EXPECT_EQ(packet.as<control::WorkerEnded>()->how, "exit 4");
    EXPECT_EQ(hear(client, 30s), "");  // long before the time that a login may take is over
    EXPECT_TRUE(quiet()) << "its front's end is not told again";
}

TEST_F(GatewayTest, WithoutABrokerNoWorkerIsStartedAndWithTheNextOneItIs) {
    welcome();
    const Fd client = rdp();
    tell(client, "identity");
    EXPECT_EQ(hear(client), "the identity");
    broker.close();
    tell(client, "say");
    welcome();
    const auto [worker, channel] = started();
    EXPECT_EQ(worker.protocol, "rdp");
    EXPECT_FALSE(worker.adopted) << "no broker has known it";
    broker.close();
    welcome();
    EXPECT_TRUE(started().first.adopted);
}

TEST_F(GatewayTest, ServesNoRdpWhereTheBrokerNamesNoAddress) {
    const auto address = rules.rdp_listen;
    welcome();
    EXPECT_TRUE(connect(address));
    broker.close();
    rules.rdp_listen.clear();
    welcome("");
    const Fd client = connect(rules.ssh_listen);
    EXPECT_EQ(started().first.protocol, "ssh");
    EXPECT_FALSE(connect(address, 300ms));
}

TEST_F(GatewayTest, TakesAnAddressOnlyWithItsIdentityAndAnIdentityOnlyWithItsAddress) {
    welcome("");
    EXPECT_TRUE(readable(broker.fd(), 20s));
    EXPECT_FALSE(broker.receive_within(1s)) << "it has gone";
    rules.rdp_listen.clear();
    welcome("an identity for nothing");
    EXPECT_TRUE(readable(broker.fd(), 20s));
    EXPECT_FALSE(broker.receive_within(1s));
}

TEST_F(GatewayTest, AnRdpPortThatIsTakenKeepsNobodyFromSsh) {
    const Fd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(rules.rdp_listen.substr(10))));
    ASSERT_EQ(::bind(taken.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    ASSERT_EQ(::listen(taken.get(), 1), 0);
    welcome();
    const Fd client = connect(rules.ssh_listen);
    EXPECT_EQ(started().first.protocol, "ssh");
}

}  // namespace
}  // namespace anteroom::gateway
