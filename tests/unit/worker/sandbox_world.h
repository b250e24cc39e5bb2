// A small world around a sandboxed child: a recording it may append to, a folder, a stranger's process, a listening socket;
// and a snapshot of all that, to say afterwards whether anything was changed.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "base/fd.h"
#include "proxies/worker/sandbox.h"

namespace anteroom::worker::testing {

class World {
public:
    World() {
        std::string pattern = (std::filesystem::temp_directory_path() / "anteroom-sandbox-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        folder = pattern;
        plain = folder + "/plain";
        fresh = folder + "/fresh";
        recording_path = folder + "/recording";
        if (!replace_file(plain, view("plain")) || !replace_file(recording_path, view("recorded"))) std::abort();
        std::filesystem::create_directory(folder + "/inner");
        recording = open_file(recording_path, O_WRONLY | O_APPEND).value();
        plain_fd = open_file(plain, O_RDWR).value();
        listening = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listening.get(), 8) != 0) std::abort();
        ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
        stranger = ::fork();
        if (stranger == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            while (true) ::pause();
        }
        before_ = snapshot();
    }
    ~World() {
        ::kill(stranger, SIGKILL);
        ::waitpid(stranger, nullptr, 0);
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // What differs from how it was at the start; empty: nothing.
    std::string changes() const {
        std::string found;
        const auto now = snapshot();
        for (const auto& [what, how] : before_)
            if (const auto is = now.find(what); is == now.end() || is->second != how)
                found += what + " was " + how + ", is " + (is == now.end() ? "gone" : is->second) + "; ";
        for (const auto& [what, how] : now)
            if (!before_.contains(what)) found += what + " is new: " + how + "; ";
        return found;
    }

    std::string folder, plain, fresh, recording_path;
    Fd recording, plain_fd, listening;
    sockaddr_in address{};
    pid_t stranger = -1;
    int spare = -1;  // what one call needs beside all that, opened before the sandbox closes

private:
    std::map<std::string, std::string> snapshot() const {
        std::map<std::string, std::string> all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
            struct stat s{};
            ::lstat(entry.path().c_str(), &s);
            std::string how = "mode " + std::to_string(s.st_mode) + " links " + std::to_string(s.st_nlink) + " owner " + std::to_string(s.st_uid) + " size " +
                              std::to_string(s.st_size) + " blocks " + std::to_string(s.st_blocks) + " changed " + std::to_string(s.st_ctim.tv_sec) + "." +
                              std::to_string(s.st_ctim.tv_nsec);
            if (S_ISREG(s.st_mode)) how += " content " + to_string(read_file(entry.path()).value_or(Bytes{}));
            all[entry.path()] = how;
        }
        all["flags of the recording"] = std::to_string(::fcntl(recording.get(), F_GETFL));
        all["connection"] = Fd(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC)) ? "made" : "none";
        std::ifstream status("/proc/" + std::to_string(stranger) + "/status");
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("State:")) all["stranger"] = line.find_first_of("RSD", 6) == 7 ? "lives" : line;
            if (line.starts_with("TracerPid:")) all["tracer of the stranger"] = line;
        }
        return all;
    }
    std::map<std::string, std::string> before_;
};

struct Outcome {
    long result = -2;
    int error = 0;
};

enum class In { sandbox, open_air };

// A child that holds the recording, one end of a socket pair, the world's spare descriptor and nothing else. It closes its
// sandbox (or does not, for the twin), runs `act` and reports through its socket.
class Child {
public:
    static constexpr int recording = 3, channel = 4, spare = 5;  // its descriptors

    Child(World& world, In where, const std::function<Outcome(World&)>& act) {
        int pair[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
        channel_ = Fd(pair[0]);
        pid = ::fork();
        if (pid > 0) {
            ::close(pair[1]);
            return;
        }
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int kept[] = {::fcntl(world.recording.get(), F_DUPFD, 100), ::fcntl(pair[1], F_DUPFD, 100),
                            world.spare < 0 ? -1 : ::fcntl(world.spare, F_DUPFD, 100)};
        for (int i = 0; i < 3; ++i) {
            ::close(recording + i);
            if (kept[i] >= 0) ::dup2(kept[i], recording + i);
        }
        for (int fd = 0; fd < 3; ++fd) ::close(fd);
        ::close_range(static_cast<unsigned>(recording + 3), ~0u, 0);
        world.spare = spare;
        if (where == In::sandbox && !close_sandbox()) ::_exit(3);
        const Outcome outcome = act(world);
        (void)!::write(channel, &outcome, sizeof outcome);
        ::_exit(0);
    }
    ~Child() {
        if (pid <= 0) return;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    int socket() const { return channel_.get(); }
    Outcome outcome() {
        Outcome outcome;
        if (::read(channel_.get(), &outcome, sizeof outcome) != sizeof outcome) outcome = {-3, 0};
        return outcome;
    }
    // As of waitpid(2), once.
    int wait() {
        int status = 0;
        ::waitpid(pid, &status, 0);
        pid = -1;
        return status;
    }

    pid_t pid = -1;

private:
    Fd channel_;
};

}  // namespace anteroom::worker::testing
