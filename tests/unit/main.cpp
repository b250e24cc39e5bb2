// main() of every unit program: prints what failed and nothing else, and names the test that crashed, hung or ended the process, since all
// tests of a room share one process.
#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace {

constexpr unsigned longest_test_seconds = 300;  // on a loaded machine; what stands still is ended

char running[512] = "before the first test";
pid_t main_process = 0;

void write_out(const char* text) { (void)!::write(STDERR_FILENO, text, std::strlen(text)); }

// Async-signal-safe. A child made by a test says nothing: how it ends is what the test looks at.
extern "C" void name_and_die(int number) {
    if (::getpid() == main_process) {
        write_out(number == SIGALRM ? "\n[  HANGS   ] " : "\n[  CRASHED ] ");
        write_out(running);
        write_out("\n");
    }
    ::raise(number);  // again, with what it does by default
}

void end_early() {
    if (::getpid() != main_process || running[0] == '\0') return;
    write_out("\n[  EXITED  ] ");
    write_out(running);
    write_out("\n");
    ::_exit(1);
}

class Naming final : public ::testing::EmptyTestEventListener {
    void OnTestStart(const ::testing::TestInfo& test) override {
        const std::string name = std::string(test.test_suite_name()) + "." + test.name();
        std::strncpy(running, name.c_str(), sizeof running - 1);
        ::alarm(longest_test_seconds);
    }
    void OnTestEnd(const ::testing::TestInfo&) override { ::alarm(0); }
};

void watch(int number) {
    struct sigaction action{};
    action.sa_handler = name_and_die;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    ::sigaction(number, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
    main_process = ::getpid();
    ::testing::GTEST_FLAG(brief) = true;  // --gtest_brief=0 shows each test
    ::testing::InitGoogleMock(&argc, argv);
    // lint: allow banned: googletest takes it by pointer and deletes it
    ::testing::UnitTest::GetInstance()->listeners().Append(new Naming);
    for (const int number : {SIGABRT, SIGALRM}) watch(number);
#ifndef ANTEROOM_SANITIZED  // sanitizers tell more by themselves
    for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) watch(number);
#endif
    std::atexit(end_early);
    const int result = RUN_ALL_TESTS();
    running[0] = '\0';
    return result;
}
