// Workers with stubs in their places, told over their channels what to do.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "proxies/gateway/workers.h"

namespace anteroom::gateway {

using namespace std::chrono_literals;

struct Pair {
    Fd ours, theirs;
    explicit Pair(int type = SOCK_SEQPACKET) {
        int fds[2];
        if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
        ours = Fd(fds[0]);
        theirs = Fd(fds[1]);
    }
};

class WorkersTest : public ::testing::Test {
protected:
    // A worker with the id of sixteen times `letter`, whose deadline is far off.
    Worker* start(char letter = 'a', Duration left = 1h, const std::string& program = ANTEROOM_STUB_WORKER) {
        Worker worker;
        worker.id = id(letter);
        worker.source = "192.0.2.1";
        worker.deadline = MonotonicClock::now() + left;
        // A stub whose channel closes ends by itself: those of before live on.
        kept.push_back(std::move(channel));
        kept.push_back(std::move(client));
        channel = Pair();
        client = Pair(SOCK_STREAM);
        auto started = workers.start(program, std::move(client.theirs), std::move(channel.theirs), std::move(worker));
        return started ? *started : nullptr;
    }
    static WorkerId id(char letter) { return WorkerId(std::string(16, letter)); }
    void tell(std::string_view order) const {
        ASSERT_EQ(::send(channel.ours.get(), order.data(), order.size(), MSG_NOSIGNAL), static_cast<ssize_t>(order.size()));
    }
    std::string hear() const {
        char buffer[4096];
        pollfd ready{channel.ours.get(), POLLIN, 0};
        if (::poll(&ready, 1, 20'000) != 1) return "nothing";
        const ssize_t size = ::recv(channel.ours.get(), buffer, sizeof buffer, 0);
        return {buffer, size > 0 ? static_cast<std::size_t>(size) : 0};
    }
    // How the one that ends first ended: waits for its pidfd, as the gateway does.
    std::string how_it_ends(char letter = 'a') {
        const auto* worker = workers.find(id(letter));
        if (worker == nullptr) return "unknown worker";
        pollfd ended{worker->pidfd.get(), POLLIN, 0};
        if (::poll(&ended, 1, 20'000) != 1) return "it lives";
        const auto reaped = workers.reap(MonotonicClock::now());
        return reaped.size() == 1 && reaped[0].id == id(letter) ? reaped[0].how : std::to_string(reaped.size()) + " ended";
    }
    ~WorkersTest() override {
        workers.kill_all();
        while (workers.size() > 0) {
            const auto& worker = workers.all().begin()->second;
            pollfd ended{worker.pidfd.get(), POLLIN, 0};
            ::poll(&ended, 1, 20'000);
            (void)workers.reap(MonotonicClock::now());
        }
    }

    Workers workers;
    Pair channel, client;
    std::vector<Pair> kept;
};

inline std::string line(const std::string& text, std::string_view head) {
    const auto at = text.find(std::string(head));
    return at == std::string::npos ? "none" : text.substr(at, text.find('\n', at) - at);
}

}  // namespace anteroom::gateway
