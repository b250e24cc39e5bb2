// The pool is fair between lanes, bounded, and stops cleanly.
#include "broker/identity/work_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>

using anteroom::identity::WorkPool;

TEST(WorkPool, RunsWhatItAccepts) {
    std::atomic<int> ran = 0;
    std::latch all(50);
    WorkPool pool({.threads = 2, .per_lane = 100, .total = 100});
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(pool.submit("a", [&] {
            ++ran;
            all.count_down();
        }));
    all.wait();
    EXPECT_EQ(ran, 50);
    EXPECT_EQ(pool.waiting(), 0u);
}

TEST(WorkPool, LetsAFloodOfOneSourceDelayAnotherByNoMoreThanItsThreads) {
    constexpr std::size_t threads = 2;
    std::promise<void> gate, done;
    auto open = gate.get_future().share(), served = done.get_future().share();
    std::atomic<int> flood_started = 0;
    std::promise<int> other_saw;
    WorkPool pool({.threads = threads, .per_lane = 1000, .total = 2000});
    for (std::size_t i = 0; i < threads; ++i) ASSERT_TRUE(pool.submit("flood", [open] { open.wait(); }));
    while (pool.waiting() > 0) std::this_thread::yield();
    for (int i = 0; i < 1000; ++i)
        ASSERT_TRUE(pool.submit("flood", [&, served] {
            ++flood_started;
            served.wait();  // each that has begun keeps its thread
        }));
    ASSERT_TRUE(pool.submit("clinic", [&] { other_saw.set_value(flood_started); }));
    gate.set_value();
    auto saw = other_saw.get_future();
    const bool came = saw.wait_for(std::chrono::seconds(60)) == std::future_status::ready;  // an unfair pool has all its threads in the flood
    done.set_value();
    ASSERT_TRUE(came);
    EXPECT_LT(saw.get(), static_cast<int>(threads));
}

TEST(WorkPool, TakesTheLanesInTurn) {
    std::promise<void> gate;
    auto open = gate.get_future().share();
    std::string order;
    std::latch all(9);
    WorkPool pool({.threads = 1, .per_lane = 10, .total = 100});
    ASSERT_TRUE(pool.submit("first", [open] { open.wait(); }));
    while (pool.waiting() > 0) std::this_thread::yield();
    for (const char* lane : {"a", "a", "a", "a", "a", "b", "b", "b", "c"})
        ASSERT_TRUE(pool.submit(lane, [&, lane] {
            order += lane;
            all.count_down();
        }));
    gate.set_value();
    all.wait();
    EXPECT_EQ(order, "abcababaa");
}

TEST(WorkPool, SaysBusyAtOnceWhenALaneOrThePoolIsFull) {
    std::promise<void> gate;
    auto open = gate.get_future().share();
    WorkPool pool({.threads = 1, .per_lane = 2, .total = 3});
    ASSERT_TRUE(pool.submit("a", [open] { open.wait(); }));
    while (pool.waiting() > 0) std::this_thread::yield();
    EXPECT_TRUE(pool.submit("a", [] {}));
    EXPECT_TRUE(pool.submit("a", [] {}));
    EXPECT_FALSE(pool.submit("a", [] {})) << "the lane is full";
    EXPECT_TRUE(pool.submit("b", [] {}));
    EXPECT_FALSE(pool.submit("c", [] {})) << "the pool is full";
    gate.set_value();
}

TEST(WorkPool, StopsWithJobsWaitingAndTakesNoMore) {
    std::promise<void> gate, begun;
    auto open = gate.get_future().share();
    std::atomic<int> ran = 0;
    WorkPool pool({.threads = 1, .per_lane = 100, .total = 100});
    ASSERT_TRUE(pool.submit("a", [&, open] {
        begun.set_value();
        open.wait();
        ++ran;
    }));
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(pool.submit("a", [&] { ++ran; }));
    begun.get_future().wait();
    std::thread stopper([&] { pool.stop(); });
    while (pool.waiting() > 0) std::this_thread::yield();
    gate.set_value();
    stopper.join();
    EXPECT_EQ(ran, 1);
    EXPECT_FALSE(pool.submit("a", [] {}));
    pool.stop();
}

TEST(WorkPool, SurvivesAJobThatThrows) {
    std::promise<void> after;
    WorkPool pool({.threads = 1});
    ASSERT_TRUE(pool.submit("a", [] { throw std::runtime_error("a bug"); }));
    ASSERT_TRUE(pool.submit("a", [&] { after.set_value(); }));
    after.get_future().wait();
}
