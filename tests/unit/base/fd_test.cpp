// Descriptors and whole files: owned once, close-on-exec, and a replaced file is the old one or the new one.
#include "base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/unit/base/seeds.h"

namespace anteroom {
namespace {

static_assert(!std::is_copy_constructible_v<Fd> && !std::is_copy_assignable_v<Fd>);

class Folder : public ::testing::Test {
protected:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "anteroom-fd-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        path = pattern;
    }
    ~Folder() override {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::string file(const std::string& name) const { return path + "/" + name; }
    std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()));
    }
    std::string path;
};

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }
bool close_on_exec(int fd) { return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }

TEST_F(Folder, ADescriptorIsClosedByItsLastOwnerAndMovedWithoutACopy) {
    int number = -1;
    {
        Fd first = open_file(file("a"), O_RDWR | O_CREAT).value();
        number = first.get();
        EXPECT_TRUE(close_on_exec(number));
        Fd second(std::move(first));
        EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that is the question
        EXPECT_EQ(second.get(), number);
        Fd& same = second;
        second = std::move(same);
        EXPECT_EQ(second.get(), number);
        Fd third = open_file(file("b"), O_RDWR | O_CREAT).value();
        const int replaced = third.get();
        third = std::move(second);
        EXPECT_FALSE(is_open(replaced));
        EXPECT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST_F(Folder, ADuplicateIsCloseOnExecAndOutlivesTheOriginal) {
    Fd first = open_file(file("a"), O_RDWR | O_CREAT).value();
    Fd copy = first.duplicate().value();
    EXPECT_NE(copy.get(), first.get());
    EXPECT_TRUE(close_on_exec(copy.get()));
    first.close();
    EXPECT_TRUE(write_all(copy.get(), view("x")));
    EXPECT_FALSE(Fd().duplicate());
}

TEST_F(Folder, AReleasedDescriptorStaysOpen) {
    int number = -1;
    {
        Fd fd = open_file(file("a"), O_RDWR | O_CREAT).value();
        number = fd.release();
    }
    EXPECT_TRUE(is_open(number));
    const Fd closer(number);
}

TEST_F(Folder, AMissingFileIsNotFoundAndTheErrorNamesIt) {
    const auto missing = read_file(file("nowhere"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
    EXPECT_NE(missing.error().detail.find(file("nowhere")), std::string::npos);
    EXPECT_EQ(read_file(path).error().kind, ErrorKind::io) << "a folder is no file";
}

TEST_F(Folder, FilesComeBackWhole) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        testing::Seeded random(seed);
        const Bytes content = random.bytes(random.below(3) == 0 ? random.below(300'000) : random.below(70));
        ASSERT_TRUE(replace_file(file("a"), content));
        ASSERT_EQ(read_file(file("a")).value(), content) << seed;
    }
    EXPECT_EQ(entries(), 1u) << "nothing is left beside it";
}

TEST_F(Folder, AFileLargerThanTheLimitIsRefusedAndOneOfExactlyTheLimitIsNot) {
    ASSERT_TRUE(replace_file(file("a"), Bytes(70'000, 1)));
    EXPECT_EQ(read_file(file("a"), 70'000).value().size(), 70'000u);
    const auto larger = read_file(file("a"), 69'999);
    ASSERT_FALSE(larger);
    EXPECT_EQ(larger.error().kind, ErrorKind::invalid);
    EXPECT_FALSE(read_file("/dev/zero", 1 << 20)) << "an endless file ends at the limit";
}

TEST_F(Folder, AReplacedFileHasItsModeAndNoSecondName) {
    const auto before = ::umask(022);
    ASSERT_TRUE(replace_file(file("secret"), view("x")));
    ASSERT_TRUE(replace_file(file("public"), view("x"), 0644));
    ::umask(before);
    struct stat found{};
    ASSERT_EQ(::stat(file("secret").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0600u);
    ASSERT_EQ(::stat(file("public").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0644u);
}

TEST_F(Folder, AReplacementDoesNotWriteThroughASymbolicLink) {
    ASSERT_TRUE(replace_file(file("elsewhere"), view("untouched")));
    ASSERT_EQ(::symlink(file("elsewhere").c_str(), file("link").c_str()), 0);
    ASSERT_TRUE(replace_file(file("link"), view("new")));
    EXPECT_EQ(to_string(read_file(file("elsewhere")).value()), "untouched");
    EXPECT_EQ(to_string(read_file(file("link")).value()), "new");
}

TEST_F(Folder, AReplacementThatFailsLeavesTheOldContentAndNothingBesideIt) {
    ASSERT_TRUE(replace_file(file("a"), view("old")));
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small{4096, before.rlim_max};
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto failed = replace_file(file("a"), Bytes(100'000, 1));  // the disk is full after 4096 bytes
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, ErrorKind::io);
    EXPECT_EQ(to_string(read_file(file("a")).value()), "old");
    EXPECT_EQ(entries(), 1u);
}

TEST_F(Folder, AReplacementOverAFolderFailsAndLeavesNothingBesideIt) {
    ASSERT_EQ(::mkdir(file("folder").c_str(), 0700), 0);
    EXPECT_FALSE(replace_file(file("folder"), view("x")));
    EXPECT_EQ(entries(), 1u);
    EXPECT_EQ(replace_file(file("nowhere/a"), view("x")).error().kind, ErrorKind::not_found);
}

TEST_F(Folder, SomebodyWhoHoldsTheOldFileOpenGoesOnReadingIt) {
    ASSERT_TRUE(replace_file(file("a"), view("old")));
    const Fd held = open_file(file("a"), O_RDONLY).value();
    ASSERT_TRUE(replace_file(file("a"), view("new")));
    char text[4] = {};
    EXPECT_EQ(::read(held.get(), text, 3), 3);
    EXPECT_STREQ(text, "old");
}

TEST_F(Folder, WriteAllWritesAllThroughAPipeThatTakesLittleAtATime) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Fd out(ends[0]);
    Fd in(ends[1]);
    ::fcntl(in.get(), F_SETPIPE_SZ, 4096);
    const Bytes content = testing::Seeded(1).bytes(100'000);
    Bytes received;
    const pid_t child = ::fork();
    if (child == 0) ::_exit(write_all(in.get(), content) ? 0 : 1);
    in.close();
    std::uint8_t block[777];
    for (ssize_t n = 0; (n = ::read(out.get(), block, sizeof block)) > 0;) received.insert(received.end(), block, block + n);
    EXPECT_EQ(received, content);
}

TEST_F(Folder, ErrorsOfWritingAndOfSettingFlagsAreValues) {
    EXPECT_EQ(write_all(-1, view("x")).error().kind, ErrorKind::io);
    EXPECT_TRUE(write_all(-1, {})) << "nothing to write";
    EXPECT_EQ(set_nonblocking(-1).error().kind, ErrorKind::io);
    const Fd fd = open_file(file("a"), O_RDWR | O_CREAT | O_APPEND).value();
    EXPECT_TRUE(set_nonblocking(fd.get()));
    EXPECT_EQ(::fcntl(fd.get(), F_GETFL) & (O_NONBLOCK | O_APPEND), O_NONBLOCK | O_APPEND) << "other flags stay";
}

}  // namespace
}  // namespace anteroom
