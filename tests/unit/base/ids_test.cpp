// The grammar of names and ids, over every byte; ids of different things are different types.
#include "base/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <unordered_map>

#include "tests/unit/base/seeds.h"

namespace anteroom {
namespace {

static_assert(!std::is_convertible_v<PersonId, TargetId> && !std::is_constructible_v<TargetId, PersonId>);
static_assert(!std::is_convertible_v<std::string, PersonId>);

TEST(Names, AreMadeOfTheirAlphabetAtEveryPositionAndOfNothingElse) {
    constexpr std::string_view name_letters = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    for (int byte = 0; byte < 256; ++byte) {
        const std::string one(1, static_cast<char>(byte));
        const bool member = name_letters.find(one) != std::string_view::npos;
        EXPECT_EQ(is_name("a" + one), member) << byte;
        EXPECT_EQ(is_name("a" + one + "z"), member) << byte;
        EXPECT_EQ(is_name(one + "z"), member && one != "." && one != "-") << byte;
        const bool account = member || (byte >= 'A' && byte <= 'Z') || byte == '$' || byte == '\\';
        EXPECT_EQ(is_account_name("a" + one), account) << byte;
        EXPECT_EQ(is_account_name("a" + one + "z"), account) << byte;
    }
}

TEST(Names, HaveOneTo64Letters) {
    EXPECT_FALSE(is_name(""));
    EXPECT_TRUE(is_name("a"));
    EXPECT_TRUE(is_name(std::string(64, 'a')));
    EXPECT_FALSE(is_name(std::string(65, 'a')));
    EXPECT_FALSE(is_name(std::string(65536, 'a')));
    EXPECT_FALSE(is_account_name(""));
    EXPECT_TRUE(is_account_name(std::string(64, 'A')));
    EXPECT_FALSE(is_account_name(std::string(65, 'A')));
}

TEST(Names, AreNoPathsOptionsOrUserNamesInDisguise) {
    for (const char* text : {"..", ".", "../x", "a/b", "a\\b", "-oProxyCommand=x", "-", "a b", "a\nb", "a'b", "a\"b", "a+b", "a:b", "a@b", "a%b", "a*", "Alice",
                             "\xc3\xa9", "a\x1b[0m"})
        EXPECT_FALSE(is_name(text)) << text;
    for (const char* text : {"-l", "a/b", "../x", "a b", "a\nb", "a@b", "a:b", "a;b", "a'b", "a%b", "\xc3\xa9"}) EXPECT_FALSE(is_account_name(text)) << text;
    for (const char* text : {".", "..", "..."}) EXPECT_FALSE(is_account_name(text)) << text;
    for (const char* text : {".svc", "svc.", "..svc", "a.b"}) EXPECT_TRUE(is_account_name(text)) << text;
    EXPECT_EQ(AccountId::parse("..").error().detail, "not a valid account name");
    EXPECT_FALSE(is_name(std::string_view("a\0b", 3)));
    EXPECT_FALSE(is_account_name(std::string_view("a\0b", 3)));
    EXPECT_TRUE(is_account_name("CORP\\svc-pacs$"));
}

TEST(Ids, AreParsedOrRefusedWithTheirName) {
    EXPECT_EQ(PersonId::parse("alice").value().str(), "alice");
    const auto wrong = PersonId::parse("Alice");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::invalid);
    EXPECT_EQ(wrong.error().detail, "not a valid person name");
    EXPECT_EQ(SessionId::parse("alice").error().detail, "not a valid session id");
    EXPECT_TRUE(PersonId().empty());
}

TEST(Ids, AreOrderedAndHashedByTheirText) {
    EXPECT_LT(PersonId("alice"), PersonId("dana"));
    std::unordered_map<PersonId, int> map;
    map[PersonId("alice")] = 1;
    EXPECT_EQ(map.count(PersonId("alice")), 1u);
    EXPECT_EQ(map.count(PersonId("dana")), 0u);
}

TEST(RandomIds, AreValidAndNeverTheSame) {
    std::set<std::string> seen;
    std::array<std::set<char>, 16> letters;
    for (int i = 0; i < 20000; ++i) {
        const auto id = random_id();
        ASSERT_TRUE(is_random_id(id)) << id;
        ASSERT_TRUE(SessionId::parse(id));
        ASSERT_TRUE(seen.insert(id).second);
        for (std::size_t at = 0; at < 16; ++at) letters[at].insert(id[at]);
    }
    for (const auto& one : letters) EXPECT_EQ(one.size(), 32u) << "five bits of every letter are random";
}

TEST(RandomIds, AreNothingElse) {
    for (const char* text : {"", "0123456789abcde", "0123456789abcdefg", "0123456789ABCDEF", "0123456789abcdei", "0123456789abcdel", "0123456789abcdeo",
                             "0123456789abcdeu", "../../../../../etc", "0123456789abcde\n"})
        EXPECT_FALSE(is_random_id(text)) << text;
    EXPECT_TRUE(is_random_id("0123456789abcdef"));
}

}  // namespace
}  // namespace anteroom
