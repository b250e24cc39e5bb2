// Passwords: right ones open, nothing else does, and every no costs the same work.
#include "broker/identity/password.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

using namespace anteroom;
using namespace anteroom::identity;

namespace {

const PasswordCost quick{.memory_kib = 64, .passes = 1, .lanes = 1};
Secret secret(std::string_view text) { return Secret::copy_of(text); }
bool allowed(std::string_view password, std::string_view name = "dana") { return check_password_rules(secret(password), name).has_value(); }

}  // namespace

TEST(Password, IsVerifiedAgainstItsHashAndNoOther) {
    auto encoded = hash_password(secret("correct horse battery"), quick).value();
    EXPECT_TRUE(encoded.starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << encoded;
    EXPECT_TRUE(verify_password(encoded, secret("correct horse battery")));
    EXPECT_FALSE(verify_password(encoded, secret("correct horse batterz")));
    EXPECT_FALSE(verify_password(encoded, secret("")));
    EXPECT_FALSE(verify_password(encoded, secret(std::string_view("correct horse battery\0", 22))));
    EXPECT_NE(encoded, hash_password(secret("correct horse battery"), quick).value()) << "the salt is fresh each time";
}

TEST(Password, VerifiesAKnownVector) {
    // argon2 0~20171227: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 (test.c of the reference implementation).
    EXPECT_TRUE(verify_password("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", secret("password")));
}

TEST(Password, OfNobodyIsNeverRight) {
    EXPECT_FALSE(verify_password(std::nullopt, secret("anything at all")));
    EXPECT_FALSE(verify_password(std::nullopt, secret("")));
    EXPECT_FALSE(verify_password("", secret("")));
    EXPECT_FALSE(verify_password("*", secret("*")));
    EXPECT_FALSE(verify_password("$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", secret("password")));
    EXPECT_FALSE(verify_password("$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA", secret("password")));
}

TEST(Password, TakesAsLongForAStrangerAsForAPerson) {
    auto encoded = hash_password(secret("correct horse battery")).value();
    // Of the processor's time, which other programs do not lengthen: its one lane runs in this thread.
    const auto spent = [] {
        timespec now{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    };
    const auto cost = [&](const std::optional<std::string>& stored, const Secret& typed) {
        const auto begin = spent();
        EXPECT_FALSE(verify_password(stored, typed));
        return spent() - begin;
    };
    const Secret wrong = secret("wrong password"), long_one = secret(std::string(65536, 'a'));
    double person = 1e9, stranger = 1e9, endless = 1e9;  // the least of each; in turn, so that what slows one slows all
    for (int i = 0; i < 9; ++i) {
        person = std::min(person, cost(encoded, wrong));
        stranger = std::min(stranger, cost(std::nullopt, wrong));
        endless = std::min(endless, cost(encoded, long_one));
    }
    EXPECT_LT(stranger, person * 2.0);
    EXPECT_GT(stranger, person * 0.5);
    EXPECT_LT(endless, person * 2.0);
    EXPECT_GT(endless, person * 0.5);
}

TEST(Password, IsHashedAnewWhenTheCostChanges) {
    auto encoded = hash_password(secret("correct horse battery"), quick).value();
    EXPECT_FALSE(needs_rehash(encoded, quick));
    EXPECT_TRUE(needs_rehash(encoded));
    EXPECT_TRUE(needs_rehash("nonsense"));
}

TEST(PasswordRules, AskForTenCharacters) {
    EXPECT_TRUE(allowed("0123456789"));
    EXPECT_FALSE(allowed("012345678"));
    EXPECT_TRUE(allowed("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"));
    EXPECT_FALSE(allowed("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9")) << "twelve bytes are six characters";
}

TEST(PasswordRules, EndAt256Bytes) {
    EXPECT_TRUE(allowed(std::string(256, 'x')));
    EXPECT_FALSE(allowed(std::string(257, 'x')));
    EXPECT_FALSE(hash_password(secret(std::string(257, 'x')), quick));
}

TEST(PasswordRules, RefuseTheNameInAnyCase) {
    EXPECT_FALSE(allowed("my-DaNa-12345"));
    EXPECT_TRUE(allowed("my-dan-123456"));
    EXPECT_TRUE(allowed("alabaster rock", "al")) << "two letters are in many words";
}

TEST(PasswordRules, RefuseControlCharacters) {
    EXPECT_FALSE(allowed("0123456789\n"));
    EXPECT_FALSE(
        allowed(std::string_view("01234\0"
                                 "56789",
                                 11)));
}
