// TRY and Result: what is unwrapped, what is handed on, what stops.
#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <vector>

namespace anteroom {
namespace {

Result<int> number(bool good) {
    if (!good) return fail(ErrorKind::damaged, "no number");
    return 7;
}
Status step(bool good) { return good ? ok() : Status(fail(ErrorKind::timeout, "no step")); }
Result<std::unique_ptr<int>> owner(bool good) {
    if (!good) return fail(ErrorKind::refused, "no owner");
    return std::make_unique<int>(5);
}

TEST(Try, UnwrapsAValueAndHandsAnErrorOnAsItIs) {
    bool reached = false;
    const auto twice = [&](bool good) -> Result<int> {
        const int value = TRY(number(good));
        reached = true;
        return 2 * value;
    };
    EXPECT_EQ(twice(true).value(), 14);
    EXPECT_TRUE(reached);
    reached = false;
    const auto failed = twice(false);
    ASSERT_FALSE(failed);
    EXPECT_FALSE(reached);
    EXPECT_EQ(failed.error().kind, ErrorKind::damaged);
    EXPECT_EQ(failed.error().detail, "no number");
}

TEST(Try, CarriesAnErrorThroughResultsOfOtherTypes) {
    const auto through = [](bool first, bool second) -> Result<std::string> {
        TRY(step(first));
        const auto value = TRY(number(second));
        return std::string(static_cast<std::size_t>(value), 'x');
    };
    EXPECT_EQ(through(true, true).value(), "xxxxxxx");
    EXPECT_EQ(through(false, true).error().kind, ErrorKind::timeout);
    EXPECT_EQ(through(true, false).error().kind, ErrorKind::damaged);
    const auto outer = [&]() -> Status {
        (void)TRY(through(true, false));
        return ok();
    };
    EXPECT_EQ(outer().error().detail, "no number");
}

TEST(Try, MovesWhatCannotBeCopied) {
    const auto take = [](bool good) -> Result<std::unique_ptr<int>> {
        auto one = TRY(owner(good));
        ++*one;
        return one;
    };
    EXPECT_EQ(*take(true).value(), 6);
    EXPECT_EQ(take(false).error().kind, ErrorKind::refused);
}

TEST(Try, WorksInsideAnExpressionWithCommasAndMoreThanOnceInAStatement) {
    const auto pair = [](int a, int b) -> Result<std::pair<int, int>> { return std::pair<int, int>{a, b}; };
    const auto sum = [&]() -> Result<int> { return TRY(pair(1, 2)).second + TRY(number(true)) + TRY(number(true)); };
    EXPECT_EQ(sum().value(), 16);
}

TEST(Try, StopsALoopAtTheFirstError) {
    int done = 0;
    const auto all = [&]() -> Status {
        for (const bool good : {true, true, false, true}) {
            TRY(step(good));
            ++done;
        }
        return ok();
    };
    EXPECT_FALSE(all());
    EXPECT_EQ(done, 2);
}

TEST(FailErrno, NamesTheCallAndReadsErrnoAtOnce) {
    errno = ENOSPC;
    const Status failed = fail_errno("fsync of a recording");
    EXPECT_EQ(failed.error().kind, ErrorKind::io);
    EXPECT_EQ(failed.error().detail, "fsync of a recording: No space left on device");
}

}  // namespace
}  // namespace anteroom
