// User names: three forms, two separators, and no hostile text that comes through or back.
#include "broker/identity/user_name.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/bytes.h"

using namespace anteroom;
using namespace anteroom::identity;

TEST(UserName, HasAPersonATargetAndAnAccount) {
    auto alone = parse_user_name("dana").value();
    EXPECT_EQ(alone.person.str(), "dana");
    EXPECT_FALSE(alone.target);
    auto two = parse_user_name("dana+mri-3").value();
    EXPECT_EQ(two.target->str(), "mri-3");
    EXPECT_FALSE(two.account);
    auto three = parse_user_name("dana+mri-3+service").value();
    EXPECT_EQ(three.account->str(), "service");
}

TEST(UserName, TakesAColonForAPlus) {
    for (const char* text : {"dana:mri-3:service", "dana+mri-3:service", "dana:mri-3+service"}) {
        auto name = parse_user_name(text).value();
        EXPECT_EQ(name.target->str(), "mri-3");
        EXPECT_EQ(name.account->str(), "service");
    }
}

TEST(UserName, LetsAnAccountBeOfAWindowsDomain) { EXPECT_EQ(parse_user_name("dana+pacs+HOSP\\svc$").value().account->str(), "HOSP\\svc$"); }

TEST(UserName, IsRefusedWhenItIsHostile) {
    const std::string hostile[] = {"",
                                   "+",
                                   "dana+",
                                   "+mri-3",
                                   "dana++root",
                                   "dana+mri-3+",
                                   "dana+mri-3+root+more",
                                   "../etc",
                                   "dana+../../etc/passwd",
                                   "dana+mri-3+../x",
                                   "da\"na",
                                   "dana'--",
                                   "dana+mri'3",
                                   "dana\n",
                                   "dana+mri\r\n3",
                                   std::string("dana\0root", 9),
                                   std::string("dana\0", 5),
                                   "Dana",
                                   "dana mri",
                                   "dana@mri",
                                   "dana/mri",
                                   "-oProxyCommand=x",
                                   "dana+mri-3+-x",
                                   "\x1b[2J",
                                   std::string("\xe2\x80\xae") + "dana",
                                   "\xff\xfe",
                                   std::string(64 * 1024, 'a'),
                                   std::string(65, 'a'),
                                   "dana+" + std::string(64 * 1024, '+'),
                                   "dana+HOSP\\x"};
    for (const auto& text : hostile) {
        auto name = parse_user_name(text);
        ASSERT_FALSE(name) << printable(text);
        EXPECT_EQ(name.error().detail, "That user name cannot be: please use PERSON, PERSON+TARGET or PERSON+TARGET+ACCOUNT.");
    }
}

TEST(UserName, OfRandomBytesIsRefusedOrExactlyWhatWasTyped) {
    std::mt19937 dice(1);
    const std::string alphabet = std::string("ab1+:-_.\\$/'\"\n \xff", 16) + '\0';
    for (int seed = 0; seed < 20000; ++seed) {
        std::string text;
        for (auto size = dice() % 12; text.size() < size;) text += alphabet[dice() % alphabet.size()];
        auto name = parse_user_name(text);
        if (!name) continue;
        auto again = name->person.str() + (name->target ? "+" + name->target->str() : "") + (name->account ? "+" + name->account->str() : "");
        std::ranges::replace(text, ':', '+');
        EXPECT_EQ(again, text);
    }
}
