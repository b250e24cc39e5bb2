// Channels side by side: one that hangs delays no other, and what belongs to an earlier conversation is not answered in a later one.
#include "broker/courier/channels.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <condition_variable>

namespace anteroom::courier {
namespace {

using installation::AlertChannel;

// Deliveries of the channel "stuck" wait for the gate; the others arrive at once.
struct Gate {
    std::mutex mutex;
    std::condition_variable opened;
    bool open = false;
    int begun = 0;
    void wait() {
        std::unique_lock lock(mutex);
        ++begun;
        opened.notify_all();
        opened.wait(lock, [&] { return open; });
    }
    void release() {
        const std::lock_guard lock(mutex);
        open = true;
        opened.notify_all();
    }
    void until_begun(int count) {
        std::unique_lock lock(mutex);
        opened.wait(lock, [&] { return begun >= count; });
    }
};

class ChannelsAtWork : public ::testing::Test {
protected:
    ChannelsAtWork() {
        std::map<std::string, AlertChannel> named;
        for (const char* name : {"stuck", "good", "bad"}) named[name].name = name;
        auto started = Channels::start(named, [gate = gate](const AlertChannel& channel, const control::Deliver&) -> Outcome {
            if (channel.name == "stuck") gate->wait();
            if (channel.name == "bad") return failed("no\r\nway\x1b[0m");
            return {true, ""};
        });
        if (started) channels.emplace(std::move(*started));
        channels->begin_conversation();
    }
    ~ChannelsAtWork() override { gate->release(); }

    void give(const char* channel, std::int64_t number) { channels->give({number, channel, "alert", "{}"}); }
    control::Delivered next() {
        pollfd fd{channels->fd(), POLLIN, 0};
        EXPECT_EQ(::poll(&fd, 1, 10000), 1) << "an answer";
        auto list = channels->answers();
        EXPECT_EQ(list.size(), 1u);
        return list.empty() ? control::Delivered() : list.front();
    }
    bool silent() {
        pollfd fd{channels->fd(), POLLIN, 0};
        return ::poll(&fd, 1, 0) == 0;
    }

    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    std::optional<Channels> channels;
};

TEST_F(ChannelsAtWork, AStuckOneDelaysNoOther) {
    give("stuck", 1);
    gate->until_begun(1);
    for (std::int64_t number = 2; number < 5; ++number) {
        give("good", number);
        const auto answer = next();
        EXPECT_EQ(answer.channel, "good");
        EXPECT_EQ(answer.number, number);
        EXPECT_TRUE(answer.arrived);
    }
    EXPECT_TRUE(silent());
    gate->release();
    EXPECT_EQ(next().number, 1);
}

TEST_F(ChannelsAtWork, WhyItFailedIsFitForALog) {
    give("bad", 7);
    const auto answer = next();
    EXPECT_FALSE(answer.arrived);
    EXPECT_EQ(answer.why, "no\\x0d\\x0away\\x1b[0m");
}

TEST_F(ChannelsAtWork, AnUnknownOneIsAnsweredAtOnce) {
    give("stranger", 3);
    const auto answer = next();
    EXPECT_FALSE(answer.arrived);
    EXPECT_EQ(answer.why, "no such channel");
}

TEST_F(ChannelsAtWork, AnAnswerOfAnEarlierConversationIsNotTold) {
    give("stuck", 1);
    gate->until_begun(1);
    channels->begin_conversation();
    give("stuck", 1);  // the broker gives it again
    gate->release();
    EXPECT_EQ(next().number, 1);
    give("good", 2);
    EXPECT_EQ(next().number, 2);
    EXPECT_TRUE(silent()) << "one answer, though it was delivered twice";
}

}  // namespace
}  // namespace anteroom::courier
