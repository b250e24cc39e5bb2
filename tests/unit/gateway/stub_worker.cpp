// Stands in a worker's place: tells over descriptor 4 what it was given, then does what it is told there. As anteroom-rdp-front it is told
// by its client, over descriptor 3:  say (a byte to the worker's side) | identity (what is in descriptor 5)
//   report             -> one line each: descriptors, arguments, environment, signals, session
//   exit N | signal N | forward (copies a line from the client's connection back to it) | stop | wait
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

extern char** environ;

namespace {

int number(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string report(int argc, char** argv) {
    std::set<int> fds;
    for (int fd = 0; fd < 4096; ++fd)
        if (::fcntl(fd, F_GETFD) >= 0) fds.insert(fd);
    std::string text = "descriptors";
    for (const int fd : fds) text += " " + std::to_string(fd);
    for (const char* standard : {"0", "1"})
        text += std::string("\nstandard ") + standard + " " + std::filesystem::read_symlink(std::string("/proc/self/fd/") + standard).string();
    text += "\narguments " + std::to_string(argc) + " " + argv[0] + "\nenvironment";
    for (char** one = environ; *one != nullptr; ++one) text += std::string(" ") + *one;
    sigset_t blocked;
    sigemptyset(&blocked);
    ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
    text += "\nblocked";
    for (int signal = 1; signal < 32; ++signal)
        if (sigismember(&blocked, signal) == 1) text += " " + std::to_string(signal);
    text += "\nleader " + std::to_string(::getsid(0) == ::getpid() ? 1 : 0) + "\n";
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    char buffer[256];
    const int told = std::string_view(argv[0]).ends_with("-front") ? 3 : 4;
    while (true) {
        const ssize_t size = ::recv(told, buffer, sizeof buffer, 0);
        if (size <= 0) return 77;  // nobody is at the other end
        const std::string_view order(buffer, static_cast<std::size_t>(size));
        if (order == "report") {
            const auto text = report(argc, argv);
            (void)::send(told, text.data(), text.size(), MSG_NOSIGNAL);
        } else if (order.starts_with("exit ")) {
            return number(order.substr(5));
        } else if (order.starts_with("signal ")) {
            const int signal = number(order.substr(7));
            ::signal(signal, SIG_DFL);  // a sanitizer would catch it
            ::raise(signal);
        } else if (order == "forward") {
            const ssize_t n = ::recv(3, buffer, sizeof buffer, 0);
            if (n > 0) (void)::send(3, buffer, static_cast<std::size_t>(n), MSG_NOSIGNAL);
        } else if (order == "say") {
            (void)::send(4, "x", 1, MSG_NOSIGNAL);
        } else if (order == "identity") {
            const ssize_t n = ::pread(5, buffer, sizeof buffer, 0);
            if (n > 0) (void)::send(3, buffer, static_cast<std::size_t>(n), MSG_NOSIGNAL);
        } else if (order == "deaf") {  // to everything that can be ignored
            for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_IGN);
            (void)::send(4, "deaf", 4, MSG_NOSIGNAL);
        }
    }
}
