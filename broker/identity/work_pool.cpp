// The rotation: a lane stands in `turns_` exactly while it has jobs waiting; served, it goes to the back.
#include "broker/identity/work_pool.h"

#include <exception>

#include "base/log.h"

namespace anteroom::identity {

WorkPool::WorkPool(Limits limits) : limits_(limits) {
    for (std::size_t i = 0; i < limits_.threads; ++i) threads_.emplace_back([this] { run(); });
}

bool WorkPool::submit(const std::string& lane, std::function<void()> job) {
    {
        std::lock_guard lock(mutex_);
        if (stopping_ || waiting_ >= limits_.total) return false;
        auto found = lanes_.find(lane);
        if ((found == lanes_.end() ? 0 : found->second.size()) >= limits_.per_lane) return false;
        if (found == lanes_.end()) {
            found = lanes_.try_emplace(lane).first;
            turns_.push_back(lane);
        }
        found->second.push_back(std::move(job));
        ++waiting_;
    }
    something_.notify_one();
    return true;
}

std::size_t WorkPool::waiting() const {
    std::lock_guard lock(mutex_);
    return waiting_;
}

void WorkPool::stop() {
    decltype(lanes_) dropped;  // destroyed without the lock: a job's destructor is not ours
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        dropped.swap(lanes_);
        turns_.clear();
        waiting_ = 0;
    }
    something_.notify_all();
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

void WorkPool::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        something_.wait(lock, [this] { return stopping_ || !turns_.empty(); });
        if (stopping_) return;
        auto lane = std::move(turns_.front());
        turns_.pop_front();
        auto& queue = lanes_.at(lane);
        auto job = std::move(queue.front());
        queue.pop_front();
        --waiting_;
        if (queue.empty()) lanes_.erase(lane);
        else turns_.push_back(std::move(lane));
        lock.unlock();
        try {
            job();
        } catch (const std::exception& error) { log::error("pool.job_failed", {{"error", error.what()}}); }
        job = nullptr;
        lock.lock();
    }
}

}  // namespace anteroom::identity
