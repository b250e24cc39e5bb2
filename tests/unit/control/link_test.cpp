// Link: sizes, descriptors, a peer that is gone, slow or malicious.
#include <poll.h>
#include <sys/stat.h>

#include <thread>

#include "tests/unit/control/packets.h"

namespace anteroom::control {
namespace {

using namespace testing;

TEST(Link, CarriesAMessageFromEndToEnd) {
    auto pair = make_pair().value();
    Link gateway(std::move(pair.first), Sender::gateway, Sender::broker), broker(std::move(pair.second), Sender::broker, Sender::gateway);
    ASSERT_TRUE(gateway.send(GatewayHello{}));
    EXPECT_EQ(broker.receive().value().as<GatewayHello>().value().version, protocol_version);
    EXPECT_FALSE(broker.send(SetDeadline{})) << "before the greeting";
    ASSERT_TRUE(broker.send(GatewayWelcome{.ssh_listen = "0.0.0.0:2222",
                                           .max_connections = 7,
                                           .max_unauthenticated = 5,
                                           .max_unauthenticated_per_source = 3,
                                           .login_grace = std::chrono::minutes(2)}));
    const auto welcome = gateway.receive().value().as<GatewayWelcome>().value();
    EXPECT_EQ(welcome.ssh_listen, "0.0.0.0:2222");
    EXPECT_EQ(welcome.login_grace, std::chrono::minutes(2));
}

TEST(Link, TakesTheLargestMessageAndRefusesOneByteMore) {
    Ends ends(Sender::broker, Sender::worker, exchanged);
    for (const std::size_t more : {0, 1, 2, 1000}) {
        const auto before = open_descriptors();
        ASSERT_TRUE(send_packet(ends.peer.get(), packet_of(number_of<LoginStep>, Bytes(max_message - 1 + more)), more > 1 ? 1 : 0));
        const auto packet = ends.link.receive();
        ASSERT_EQ(packet.has_value(), more == 0) << max_message + more << " bytes";
        if (packet) continue;
        EXPECT_EQ(packet.error().kind, ErrorKind::refused);
        EXPECT_EQ(open_descriptors(), before);
    }
}

TEST(Link, SendsTheLargestMessageAndRefusesOneByteMore) {
    Ends ends(Sender::worker, Sender::broker, exchanged);
    LoginStep step;
    const std::size_t empty = wire::encode(step).size();
    step.signed_data.resize(max_message - 1 - empty);
    EXPECT_TRUE(ends.link.send(step));
    Bytes buffer(max_message + 10);
    EXPECT_EQ(::recv(ends.peer.get(), buffer.data(), buffer.size(), 0), static_cast<ssize_t>(max_message));
    step.signed_data.push_back(0);
    EXPECT_EQ(ends.link.send(step).error().kind, ErrorKind::invalid);
    EXPECT_TRUE(ends.nothing_came());
}

TEST(Link, PassesAMessageWithoutABodyOnAndItsDecodingNamesTheFirstField) {
    Ends ends(Sender::broker, Sender::worker, exchanged);
    ASSERT_TRUE(send_packet(ends.peer.get(), Bytes{number_of<LoginStep>}));
    const auto packet = ends.link.receive().value();
    EXPECT_TRUE(packet.body.empty());
    const auto step = packet.as<LoginStep>();
    ASSERT_FALSE(step);
    EXPECT_EQ(step.error().kind, ErrorKind::invalid);
    EXPECT_EQ(step.error().detail, "method: the message ends early");
}

TEST(Link, TakesAMessageOfNoBytesForTheEndAndClosesWhatCameBesideIt) {
    Ends ends(Sender::broker, Sender::worker, exchanged);
    const auto before = open_descriptors();
    ASSERT_TRUE(send_packet(ends.peer.get(), {}, 3));
    EXPECT_EQ(ends.link.receive().error().kind, ErrorKind::not_found);
    EXPECT_EQ(open_descriptors(), before);
}

TEST(Link, DeliversDescriptorsThatWorkAndDoNotOutliveAnExec) {
    auto pair = make_pair().value();
    Link broker(std::move(pair.first), Sender::broker, Sender::worker), worker(std::move(pair.second), Sender::worker, Sender::broker);
    broker.enter(opening);
    worker.enter(opening);
    int first[2], second[2];
    ASSERT_EQ(::pipe(first), 0);
    ASSERT_EQ(::pipe(second), 0);
    const Fd out1(first[0]), in1(first[1]), out2(second[0]), in2(second[1]);
    const int fds[] = {in1.get(), out2.get(), in2.get()};
    ASSERT_TRUE(broker.send(SessionPermit{}, fds));
    auto packet = worker.receive().value();
    ASSERT_EQ(packet.fds.size(), 3u);
    for (const auto& fd : packet.fds) EXPECT_NE(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
    char text[6] = {};
    ASSERT_TRUE(write_all(packet.fds[0].get(), view("first")));
    EXPECT_EQ(::read(out1.get(), text, 5), 5);
    EXPECT_STREQ(text, "first");
    ASSERT_TRUE(write_all(packet.fds[2].get(), view("third")));
    EXPECT_EQ(::read(packet.fds[1].get(), text, 5), 5);
    EXPECT_STREQ(text, "third") << "in the order in which they were given";
    EXPECT_NE(::fcntl(in1.get(), F_GETFD), -1) << "the sender keeps its own";
}

TEST(Link, RefusesToSendMoreDescriptorsThanAMessageCanCarry) {
    Ends ends(Sender::broker, Sender::worker, opening);
    const std::vector<int> fds(5, STDERR_FILENO);
    EXPECT_FALSE(ends.link.send(SessionPermit{}, fds));
    EXPECT_TRUE(ends.nothing_came());
}

TEST(Link, SaysThatThePeerIsGoneHoweverItWent) {
    {
        Ends ends(Sender::broker, Sender::worker);
        ends.peer.close();
        EXPECT_EQ(ends.link.receive().error().kind, ErrorKind::not_found);
        EXPECT_EQ(ends.link.receive_within(std::chrono::seconds(5)).error().kind, ErrorKind::not_found) << "at once, not when the time is up";
    }
    {
        Ends ends(Sender::worker, Sender::broker, exchanged);  // left with something unread: ECONNRESET
        ASSERT_TRUE(ends.link.send(LoginStep{}));
        ends.peer.close();
        EXPECT_EQ(ends.link.receive().error().kind, ErrorKind::not_found);
    }
    {
        Ends ends(Sender::broker, Sender::worker);  // what was said before is still heard
        ASSERT_TRUE(send_packet(ends.peer.get(), packet_of(number_of<WorkerHello>, wire::encode(WorkerHello{}))));
        ends.peer.close();
        EXPECT_TRUE(ends.link.receive());
        EXPECT_EQ(ends.link.receive().error().kind, ErrorKind::not_found);
    }
}

TEST(Link, SurvivesSendingToAPeerThatIsGone) {
    Ends ends(Sender::broker, Sender::worker, open);
    ends.peer.close();
    EXPECT_EQ(ends.link.send(Terminate{"bye"}).error().kind, ErrorKind::io) << "an error, not SIGPIPE";
}

TEST(Link, HasNothingToReceiveUntilSomethingCame) {
    Ends ends(Sender::broker, Sender::worker);
    EXPECT_EQ(ends.link.receive().error().kind, ErrorKind::timeout);
    EXPECT_EQ(ends.link.receive_within(Duration(0)).error().kind, ErrorKind::timeout);
    const auto before = MonotonicClock::now();
    EXPECT_EQ(ends.link.receive_within(std::chrono::milliseconds(20)).error().kind, ErrorKind::timeout);
    EXPECT_GE(MonotonicClock::now() - before, std::chrono::milliseconds(20));
    ASSERT_TRUE(send_packet(ends.peer.get(), packet_of(number_of<WorkerHello>, wire::encode(WorkerHello{}))));
    EXPECT_TRUE(ends.link.receive_within(Duration(0))) << "what is there is taken, also without any time";
}

TEST(Link, WaitsForOneThatComesLater) {
    Ends ends(Sender::worker, Sender::broker, exchanged);
    std::thread late([peer = ends.peer.get()] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        (void)send_packet(peer, packet_of(number_of<LoginAnswer>, wire::encode(LoginAnswer{})));
    });
    EXPECT_TRUE(ends.link.receive_within(std::chrono::seconds(30)));
    late.join();
}

TEST(Link, OfTheBrokerWaitsForNobodyWhoDoesNotRead) {
    Ends ends(Sender::broker, Sender::worker, exchanged);
    LoginAnswer answer;
    answer.instruction.assign(100'000, 'x');
    const auto before = MonotonicClock::now();
    Status sent;
    int count = 0;
    while ((sent = ends.link.send(answer)) && count < 1000) ++count;
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().kind, ErrorKind::io);
    EXPECT_GE(count, 1);
    EXPECT_LT(MonotonicClock::now() - before, std::chrono::seconds(5));
}

TEST(Link, OfAWorkerWaitsForABusyBroker) {
    Ends ends(Sender::worker, Sender::broker, exchanged);
    LoginStep step;
    step.signed_data.resize(100'000);
    constexpr int count = 20;
    std::thread broker([peer = ends.peer.get()] {
        Bytes buffer(max_message);
        for (int i = 0; i < count; ++i) {
            pollfd readable{peer, POLLIN, 0};
            if (::poll(&readable, 1, 30'000) != 1) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            (void)::recv(peer, buffer.data(), buffer.size(), 0);
        }
    });
    for (int i = 0; i < count; ++i) ASSERT_TRUE(ends.link.send(step)) << i;
    broker.join();
}

TEST(Link, NeitherCrashesNorKeepsADescriptorWhateverComes) {
    const auto before = open_descriptors();
    std::size_t passed = 0, decoded = 0;
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        Seeded random(seed);
        Ends ends(senders[random.below(4)], senders[random.below(4)], states[random.below(8)]);
        for (std::uint64_t i = random.below(4); i > 0; --i) {
            Bytes message = random.chance(3) ? random.bytes(random.below(300)) : random_packet(random.below(rows), random);
            if (random.chance(3) && !message.empty()) message[random.below(message.size())] ^= random.byte();
            if (random.chance(5)) message.resize(random.below(message.size() + 1));
            (void)send_packet(ends.peer.get(), message, random.chance(3) ? random.below(8) : 0);
        }
        if (random.chance(3)) ends.peer.close();
        while (true) {
            const auto packet = ends.link.receive();
            if (!packet && packet.error().kind != ErrorKind::refused) break;
            if (!packet) continue;
            ++passed;
            ASSERT_LT(packet->number, rows);
            boost::mp11::mp_with_index<rows>(
                packet->number, [&](auto row) { decoded += packet->as<typename boost::mp11::mp_at<Table, decltype(row)>::type>().has_value() ? 1u : 0u; });
        }
        if (seed % 100 == 0) { ASSERT_EQ(open_descriptors(), before + 1 + (ends.peer ? 1 : 0)) << seed; }
    }
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_GT(passed, 100u);
    EXPECT_GT(decoded, 50u);
}

// ---- sockets with a name -----------------------------------------------------------------------------------------------------

class Socket : public ::testing::Test {
protected:
    Socket() {
        std::string pattern = (std::filesystem::temp_directory_path() / "anteroom-link-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        folder = pattern;
    }
    ~Socket() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    std::string folder;
};

TEST_F(Socket, IsForItsOwnerUnlessSaidOtherwiseAndTellsWhoConnects) {
    const auto path = folder + "/a.sock";
    const auto umask_before = ::umask(0);
    const Fd listening = listen_at(path).value();
    const Fd wider = listen_at(folder + "/b.sock", 0660).value();
    EXPECT_EQ(::umask(umask_before), 0u) << "left as it was";
    struct stat found{};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u);
    ASSERT_EQ(::stat((folder + "/b.sock").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0660u);

    const Fd client = connect_to(path).value();
    const Fd server(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const auto user = peer_user(server.get()).value();
    EXPECT_EQ(user.pid, ::getpid());
    EXPECT_EQ(user.uid, ::getuid());
    EXPECT_EQ(user.gid, ::getgid());
    for (const int fd : {listening.get(), client.get()}) EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_FALSE(peer_user(-1));
}

TEST_F(Socket, TakesThePlaceOfAStaleOne) {
    const auto path = folder + "/a.sock";
    (void)listen_at(path).value();
    EXPECT_EQ(connect_to(path).error().kind, ErrorKind::io) << "nobody listens";
    const Fd listening = listen_at(path).value();
    EXPECT_TRUE(connect_to(path));
}

TEST_F(Socket, RefusesAPathThatIsTooLongInsteadOfCuttingIt) {
    const std::string path = folder + "/" + std::string(108 - folder.size() - 1, 'x');
    ASSERT_EQ(path.size(), 108u);
    EXPECT_EQ(listen_at(path).error().kind, ErrorKind::invalid);
    EXPECT_EQ(connect_to(path).error().kind, ErrorKind::invalid);
    EXPECT_TRUE(std::filesystem::is_empty(folder));
    EXPECT_TRUE(listen_at(path.substr(0, 107)));
    EXPECT_FALSE(connect_to(folder + "/nobody.sock"));
}

}  // namespace
}  // namespace anteroom::control
