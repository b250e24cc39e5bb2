// HTTP heads: what is right is read as it was sent; what could be read in two ways is refused, however it was come by.
#include "web/head.h"

#include <gmock/gmock.h>

#include <array>

#include "tests/unit/base/seeds.h"

namespace anteroom::web {
namespace {

using ::testing::HasSubstr;

std::string head_with(std::string_view fields, std::string_view line = "GET / HTTP/1.1") {
    return std::string(line) + "\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}
int status_of(std::string_view raw) {
    const auto head = parse_head(raw);
    return head ? 200 : head.error().status;
}

TEST(Head, IsReadAsItWasSent) {
    const auto head = parse_head("POST /api/x?y=1 HTTP/1.1\r\nHost: h:1\r\nContent-Length: 5\r\nX-A:  b c \t\r\nCookie: a=b; c=d\r\n\r\n").value();
    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/api/x?y=1");
    EXPECT_EQ(head.body, 5u);
    EXPECT_TRUE(head.keep_alive);
    ASSERT_NE(head.field("x-a"), nullptr);
    EXPECT_EQ(*head.field("x-a"), "b c");
    EXPECT_EQ(*head.field("cookie"), "a=b; c=d");
    EXPECT_EQ(head.field("X-A"), nullptr) << "names are in lower case here";
}

TEST(Head, OfAConnectionThatIsToCloseSaysSo) {
    EXPECT_FALSE(parse_head(head_with("Connection: close\r\n")).value().keep_alive);
    EXPECT_TRUE(parse_head(head_with("Connection: keep-alive\r\n")).value().keep_alive);
}

TEST(Head, ListsAreReadWholeAndInAnyCase) {
    const auto head = parse_head(head_with("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n")).value();
    EXPECT_TRUE(head.lists("connection", "upgrade"));
    EXPECT_TRUE(head.lists("upgrade", "websocket"));
    EXPECT_FALSE(head.lists("connection", "up"));
    EXPECT_FALSE(head.lists("nothing", "upgrade"));
}

struct Bad {
    const char *name, *raw;
    int status;
};
class BadHead : public ::testing::TestWithParam<Bad> {};
TEST_P(BadHead, IsRefused) { EXPECT_EQ(status_of(GetParam().raw), GetParam().status); }
INSTANTIATE_TEST_SUITE_P(
    All, BadHead,
    ::testing::Values(Bad{"empty", "", 400}, Bad{"not_whole", "GET / HTTP/1.1\r\nHost: h\r\n", 400}, Bad{"bare_lf", "GET / HTTP/1.1\nHost: h\n\n\r\n\r\n", 400},
                      Bad{"lf_in_a_field", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
                      Bad{"cr_in_a_field", "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400}, Bad{"folded", "GET / HTTP/1.1\r\nHost: h\r\n X: y\r\n\r\n", 400},
                      Bad{"folded_by_a_tab", "GET / HTTP/1.1\r\nHost: h\r\n\tX: y\r\n\r\n", 400},
                      Bad{"blank_before_the_colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400}, Bad{"no_colon", "GET / HTTP/1.1\r\nHost\r\n\r\n", 400},
                      Bad{"no_name", "GET / HTTP/1.1\r\n: h\r\n\r\n", 400}, Bad{"name_with_a_bracket", "GET / HTTP/1.1\r\nHo(st: h\r\n\r\n", 400},
                      Bad{"leading_empty_line", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                      Bad{"two_requests", "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n\r\n", 400},
                      Bad{"no_target", "GET  HTTP/1.1\r\nHost: h\r\n\r\n", 400}, Bad{"blank_in_the_target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                      Bad{"eight_bits_in_the_target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                      Bad{"lower_case_method", "get / HTTP/1.1\r\nHost: h\r\n\r\n", 400}, Bad{"old", "GET / HTTP/1.0\r\nHost: h\r\n\r\n", 505},
                      Bad{"older", "GET /\r\n\r\n", 400}, Bad{"newer", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
                      Bad{"no_number", "GET / HTTP/x\r\nHost: h\r\n\r\n", 505}, Bad{"two_hosts", "GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", 400},
                      Bad{"two_lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
                      Bad{"two_equal_lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
                      Bad{"list_of_lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\n", 400},
                      Bad{"negative_length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
                      Bad{"signed_length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n", 400},
                      Bad{"hexadecimal_length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\n", 400},
                      Bad{"empty_length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n", 400},
                      Bad{"too_long", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", 413},
                      Bad{"chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
                      Bad{"identity", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n", 501},
                      Bad{"two_cookies", "GET / HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n", 400},
                      Bad{"two_origins", "GET / HTTP/1.1\r\nHost: h\r\nOrigin: a\r\nOrigin: b\r\n\r\n", 400},
                      Bad{"expecting", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", 417}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(Head, WithBothLengthAndTransferEncodingIsRefusedInEveryOrder) {
    for (const char* fields : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                               "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n"})
        EXPECT_GE(status_of(head_with(fields, "POST / HTTP/1.1")), 400) << fields;
}

TEST(Head, WithNulIsRefused) {
    for (const std::string& raw :
         {head_with(std::string("X: a\0b\r\n", 8)), head_with(std::string("X\0: b\r\n", 7)), std::string("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 28)})
        EXPECT_EQ(status_of(raw), 400);
}

TEST(Head, HasItsMeasure) {
    std::string many;
    for (std::size_t i = 0; i < max_fields - 1; ++i) many += "x" + std::to_string(i) + ": y\r\n";
    EXPECT_EQ(status_of(head_with(many)), 200);
    EXPECT_EQ(status_of(head_with(many + "z: y\r\n")), 400);
    EXPECT_EQ(status_of(head_with("x: " + std::string(max_head, 'a') + "\r\n")), 431);
    EXPECT_EQ(status_of(head_with("x: " + std::string(max_head - 100, 'a') + "\r\n")), 200);
}

TEST(Head, EndsAtTheFirstEmptyLine) {
    EXPECT_EQ(end_of_head("GET / HTTP/1.1\r\n\r"), 0u);
    EXPECT_EQ(end_of_head("a\r\n\r\nb\r\n\r\n"), 5u);
}

// What is taken has no control characters anywhere, at most the fields allowed, and can be put together again into the same request.
TEST(Head, ThatWasMutatedIsRefusedOrWellFormed) {
    const std::array<std::string, 3> seeds = {
        "GET /requests/7?x=y HTTP/1.1\r\nHost: h:8443\r\nCookie: __Host-anteroom=abcdefghijklmnop\r\nAccept-Encoding: br, gzip\r\n\r\n",
        "POST /api/sign-in HTTP/1.1\r\nHost: h:8443\r\nOrigin: https://h:8443\r\nContent-Type: application/json\r\nContent-Length: 12\r\nSec-Fetch-Site: "
        "same-origin\r\n\r\n",
        "GET /api/watch HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
        "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"};
    std::size_t taken = 0;
    for (std::uint64_t seed = 0; seed < 20000; ++seed) {
        anteroom::testing::Seeded random(seed);
        std::string raw = seeds[random.below(seeds.size())];
        for (std::uint64_t i = 1 + random.below(4); i > 0; --i) {
            const auto at = random.below(raw.size());
            switch (random.below(4)) {
                case 0: raw[at] = static_cast<char>(random.byte()); break;
                case 1: raw.insert(at, random.text_of("\r\n: \t,;%/\\.0aA\x7f", 1 + random.below(3))); break;
                case 2: raw.erase(at, 1 + random.below(3)); break;
                default: raw.insert(at, raw.substr(random.below(raw.size()), random.below(30)));
            }
            if (raw.empty()) break;
        }
        const auto head = parse_head(raw);
        if (!head) {
            ASSERT_GE(head.error().status, 400) << seed;
            continue;
        }
        ++taken;
        ASSERT_LE(head->fields.size(), max_fields) << seed;
        ASSERT_LE(head->body, max_body) << seed;
        std::string again = head->method + " " + head->target + " HTTP/1.1\r\n";
        for (const auto& field : head->fields) {
            for (const char c : field.value) ASSERT_TRUE(c == '\t' || static_cast<unsigned char>(c) >= 0x20) << seed;
            again += field.name + ": " + field.value + "\r\n";
        }
        const auto second = parse_head(again + "\r\n");
        ASSERT_TRUE(second) << seed << " " << printable(again, 1000);
        ASSERT_EQ(second->fields.size(), head->fields.size()) << seed;
        ASSERT_EQ(second->body, head->body) << seed;
    }
    EXPECT_GT(taken, 1000u) << "the mutations leave some requests whole";
}

}  // namespace
}  // namespace anteroom::web
