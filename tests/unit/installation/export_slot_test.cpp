// The queue before exports to video.
#include "broker/installation/export_slot.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/installation/scene.h"

namespace anteroom::installation {
namespace {

using anteroom::testing::must;

TEST(ExportSlot, SoManyRunAtOnceAndTheOthersWait) {
    char folder[] = "/tmp/slots-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    std::vector<Fd> held;
    const auto never = [] { FAIL() << "nothing to wait for"; };
    constexpr int at_once = 3;
    for (int i = 0; i < at_once; ++i) held.push_back(must(take_export_slot(folder, at_once, never, [] { return Status(fail(ErrorKind::timeout, "")); })));
    EXPECT_FALSE(must(try_export_slot(folder, at_once))) << "who does not wait is told so";
    int told = 0, pauses = 0;
    const auto late = take_export_slot(
        folder, at_once, [&] { ++told; },
        [&]() -> Status {
            if (++pauses == 3) held.pop_back();
            return pauses > 5 ? Status(fail(ErrorKind::timeout, "")) : ok();
        });
    EXPECT_TRUE(late);
    EXPECT_EQ(told, 1);
    EXPECT_EQ(pauses, 3);
    for (int i = 0; i < at_once; ++i) ::unlink((std::string(folder) + "/export-" + std::to_string(i) + ".lock").c_str());
    ::rmdir(folder);
}

}  // namespace
}  // namespace anteroom::installation
