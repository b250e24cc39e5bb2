// X.224: what clients really send is understood, everything else is refused, and the answers are what clients expect.
#include "proxies/rdp/front/x224.h"

#include <gtest/gtest.h>

#include "tests/unit/base/seeds.h"

namespace anteroom::rdp {
namespace {

using anteroom::testing::Seeded;

// The parts behind the fixed header, put into a packet whose lengths are right.
Bytes request(const Bytes& rest) {
    Bytes out{3, 0, 0, static_cast<std::uint8_t>(11 + rest.size()), static_cast<std::uint8_t>(6 + rest.size()), 0xe0, 0, 0, 0x43, 0x21, 0};
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
}
Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
Bytes negotiation(std::uint32_t protocols, std::uint8_t flags = 0) {
    return {1,
            flags,
            8,
            0,
            static_cast<std::uint8_t>(protocols),
            static_cast<std::uint8_t>(protocols >> 8),
            static_cast<std::uint8_t>(protocols >> 16),
            static_cast<std::uint8_t>(protocols >> 24)};
}
Bytes correlation() {
    Bytes out(36, 0x5a);
    out[0] = 6, out[1] = 0, out[2] = 36, out[3] = 0;
    return out;
}
const Bytes cookie = to_bytes("Cookie: mstshash=sam+cart-1\r\n");

bool understood(const Bytes& packet) { return parse_connection_request(packet).has_value(); }

TEST(ConnectionRequest, OfEachClientIsUnderstood) {
    struct Case {
        const char* who;
        Bytes rest;
        std::uint32_t protocols;
        bool tls;
    };
    const Case cases[] = {
        {"mstsc", cookie + negotiation(0x0b), 0x0b, true},
        {"mstsc with a correlation id", cookie + negotiation(0x0b, 8) + correlation(), 0x0b, true},
        {"xfreerdp without NLA", cookie + negotiation(1), 1, true},
        {"xfreerdp with NLA alone", negotiation(2), 2, true},
        {"rdesktop without encryption", cookie + negotiation(0), 0, false},
        {"one of before negotiation", cookie, 0, false},
        {"one that says nothing", {}, 0, false},
        {"RDSTLS and NLA EX alone", negotiation(0x0c), 0x0c, false},
        {"one behind a balancer", to_bytes("Cookie: msts=3640205228.15629.0000\r\n") + negotiation(3), 3, true},
        {"a routing token without a name", to_bytes("tsv://MS Terminal Services Plugin.1.farm\r\n") + negotiation(3), 3, true},
        {"a name beyond ASCII", to_bytes("Cookie: mstshash=J\xc3\xb6rg\r\n") + negotiation(3), 3, true},
        {"restricted admin", negotiation(3, 1), 3, true},
    };
    for (const auto& one : cases) {
        const auto parsed = parse_connection_request(request(one.rest));
        ASSERT_TRUE(parsed) << one.who << ": " << parsed.error().detail;
        EXPECT_EQ(parsed->requested_protocols, one.protocols) << one.who;
        EXPECT_EQ(parsed->offers_tls(), one.tls) << one.who;
        EXPECT_EQ(parsed->source_reference, 0x4321) << one.who;
    }
}

TEST(ConnectionRequest, ThatIsCutOrLongerIsRefusedAtEveryByte) {
    for (const Bytes& rest : {Bytes{}, cookie, negotiation(3), cookie + negotiation(3), cookie + negotiation(0x0b, 8) + correlation()}) {
        const Bytes whole = request(rest);
        ASSERT_TRUE(understood(whole));
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_FALSE(understood(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
        EXPECT_FALSE(understood(whole + Bytes{0}));
        // The same with lengths that go along: a part of a structure is none, whatever the header says.
        for (std::size_t size = 1; size < rest.size(); ++size) {
            const Bytes part(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
            const bool whole_parts = part == cookie;
            EXPECT_EQ(understood(request(part)), whole_parts) << size;
        }
        EXPECT_FALSE(understood(request(rest + Bytes{0x41})));
    }
}

TEST(ConnectionRequest, WithLengthsThatDifferIsRefused) {
    const Bytes good = request(cookie + negotiation(3));
    for (const std::size_t at : {std::size_t{2}, std::size_t{3}, std::size_t{4}})
        for (unsigned value = 0; value < 256; ++value) {
            Bytes bad = good;
            bad[at] = static_cast<std::uint8_t>(value);
            EXPECT_EQ(understood(bad), bad == good) << at << " " << value;
        }
}

TEST(ConnectionRequest, IsNothingElseOfX224) {
    const Bytes good = request(negotiation(3));
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{10}})
        for (unsigned value = 0; value < 256; ++value) {
            Bytes bad = good;
            bad[at] = static_cast<std::uint8_t>(value);
            EXPECT_EQ(understood(bad), bad == good) << at << " " << value;
        }
}

TEST(ConnectionRequest, WithACookieThatIsNoLineIsRefused) {
    for (const char* bad :
         {"Cookie: mstshash=sam", "Cookie: mstshash=sam\n", "Cookie: mstshash=sam\r", "Cookie: mst\nshash=sam\r\n", "Cookie:\tsam\r\n", "\r", "sam\x7f\r\n"})
        EXPECT_FALSE(understood(request(to_bytes(bad) + negotiation(3)))) << bad;
    EXPECT_FALSE(understood(request(Bytes{'C', 0, '\r', '\n'} + negotiation(3))));
    EXPECT_FALSE(understood(request(cookie + cookie + negotiation(3)))) << "one is enough";
    EXPECT_FALSE(understood(request(negotiation(3) + cookie))) << "and it comes first";
}

TEST(ConnectionRequest, WithACorrelationIdOnlyWhereItIsAnnounced) {
    EXPECT_FALSE(understood(request(negotiation(3) + correlation())));
    EXPECT_FALSE(understood(request(negotiation(3, 8))));
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
        Bytes bad = correlation();
        bad[at] ^= 1;
        EXPECT_FALSE(understood(request(negotiation(3, 8) + bad))) << at;
    }
    EXPECT_FALSE(understood(request(negotiation(3, 8) + correlation() + Bytes{0})));
}

TEST(ConnectionRequest, SizeIsKnownFromFourBytesAndBounded) {
    const auto size = [](std::uint8_t high, std::uint8_t low) { return connection_request_size(std::array<std::uint8_t, 4>{3, 0, high, low}); };
    EXPECT_FALSE(size(0, 10));
    EXPECT_EQ(size(0, 11).value(), 11u);
    EXPECT_EQ(size(1, 3).value(), max_connection_request);
    EXPECT_FALSE(size(1, 4));
    EXPECT_FALSE(size(0xff, 0xff));
    EXPECT_FALSE(connection_request_size(std::array<std::uint8_t, 4>{'G', 'E', 'T', ' '}));
    EXPECT_FALSE(connection_request_size(std::array<std::uint8_t, 4>{0x16, 3, 1, 0}));
}

TEST(ConnectionRequest, ThatIsTheLongestIsUnderstood) {
    Bytes token(254 - 6 - 8, 'x');
    token[token.size() - 2] = '\r', token[token.size() - 1] = '\n';
    Bytes rest = token + negotiation(3);
    Bytes packet{3, 0, 1, 3, 254, 0xe0, 0, 0, 0, 0, 0};
    EXPECT_TRUE(understood(packet + rest));
}

TEST(ConnectionRequest, OfRandomBytesIsRefusedOrWholeForThousandsOfSeeds) {
    unsigned taken = 0;
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
        Seeded random(seed);
        Bytes packet = request(cookie + negotiation(static_cast<std::uint32_t>(random.bits())));
        for (std::uint64_t flips = random.below(3); flips > 0; --flips) packet[random.below(packet.size())] = random.byte();
        taken += understood(packet) ? 1 : 0;
    }
    EXPECT_GT(taken, 1500u) << "those that were left alone";
    EXPECT_LT(taken, 4500u);
}

TEST(Answer, ToAClientWithTlsSelectsIt) {
    const ConnectionRequest from{.source_reference = 0x4321, .requested_protocols = 3};
    EXPECT_EQ(hex(confirm_tls(from)),
              "030000130ed0432100000002010800"
              "01000000");
}

TEST(Answer, ToAClientWithoutTlsSaysThatItIsRequired) {
    const ConnectionRequest from{.source_reference = 0x4321, .requested_protocols = 0};
    EXPECT_EQ(hex(refuse_without_tls(from)),
              "030000130ed0432100000003000800"
              "01000000");
}

TEST(PlainRequest, AsksForNoSecurityAndNamesNobody) {
    const auto packet = plain_request();
    EXPECT_EQ(hex(packet),
              "030000130ee0000000000001000800"
              "00000000");
    const auto parsed = parse_connection_request(packet);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->requested_protocols, 0u);
}

}  // namespace
}  // namespace anteroom::rdp
