// The examples of RFC 4251 section 5, and what is no such thing.
#include "broker/identity/ssh_wire.h"

#include <gtest/gtest.h>

using namespace anteroom;
using namespace anteroom::identity;

namespace {

Bytes raw(std::string_view text) { return from_hex(text).value(); }
bool number_is_taken(std::string_view text) {
    auto bytes = raw(text);
    return SshReader(bytes).mpint(64).has_value();
}

}  // namespace

TEST(SshWire, WritesAndReadsTheNumbersOfRfc4251) {
    const std::pair<const char*, const char*> rows[] = {{"", "00000000"}, {"09a378f9b2e332a7", "0000000809a378f9b2e332a7"}, {"80", "000000020080"}};
    for (const auto& [magnitude, wire] : rows) {
        SshWriter writer;
        writer.mpint(raw(magnitude));
        auto bytes = writer.take();
        EXPECT_EQ(hex(bytes), wire);
        EXPECT_EQ(hex(SshReader(bytes).mpint(64).value()), magnitude);
    }
}

TEST(SshWire, RefusesNumbersThatAreNegativeOrPadded) {
    EXPECT_FALSE(number_is_taken("00000002edcc"));
    EXPECT_FALSE(number_is_taken("0000000100"));
    EXPECT_FALSE(number_is_taken("000000020001"));
    EXPECT_FALSE(number_is_taken("00000041" + std::string(130, '1')));
    EXPECT_TRUE(number_is_taken("0000000101"));
}

TEST(SshWire, NeverReadsPastItsInput) {
    auto bytes = raw("0000000774657374696e67");
    EXPECT_EQ(to_string(SshReader(bytes).string().value()), "testing");
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(SshReader(View(bytes).first(size)).string()) << size;
    auto huge = raw("ffffffff00");
    EXPECT_FALSE(SshReader(huge).string());
    EXPECT_FALSE(SshReader(bytes).finished());
}

TEST(SshWire, TakesOnlyZeroAndOneForABoolean) {
    auto bytes = raw("0001ff");
    SshReader reader(bytes);
    EXPECT_FALSE(reader.boolean().value());
    EXPECT_TRUE(reader.boolean().value());
    EXPECT_FALSE(reader.boolean());
}
