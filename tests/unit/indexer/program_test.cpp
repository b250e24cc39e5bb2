// The program itself, in its sandbox: what the broker hands it, what it leaves behind, and how it ends.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "recorder/indexer/terms.h"
#include "tests/unit/indexer/fixture.h"

namespace anteroom::indexer {
namespace {

using namespace testing;

struct Program {
    Fd index = memory_file(), terms;
    pid_t pid = -1;

    explicit Program(const Recorded& recorded) {
        int pair[2] = {-1, -1};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw std::runtime_error("socketpair");
        terms = Fd(pair[0]);
        const Fd theirs(pair[1]);
        pid = ::fork();
        if (pid != 0) return;
        int high[3] = {recorded.session.file.get(), index.get(), theirs.get()};
        for (int& fd : high) fd = ::fcntl(fd, F_DUPFD, 20);
        for (int i = 0; i < 3; ++i) ::dup2(high[i], recording_fd + i);
        ::close_range(6, ~0u, 0);
        char* const arguments[] = {const_cast<char*>(ANTEROOM_INDEXER), nullptr};
        ::execv(ANTEROOM_INDEXER, arguments);
        ::_exit(127);
    }
    ~Program() {
        if (pid > 0) ::kill(pid, SIGKILL), ::waitpid(pid, nullptr, 0);
    }
    void tell(const IndexTerms& said) const {
        const auto packet = wire::encode(said);
        ASSERT_EQ(::send(terms.get(), packet.data(), packet.size(), MSG_NOSIGNAL), static_cast<ssize_t>(packet.size()));
    }
    // The exit status; 1000 and more: a signal.
    int ended() {
        int status = 0;
        ::waitpid(std::exchange(pid, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }
};

IndexTerms terms_for(const Recorded& recorded, bool live = false) {
    return {Secret::copy_of(recorded.session.created.data_key.expose()), recorded.session.keys.broker_public, live};
}

recorder::Index index_of(const Recorded& recorded, const Program& program) {
    const auto keys = recorder::index_keys(recorded.session.created.data_key.expose(), must(recorder::read_index_head(program.index.get())));
    return must(recorder::Index::open(must(program.index.duplicate()), keys));
}

TEST(Program, IndexesARecordingInItsSandbox) {
    Recorded recorded;
    recorded.output(0, "$ mount /dev/sdb1\r\n");
    recorded.output(40'000, "done\r\n");
    recorded.output(41'000, "$ ");
    must(recorded.session.witness.commit(recorded.session.writer.commit(), from_micros(1'700'000'001'000'000)));
    must(recorded.session.witness.finish(recorder::Reason::closed, from_micros(1'700'000'050'000'000)));
    Program program(recorded);
    program.tell(terms_for(recorded));
    ASSERT_EQ(program.ended(), ended_done);
    const auto index = index_of(recorded, program);
    EXPECT_EQ(must(index.search("SDB1", 10)).size(), 1u);
    EXPECT_TRUE(index.timeline().upto.whole);
    EXPECT_TRUE(must(index.before(seconds(41), 0)));
}

TEST(Program, ATornRecordingIsIndexedAsFarAsItGoes) {
    Recorded recorded;
    recorded.output(0, "shown before the end\r\n");
    must(write_all(recorded.session.file.get(), Bytes(20, 1)));
    Program program(recorded);
    program.tell(terms_for(recorded));
    ASSERT_EQ(program.ended(), ended_done);
    const auto index = index_of(recorded, program);
    EXPECT_EQ(must(index.search("before the end", 10)).size(), 1u);
    EXPECT_FALSE(index.timeline().upto.whole);
}

TEST(Program, ALiveOneEndsWhenItIsLetGo) {
    Recorded recorded;
    recorded.output(0, "live\r\n");
    Program program(recorded);
    program.tell(terms_for(recorded, true));
    program.terms.close();
    EXPECT_EQ(program.ended(), ended_let_go);
}

TEST(Program, WithoutTheRightKeyItFailsAndWritesNothing) {
    Recorded recorded;
    recorded.output(0, "secret\r\n");
    Program program(recorded);
    program.tell({Secret(Bytes(32, 9)), recorded.session.keys.broker_public, false});
    EXPECT_EQ(program.ended(), 1);
    EXPECT_TRUE(content(program.index.get()).empty());
}

TEST(Program, NonsenseInsteadOfTermsIsAFailure) {
    const Recorded recorded;
    Program program(recorded);
    ASSERT_EQ(::send(program.terms.get(), "nonsense", 8, MSG_NOSIGNAL), 8);
    EXPECT_EQ(program.ended(), 1);
}

}  // namespace
}  // namespace anteroom::indexer
