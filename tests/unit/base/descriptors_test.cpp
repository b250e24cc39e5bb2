// Descriptors that travel beside a message.
#include "base/descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace anteroom {
namespace {

struct Pair {
    Fd a, b;
    Pair() {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        a = Fd(ends[0]);
        b = Fd(ends[1]);
    }
    ssize_t send(std::string text, std::span<const int> descriptors = {}) const {
        iovec parts[] = {{text.data(), text.size()}};
        return send_with_descriptors(a.get(), parts, descriptors);
    }
    ReceivedWithDescriptors receive(std::size_t size = 64) {
        buffer.assign(size, 0);
        return receive_with_descriptors(b.get(), buffer);
    }
    Bytes buffer;
};

TEST(Descriptors, ArriveBesideTheMessageAndAreCloseOnExec) {
    Pair pair;
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Fd reads(ends[0]);
    Fd writes(ends[1]);
    ASSERT_EQ(pair.send("hello", std::array{writes.get(), reads.get()}), 5);
    writes.close();
    const auto got = pair.receive();
    EXPECT_EQ(got.bytes, 5);
    EXPECT_FALSE(got.cut);
    ASSERT_EQ(got.descriptors.size(), 2u);
    EXPECT_NE(::fcntl(got.descriptors[0].get(), F_GETFD) & FD_CLOEXEC, 0);
    ASSERT_EQ(::write(got.descriptors[0].get(), "x", 1), 1);
    char byte = 0;
    ASSERT_EQ(::read(reads.get(), &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
}

TEST(Descriptors, AreNotNeededForAMessage) {
    Pair pair;
    ASSERT_EQ(pair.send("plain"), 5);
    const auto got = pair.receive();
    EXPECT_EQ(got.bytes, 5);
    EXPECT_TRUE(got.descriptors.empty());
}

TEST(Descriptors, AreNoMoreThanThereIsRoomFor) {
    Pair pair;
    const int one = pair.a.get();
    EXPECT_EQ(pair.send("x", std::array{one, one, one, one, one}), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(pair.send("x", std::array{one, one, one, one}), 1);
    EXPECT_EQ(pair.receive().descriptors.size(), 4u);
}

TEST(Descriptors, OfAMessageThatIsCutAreSaidToBe) {
    Pair pair;
    ASSERT_EQ(pair.send("longer than the buffer"), 22);
    EXPECT_TRUE(pair.receive(4).cut);
}

TEST(Descriptors, ToAPeerThatIsGoneAreAnErrorAndNoSignal) {
    Pair pair;
    pair.b.close();
    EXPECT_EQ(pair.send("x"), -1);
    EXPECT_EQ(errno, EPIPE);
}

}  // namespace
}  // namespace anteroom
