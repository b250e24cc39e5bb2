// A client's word for its screen: what is sound stays, and nothing makes a worker take more memory than it can have.
#include "proxies/rdp/screen_size.h"

#include <gtest/gtest.h>

namespace anteroom::rdp {
namespace {

TEST(ScreenSize, LeavesWhatPeopleHave) {
    for (const Size size : {Size{200, 200}, Size{1024, 768}, Size{3840, 2160}, Size{7680, 2160}, Size{2160, 7680}, Size{7680, 4320}})
        EXPECT_EQ(fitting(size), size);
}

TEST(ScreenSize, MakesLargeOnesSmallerAndTinyOnesLarger) {
    EXPECT_EQ(fitting({9000, 9000}), (Size{8192, 4050}));
    EXPECT_EQ(fitting({11520, 2160}), (Size{8192, 2160}));
    EXPECT_EQ(fitting({0, 768}), (Size{200, 768}));
    for (const std::uint32_t width : {0u, 1u, 199u, 4321u, 8191u, 8192u, 65535u})
        for (const std::uint32_t height : {0u, 1u, 199u, 4321u, 8191u, 8192u, 65535u}) {
            const auto size = fitting({width, height});
            EXPECT_LE(size.width * size.height, most_pixels);
            EXPECT_GE(std::min(size.width, size.height), narrowest_screen);
            EXPECT_LE(std::max(size.width, size.height), recorder::widest_screen);
        }
}

}  // namespace
}  // namespace anteroom::rdp
