// A bounded pool of threads for work that costs (password hashes). Each lane, that is each source address, waits in a queue
// of its own, and the threads take one job of each lane in turn: who floods delays himself.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace anteroom::identity {

class WorkPool {
public:
    struct Limits {
        std::size_t threads = 2;
        std::size_t per_lane = 16;  // waiting, the running one not counted
        std::size_t total = 1024;
    };
    explicit WorkPool(Limits limits);
    ~WorkPool() { stop(); }
    WorkPool(const WorkPool&) = delete;
    WorkPool& operator=(const WorkPool&) = delete;

    // False: busy (the lane or the pool is full, or the pool has stopped), and the job will not run. Never blocks.
    // The job posts its own result back to whoever waits; it must not throw (what it throws is logged and lost).
    [[nodiscard]] bool submit(const std::string& lane, std::function<void()> job);
    std::size_t waiting() const;
    // Jobs that have begun finish; those that wait are dropped. Not to be called from a job. Safe to call twice.
    void stop();

private:
    void run();

    const Limits limits_;
    mutable std::mutex mutex_;
    std::condition_variable something_;
    std::unordered_map<std::string, std::deque<std::function<void()>>> lanes_;  // none of them empty
    std::deque<std::string> turns_;                                             // each lane once
    std::size_t waiting_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace anteroom::identity
