// The channels at work: a thread each, so that one that is dead delays no other. A channel holds one delivery at a time and at most
// one that waits for it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "base/fd.h"
#include "broker/courier/deliver.h"

namespace anteroom::courier {

class Channels {
public:
    // What delivers; a test brings its own.
    using Work = std::function<Outcome(const installation::AlertChannel&, const control::Deliver&)>;
    static Result<Channels> start(const std::map<std::string, installation::AlertChannel>& channels, const Work& work);

    // Readable when there are answers.
    int fd() const { return answered_->wake.get(); }
    // What an earlier conversation gave and has not begun is forgotten, and its answers are not told: the broker gives it again.
    void begin_conversation();
    void give(control::Deliver what);
    std::vector<control::Delivered> answers();

private:
    struct Answered {
        Fd wake;
        std::mutex mutex;
        std::uint64_t conversation = 0;
        std::vector<control::Delivered> list;
        void add(std::uint64_t from, control::Delivered answer);
    };
    struct One;
    Channels() = default;
    static void run(const std::shared_ptr<One>& one, const Work& work, const std::shared_ptr<Answered>& answered);

    std::shared_ptr<Answered> answered_;
    std::map<std::string, std::shared_ptr<One>> channels_;
};

}  // namespace anteroom::courier
