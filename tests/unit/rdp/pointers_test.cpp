// The pointer of a target and what its client is told of it: never a number that the client does not know, and no more than the last.
#include "proxies/rdp/pointers.h"

#include <gtest/gtest.h>

namespace anteroom::rdp {
namespace {

using Kind = Pointers::Order::Kind;

struct PointersTest : ::testing::Test {
    Pointers pointers;
    static Pointers::Shape arrow(std::uint32_t width = 32) {
        return {.bpp = 32, .width = width, .height = 32, .xor_mask = Bytes(std::size_t{width} * 32 * 4), .and_mask = Bytes(128), .seen = Bytes(1)};
    }
    void is_told(Kind kind, std::uint32_t index = 0) {
        const auto order = pointers.take();
        ASSERT_TRUE(order);
        EXPECT_EQ(order->kind, kind);
        EXPECT_EQ(order->index, index);
        EXPECT_EQ(order->shape != nullptr, kind == Kind::shape);
    }
};

TEST_F(PointersTest, SendsAShapeOnceAndThenItsNumber) {
    EXPECT_NE(pointers.shape(3, arrow()), nullptr);
    is_told(Kind::shape, 3);
    EXPECT_FALSE(pointers.take()) << "nothing new";
    pointers.standard(true);
    is_told(Kind::hidden);
    EXPECT_NE(pointers.cached(3), nullptr);
    is_told(Kind::cached, 3);
}

TEST_F(PointersTest, SendsWhatCameWhileTheClientCouldNotBeSentAnything) {
    (void)pointers.shape(3, arrow());
    (void)pointers.shape(4, arrow());
    is_told(Kind::shape, 4);
    (void)pointers.cached(3);
    is_told(Kind::shape, 3);
    (void)pointers.cached(4);
    is_told(Kind::cached, 4);
}

TEST_F(PointersTest, KeepsOnlyTheLastForAClientThatStalls) {
    for (int i = 0; i < 1000; ++i) (void)pointers.shape(static_cast<std::uint32_t>(i) % 7, arrow());
    is_told(Kind::shape, 999 % 7);
    EXPECT_FALSE(pointers.take());
}

TEST_F(PointersTest, SendsAnotherShapeOfTheSameNumber) {
    (void)pointers.shape(3, arrow());
    is_told(Kind::shape, 3);
    (void)pointers.shape(3, arrow(16));
    EXPECT_EQ(pointers.cached(3)->width, 16u);
    is_told(Kind::shape, 3);
}

TEST_F(PointersTest, SendsAgainWhatTheClientMayHaveForgotten) {
    (void)pointers.shape(3, arrow());
    is_told(Kind::shape, 3);
    pointers.forget_sent();
    is_told(Kind::shape, 3);
    (void)pointers.cached(3);
    is_told(Kind::cached, 3);
}

TEST_F(PointersTest, ShowsTheStandardOneForWhatCannotBePassedOn) {
    (void)pointers.shape(3, arrow());
    is_told(Kind::shape, 3);
    EXPECT_EQ(pointers.shape(3, arrow(Pointers::widest + 1)), nullptr);
    is_told(Kind::standard);
    EXPECT_EQ(pointers.cached(3), nullptr) << "the shape before that is not what is meant";
    is_told(Kind::standard);
    EXPECT_EQ(pointers.shape(Pointers::most, arrow()), nullptr);
    EXPECT_EQ(pointers.cached(Pointers::most), nullptr);
    EXPECT_EQ(pointers.cached(UINT32_MAX), nullptr);
    EXPECT_EQ(pointers.cached(5), nullptr) << "never sent by the target";
    is_told(Kind::standard);
}

}  // namespace
}  // namespace anteroom::rdp
