// The queue that typed lines stand in: what comes out, and that nothing of what was taken stays in its memory.
#include "proxies/ssh/wiped_bytes.h"

#include <gtest/gtest.h>

#include "tests/unit/base/seeds.h"

namespace anteroom::ssh {
namespace {

TEST(WipedBytes, GivesBackWhatWasAppendedInItsOrder) {
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        SCOPED_TRACE(seed);
        anteroom::testing::Seeded random(seed);
        WipedBytes queue;
        std::string expected;
        for (int i = 0; i < 60; ++i) {
            const auto more = random.text(random.below(40));
            const std::size_t away = random.below(30), last = random.below(5);
            queue.append(more);
            expected += more;
            queue.consume(away);
            expected.erase(0, std::min(away, expected.size()));
            queue.drop_last(last);
            expected.resize(expected.size() - std::min(last, expected.size()));
            ASSERT_EQ(queue.text(), expected);
            ASSERT_EQ(queue.empty(), expected.empty());
        }
        EXPECT_EQ(queue.take().expose_text(), expected);
        EXPECT_TRUE(queue.empty());
    }
}

TEST(WipedBytes, LeavesNothingOfWhatWasTaken) {
    WipedBytes queue;
    queue.append("hunter2hunter2");
    const auto* memory = queue.rest().data();
    queue.consume(7);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(memory), 7), std::string_view("\0\0\0\0\0\0\0", 7));
    queue.drop_last(7);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(memory) + 7, 7), std::string_view("\0\0\0\0\0\0\0", 7));
}

}  // namespace
}  // namespace anteroom::ssh
