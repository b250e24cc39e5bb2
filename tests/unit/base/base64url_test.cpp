// Base64url: what it writes it reads, and nothing else.
#include "base/base64url.h"

#include <gtest/gtest.h>

#include "tests/unit/base/seeds.h"

namespace anteroom {
namespace {

using testing::Seeded;

TEST(Base64Url, IsReadStrictly) {
    EXPECT_EQ(base64url(Bytes{0xfb, 0xff, 0xfe, 0x00}), "-__-AA");
    EXPECT_EQ(*from_base64url("-__-AA"), (Bytes{0xfb, 0xff, 0xfe, 0x00}));
    EXPECT_EQ(*from_base64url(""), Bytes());
    for (const char* text : {"+//+AA", "-__-AA==", "-__-A", "-__-AB", "-_ -AA", "-__-AA\n", "ä"}) EXPECT_FALSE(from_base64url(text)) << text;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        Seeded random(seed);
        const auto bytes = random.bytes(random.below(100));
        ASSERT_EQ(*from_base64url(base64url(bytes)), bytes);
    }
}

}  // namespace
}  // namespace anteroom
