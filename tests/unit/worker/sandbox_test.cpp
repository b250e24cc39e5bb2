// The sandbox from inside: every refused call by name, with its twin in the open air; and what must go on working.
#include "proxies/worker/sandbox.h"

#include <poll.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "tests/unit/worker/refused_calls.h"

namespace anteroom::worker {
namespace {

using namespace testing;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif

Outcome tried(World& world, Call call) {
    errno = 0;
    const long result = call(world);
    return {result, errno};
}

class Sandbox : public ::testing::TestWithParam<Refused> {};

TEST_P(Sandbox, RefusesThisCallAndItHasNoEffect) {
    World world;
    if (GetParam().prepare) world.spare = GetParam().prepare(world);
    Child child(world, In::sandbox, [](World& w) { return tried(w, GetParam().call); });
    const auto outcome = child.outcome();
    const int status = child.wait();
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
        << "status " << status << (WIFEXITED(status) && WEXITSTATUS(status) == 3 ? ": the sandbox did not close" : "");
    EXPECT_EQ(outcome.result, -1) << "it was let through";
    EXPECT_EQ(outcome.error, EPERM) << std::strerror(outcome.error);
    EXPECT_EQ(world.changes(), "");
    if (world.spare >= 0) ::close(world.spare);
}

TEST_P(Sandbox, RefusesACallThatWorksInTheOpenAir) {
    if (GetParam().outside == Outside::varies) return;  // may lack a right, a setting or a kernel for it here
    World world;
    if (GetParam().prepare) world.spare = GetParam().prepare(world);
    Child child(world, In::open_air, [](World& w) { return tried(w, GetParam().call); });
    const auto outcome = child.outcome();
    EXPECT_GE(outcome.result, 0) << std::strerror(outcome.error) << ": the row does not try what it says";
    if (world.spare >= 0) ::close(world.spare);
}

INSTANTIATE_TEST_SUITE_P(Calls, Sandbox, ::testing::ValuesIn(refused_calls()), [](const auto& one) { return std::string(one.param.name); });

// ---- what must go on working -------------------------------------------------------------------------------------------------

// Runs `work` inside; it answers with the number of the first step that failed, 0 for none.
void expect_works(const std::function<long(World&)>& work, World& world) {
    Child child(world, In::sandbox, [&](World& w) { return Outcome{work(w), errno}; });
    const auto outcome = child.outcome();
    const int status = child.wait();
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
    EXPECT_EQ(outcome.result, 0) << "step " << outcome.result << ": " << std::strerror(outcome.error);
}

TEST(SandboxInside, AppendsToTheRecordingAndOnlyThere) {
    World world;
    expect_works(
        [](World&) -> long {
            if (::write(Child::recording, " more", 5) != 5) return 1;
            iovec parts[2] = {{const_cast<char*>(" and"), 4}, {const_cast<char*>(" more"), 5}};
            if (::writev(Child::recording, parts, 2) != 9) return 2;
            return 0;
        },
        world);
    EXPECT_EQ(to_string(read_file(world.recording_path).value()), "recorded more and more");
}

TEST(SandboxInside, CannotMapTheRecordingToWriteIntoItsMiddle) {
    World world;
    expect_works(
        [](World&) -> long {
            for (const int protection : {PROT_READ | PROT_WRITE, PROT_WRITE, PROT_READ})
                for (const int flags : {MAP_SHARED, MAP_PRIVATE})
                    if (::mmap(nullptr, 4096, protection, flags, Child::recording, 0) != MAP_FAILED) return 1;  // it is open for writing only
            return 0;
        },
        world);
}

TEST(SandboxInside, ReadsWritesAndPollsItsSockets) {
    World world;
    Child child(world, In::sandbox, [](World&) -> Outcome {
        pollfd ready{Child::channel, POLLIN, 0};
        char text[16] = {};
        if (::poll(&ready, 1, 30'000) != 1) return {1, errno};
        if (::read(Child::channel, text, 4) != 4) return {2, errno};
        iovec part{text + 4, 4};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        if (::recvmsg(Child::channel, &header, 0) != 4) return {3, errno};
        part = {text, 8};
        if (::sendmsg(Child::channel, &header, MSG_NOSIGNAL) != 8) return {4, errno};
        if (::send(Child::channel, text, 4, MSG_NOSIGNAL) != 4) return {5, errno};
        if (::recv(Child::channel, text, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN) return {6, errno};
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(Child::channel, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return {7, errno};
        if ((::fcntl(Child::recording, F_GETFL) & O_APPEND) == 0) return {8, errno};
        if (::close(Child::recording) != 0) return {9, errno};
        return {0, 0};
    });
    ASSERT_TRUE(write_all(child.socket(), view("pingpong")));
    char text[13] = {};
    ASSERT_EQ(::recv(child.socket(), text, 12, MSG_WAITALL), 12);
    EXPECT_STREQ(text, "pingpongping");
    const auto outcome = child.outcome();
    EXPECT_EQ(outcome.result, 0) << std::strerror(outcome.error);
}

TEST(SandboxInside, TakesADescriptorFromTheBroker) {
    World world;
    Child child(world, In::sandbox, [](World&) -> Outcome {
        char byte = 0;
        iovec part{&byte, 1};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        if (::recvmsg(Child::channel, &header, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&header) == nullptr) return {1, errno};
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof fd);
        return {::write(fd, "by descriptor", 13) == 13 ? 0 : 2, errno};
    });
    const Fd file = open_file(world.fresh, O_RDWR | O_CREAT | O_APPEND).value();
    char byte = 'x';
    iovec part{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = file.get();
    std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
    ASSERT_EQ(::sendmsg(child.socket(), &header, 0), 1);
    const auto outcome = child.outcome();
    EXPECT_EQ(outcome.result, 0) << std::strerror(outcome.error);
    EXPECT_EQ(to_string(read_file(world.fresh).value()), "by descriptor");
}

TEST(SandboxInside, HasMemoryTimeRandomnessAndCryptography) {
    World world;
    const Bytes key(32, 1), nonce(12, 2);
    expect_works(
        [&](World&) -> long {
            {
                std::vector<Bytes> blocks;
                for (int i = 0; i < 16; ++i) blocks.emplace_back(1u << 20, static_cast<std::uint8_t>(i));
                if (blocks[7][12345] != 7) return 1;
            }
            std::uint8_t random[64];
            if (::getrandom(random, sizeof random, 0) != sizeof random) return 2;
            if (crypto::random_bytes(32) == crypto::random_bytes(32)) return 3;
            timespec now{};
            if (::clock_gettime(CLOCK_BOOTTIME, &now) != 0 || MonotonicClock::now() == Monotonic{}) return 4;
            const Bytes plain(100'000, 9);
            const auto sealed = crypto::aes_gcm_seal(key, nonce, view("aad"), plain);
            if (!sealed || crypto::aes_gcm_open(key, nonce, view("aad"), *sealed).value_or(Bytes{}) != plain) return 5;
            const auto pair = crypto::p256_generate();
            if (!crypto::p256_shared(pair.private_key.expose(), pair.public_key)) return 6;
            const auto signer = crypto::ed25519_generate();
            const auto signature = crypto::ed25519_sign(signer.seed.expose(), plain);
            if (!signature || !crypto::ed25519_verify(signer.public_key, plain, *signature)) return 7;
            try {
                throw std::runtime_error("unwinding needs no file");
            } catch (const std::runtime_error&) { return 0; }
            return 8;
        },
        world);
}

TEST(SandboxInside, HasNoMoreMemoryThanItsLimit) {
    if (sanitized) GTEST_SKIP() << "a sanitizer's shadow memory counts too, so that limit is not set";
    World world;
    expect_works(
        [](World&) -> long {
            const auto take = [](std::size_t size) { return ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); };
            if (take(64u << 20) == MAP_FAILED) return 1;
            return take(256u << 20) == MAP_FAILED ? 0 : 2;
        },
        world);
}

// ---- what the kernel says of it ----------------------------------------------------------------------------------------------

std::string line_of(const std::string& path, std::string_view head) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(head)) return line;
    return "no line " + std::string(head);
}

// A child that stays inside until it is told to go on.
Outcome stay(World&) {
    char byte = 'r';
    if (::write(Child::channel, &byte, 1) != 1 || ::read(Child::channel, &byte, 1) != 1) return {1, errno};
    return {0, 0};
}

TEST(SandboxSeenFromOutside, IsClosedInEveryPart) {
    World world;
    Child child(world, In::sandbox, stay);
    char byte = 0;
    ASSERT_EQ(::read(child.socket(), &byte, 1), 1) << "the sandbox did not close";
    const std::string proc = "/proc/" + std::to_string(child.pid);
    EXPECT_EQ(line_of(proc + "/status", "Seccomp:"), "Seccomp:\t2");
    EXPECT_EQ(line_of(proc + "/status", "NoNewPrivs:"), "NoNewPrivs:\t1");
    EXPECT_TRUE(line_of(proc + "/limits", "Max core file size").find(" 0                    0 ") != std::string::npos)
        << line_of(proc + "/limits", "Max core file size");
    EXPECT_TRUE(line_of(proc + "/limits", "Max open files").find(" 32                   32 ") != std::string::npos)
        << line_of(proc + "/limits", "Max open files");
    std::size_t held = 0;
    for (const auto& entry : std::filesystem::directory_iterator(proc + "/fd"))
        held += entry.path().filename() == "3" || entry.path().filename() == "4" ? 1 : 100;
    EXPECT_EQ(held, 2u) << "the recording and its channel, nothing left open by closing the sandbox";
    ASSERT_EQ(::write(child.socket(), "x", 1), 1);
    EXPECT_EQ(child.outcome().result, 0);
}

// The kernel gives /proc/PID to root when the process is not dumpable: nobody of the same user can attach to it or read it.
TEST(SandboxSeenFromOutside, IsNotDumpable) {
    const auto owner_of = [](In where) {
        World world;
        Child child(world, In::open_air, [where](World& w) -> Outcome {
            if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return {1, errno};
            ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
            if (where == In::sandbox && !close_sandbox()) return {2, errno};
            return stay(w);
        });
        char byte = 0;
        struct stat found{};
        if (::read(child.socket(), &byte, 1) != 1 || ::stat(("/proc/" + std::to_string(child.pid) + "/environ").c_str(), &found) != 0) return -1;
        return static_cast<int>(found.st_uid);
    };
    EXPECT_EQ(owner_of(In::open_air), ::getuid() == 0 ? 65534 : static_cast<int>(::getuid()));
    EXPECT_EQ(owner_of(In::sandbox), 0);
}

TEST(SandboxSeenFromOutside, EndsByItsOwnAbortWithoutACore) {
    World world;
    Child child(world, In::sandbox, [](World&) -> Outcome {
        ::raise(SIGABRT);
        return {1, errno};
    });
    const int status = child.wait();
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
    EXPECT_EQ(WTERMSIG(status), SIGABRT);
    EXPECT_FALSE(WCOREDUMP(status));
}

// int 0x80 numbers calls otherwise (5 is open there, and fstat here): such a call never gets as far as the list.
TEST(SandboxSeenFromOutside, EndsAProcessThatCallsByAnotherArchitecturesNumbers) {
#if defined(__x86_64__)
    World world;
    Child child(world, In::sandbox, [](World&) -> Outcome {
        long result = 20;  // getpid of i386
        asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
        return {result, 0};
    });
    const int status = child.wait();
    EXPECT_TRUE(WIFSIGNALED(status)) << status;
    Child x32(world, In::sandbox, [](World& w) -> Outcome { return {calls::raw(0x40000000 | SYS_open, w.plain.c_str(), O_RDONLY), errno}; });
    const auto outcome = x32.outcome();
    EXPECT_LT(outcome.result, 0) << "x32";
    EXPECT_EQ(world.changes(), "");
#endif
}

}  // namespace
}  // namespace anteroom::worker
