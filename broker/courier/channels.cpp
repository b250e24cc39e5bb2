// Threads end with the program: what they hold is in the broker's outbox.
#include "broker/courier/channels.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <thread>

namespace anteroom::courier {

struct Channels::One {
    installation::AlertChannel channel;
    std::mutex mutex;
    std::condition_variable given;
    std::optional<control::Deliver> next;
    std::uint64_t conversation = 0;  // of `next`
};

void Channels::Answered::add(std::uint64_t from, control::Delivered answer) {
    const std::lock_guard lock(mutex);
    if (from != conversation) return;
    list.push_back(std::move(answer));
    const std::uint64_t one = 1;
    (void)!::write(wake.get(), &one, sizeof one);
}

Result<Channels> Channels::start(const std::map<std::string, installation::AlertChannel>& channels, const Work& work) {
    Channels out;
    out.answered_ = std::make_shared<Answered>();
    out.answered_->wake = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!out.answered_->wake) return fail_errno("eventfd");
    for (const auto& [name, channel] : channels) {
        auto one = std::make_shared<One>();
        one->channel = channel;
        out.channels_[name] = one;
        // lint: allow banned: deliveries block for seconds, and a dead channel may not delay another
        std::thread([one, work, answered = out.answered_] { run(one, work, answered); }).detach();
    }
    return out;
}

void Channels::run(const std::shared_ptr<One>& one, const Work& work, const std::shared_ptr<Answered>& answered) {
    while (true) {
        std::optional<control::Deliver> what;
        std::uint64_t conversation = 0;
        {
            std::unique_lock lock(one->mutex);
            one->given.wait(lock, [&] { return one->next.has_value(); });
            what = std::exchange(one->next, std::nullopt);
            conversation = one->conversation;
        }
        const auto outcome = work(one->channel, *what);
        answered->add(conversation, {what->number, what->channel, what->kind, outcome.arrived, printable(outcome.why, 400)});
    }
}

void Channels::begin_conversation() {
    {
        const std::lock_guard lock(answered_->mutex);
        ++answered_->conversation;
        answered_->list.clear();
    }
    for (auto& [name, one] : channels_) {
        const std::lock_guard lock(one->mutex);
        one->next.reset();
    }
}

void Channels::give(control::Deliver what) {
    std::uint64_t conversation = 0;
    {
        const std::lock_guard lock(answered_->mutex);
        conversation = answered_->conversation;
    }
    const auto found = channels_.find(what.channel);
    if (found == channels_.end()) return answered_->add(conversation, {what.number, what.channel, what.kind, false, "no such channel"});
    {
        const std::lock_guard lock(found->second->mutex);
        found->second->conversation = conversation;
        found->second->next = std::move(what);
    }
    found->second->given.notify_one();
}

std::vector<control::Delivered> Channels::answers() {
    const std::lock_guard lock(answered_->mutex);
    std::uint64_t count = 0;
    (void)!::read(answered_->wake.get(), &count, sizeof count);
    return std::exchange(answered_->list, {});
}

}  // namespace anteroom::courier
