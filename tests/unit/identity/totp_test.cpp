// One-time codes: the vectors of RFC 6238 appendix B, the window of one step, and each step once.
#include "broker/identity/totp.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

using namespace anteroom;
using namespace anteroom::identity;

namespace {

Time at(std::int64_t seconds) { return from_micros(seconds * 1'000'000); }
Secret rfc_secret() { return Secret::copy_of("12345678901234567890"); }

class Ledger final : public StepLedger {
public:
    bool consume(const PersonId& person, std::int64_t step) override {
        std::lock_guard lock(mutex_);
        return used_.emplace(person, step).second;
    }

private:
    std::mutex mutex_;
    std::set<std::pair<PersonId, std::int64_t>> used_;
};

}  // namespace

TEST(Totp, GivesTheCodesOfRfc6238AppendixB) {
    // The appendix prints eight digits; six are their end.
    const std::pair<std::int64_t, const char*> rows[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                                                         {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    for (const auto& [when, code] : rows) {
        EXPECT_EQ(totp_generate(rfc_secret(), at(when)).value(), code);
        EXPECT_EQ(totp_check(rfc_secret(), code, at(when)), when / 30);
    }
}

TEST(Totp, AcceptsOneStepEitherSideAndNoMore) {
    auto code = totp_generate(rfc_secret(), at(1111111111)).value();
    auto step = 1111111111 / 30;
    auto begin = step * 30;
    EXPECT_EQ(totp_check(rfc_secret(), code, at(begin - 30)), step);
    EXPECT_EQ(totp_check(rfc_secret(), code, at(begin + 59)), step);
    EXPECT_EQ(totp_check(rfc_secret(), code, at(begin - 31)), std::nullopt);
    EXPECT_EQ(totp_check(rfc_secret(), code, at(begin + 60)), std::nullopt);
}

TEST(Totp, PassesOverSpacesButTakesNothingElse) {
    EXPECT_TRUE(totp_check(rfc_secret(), "287 082", at(59)));
    EXPECT_TRUE(totp_check(rfc_secret(), " 287082 ", at(59)));
    std::string nul("287082\0", 7);
    for (std::string_view bad :
         {std::string_view(""), std::string_view("28708"), std::string_view("2870822"), std::string_view("287-082"), std::string_view("28708a"),
          std::string_view("------"), std::string_view(nul), std::string_view("94287082"), std::string_view("287\t082")})
        EXPECT_FALSE(totp_check(rfc_secret(), bad, at(59)));
    EXPECT_FALSE(totp_check(rfc_secret(), std::string(64 * 1024, '1'), at(59)));
    EXPECT_FALSE(totp_check(rfc_secret(), "287082" + std::string(40, ' '), at(59)));
}

TEST(Totp, WorksAtTheEpoch) { EXPECT_TRUE(totp_check(rfc_secret(), totp_generate(rfc_secret(), at(0)).value(), at(0))); }

TEST(Totp, AcceptsACodeOnceAndSaysWhenTheNextComes) {
    Ledger ledger;
    auto first = check_code(PersonId("dana"), rfc_secret(), "287082", at(43), ledger);
    EXPECT_EQ(first.kind, CodeVerdict::Kind::accepted);
    EXPECT_EQ(first.step, 1);
    auto again = check_code(PersonId("dana"), rfc_secret(), "287082", at(43), ledger);
    EXPECT_EQ(again.kind, CodeVerdict::Kind::used);
    EXPECT_EQ(again.until_next, std::chrono::seconds(17));
    // Typed late: the next code is on the screen already.
    EXPECT_EQ(check_code(PersonId("dana"), rfc_secret(), "287082", at(70), ledger).until_next, std::chrono::seconds(0));
    // Typed on a clock that runs ahead.
    EXPECT_EQ(check_code(PersonId("dana"), rfc_secret(), "287082", at(20), ledger).until_next, std::chrono::seconds(40));
    EXPECT_EQ(check_code(PersonId("dana"), rfc_secret(), "000000", at(43), ledger).kind, CodeVerdict::Kind::wrong);
    EXPECT_EQ(check_code(PersonId("ruth"), rfc_secret(), "287082", at(43), ledger).kind, CodeVerdict::Kind::accepted);
}

TEST(Totp, AcceptsExactlyOneOfAHundredInParallel) {
    Ledger ledger;
    std::atomic<int> accepted = 0, used = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 100; ++i)
        threads.emplace_back([&] {
            auto verdict = check_code(PersonId("dana"), rfc_secret(), "287082", at(59), ledger);
            ++(verdict.kind == CodeVerdict::Kind::accepted ? accepted : used);
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(accepted, 1);
    EXPECT_EQ(used, 99);
}

TEST(Totp, NeverAcceptsTheDummysCode) { EXPECT_EQ(check_dummy_code("287082", at(59)).kind, CodeVerdict::Kind::wrong); }

TEST(Totp, CountsTheSecondsToTheNextStep) {
    EXPECT_EQ(totp_until_next(at(43)), std::chrono::seconds(17));
    EXPECT_EQ(totp_until_next(at(60)), std::chrono::seconds(30));
}

TEST(Totp, WritesAUriThatAuthenticatorsRead) {
    auto uri = otpauth_uri("St. Mary's", PersonId("dana"), rfc_secret());
    EXPECT_EQ(uri.expose_text(),
              "otpauth://totp/St.%20Mary%27s:dana?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=St.%20Mary%27s&algorithm=SHA1&digits=6&period=30");
    EXPECT_EQ(totp_new_secret().size(), 20u);
}
