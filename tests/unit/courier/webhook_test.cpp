// The signature of a web hook, against a value computed elsewhere (Python's hmac).
#include "broker/courier/webhook.h"

#include <gtest/gtest.h>

namespace anteroom::courier {
namespace {

const Time then = *parse_rfc3339("2026-01-02T08:24:05Z");

TEST(Signature, IsTheHmacOfTimeDotBody) {
    EXPECT_EQ(signature_header(Secret::copy_of("whsec-key"), then, R"({"event":"test"})"),
              "Anteroom-Signature: t=1767342245,v1=481e03758ae3d844149e060b4a3684a166a3bc0d4c7a1c0959618c2b0b5157af");
}

TEST(Signature, ChangesWithTheTimeTheBodyAndTheKey) {
    const auto first = signature_header(Secret::copy_of("k"), then, "a");
    EXPECT_EQ(first, signature_header(Secret::copy_of("k"), then, "a"));
    EXPECT_NE(first.substr(first.find("v1=")), signature_header(Secret::copy_of("k"), then + std::chrono::seconds(1), "a").substr(first.find("v1=")));
    EXPECT_NE(first, signature_header(Secret::copy_of("k"), then, "b"));
    EXPECT_NE(first, signature_header(Secret::copy_of("l"), then, "a"));
}

TEST(Call, ToAnotherProtocolIsNotMade) {
    for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "smtp://127.0.0.1/x", "https://", ""}) {
        const auto outcome = post({url, "{}", {}, ""});
        EXPECT_FALSE(outcome.arrived) << url;
        EXPECT_FALSE(outcome.why.empty()) << url;
    }
}

TEST(Call, ToNobodySaysSo) {
    const auto outcome = post({"http://127.0.0.1:1/", "{}", {}, ""});  // port 1: nobody listens
    EXPECT_FALSE(outcome.arrived);
    EXPECT_NE(outcome.why.find("onnect"), std::string::npos) << outcome.why;
}

}  // namespace
}  // namespace anteroom::courier
