// Passkeys: what an honest authenticator makes and signs is taken, and every wrong field, of either, is refused.
#include "broker/identity/webauthn.h"

#include <gmock/gmock.h>

#include "base/base64url.h"
#include "base/crypto_cose.h"
#include "tests/unit/base/seeds.h"
#include "tests/unit/identity/authenticator.h"

namespace anteroom::identity {
namespace {

using anteroom::testing::Authenticator;
using anteroom::testing::CborWriter;
using anteroom::testing::eddsa;
using anteroom::testing::es256;
using anteroom::testing::rs256;
using anteroom::testing::Seeded;
using anteroom::testing::Way;
using ::testing::HasSubstr;

Expected expected() { return {Bytes(32, 0x5a), "https://console.example:8443", "console.example"}; }

std::string why(const auto& result) { return result ? "it was taken" : result.error().detail; }

struct Enrolled {
    Authenticator authenticator;
    NewPasskey passkey;
};
Enrolled enrolled(std::int64_t algorithm = es256) {
    Authenticator authenticator(algorithm);
    auto made = verify_attestation(authenticator.make(expected()), expected());
    if (!made) throw std::runtime_error(made.error().detail);
    return {std::move(authenticator), std::move(*made)};
}
Result<std::uint32_t> judged(const Enrolled& who, const Assertion& assertion, std::uint32_t stored = 0) {
    return verify_assertion(assertion, expected(), who.passkey.public_key, who.passkey.algorithm, stored);
}

class WebauthnOf : public ::testing::TestWithParam<std::int64_t> {};
INSTANTIATE_TEST_SUITE_P(EachAlgorithm, WebauthnOf, ::testing::Values(es256, eddsa, rs256));

TEST_P(WebauthnOf, APasskeyIsMadeAndUsed) {
    const auto who = enrolled(GetParam());
    EXPECT_EQ(who.passkey.algorithm, GetParam());
    EXPECT_EQ(who.passkey.credential_id, who.authenticator.id());
    EXPECT_TRUE(std::ranges::equal(who.passkey.aaguid, Authenticator::aaguid));
    EXPECT_FALSE(who.passkey.backed_up);
    const auto used = judged(who, who.authenticator.use(expected(), {.count = 7}), 6);
    ASSERT_TRUE(used) << why(used);
    EXPECT_EQ(*used, 7u);
}

TEST_P(WebauthnOf, AnothersSignatureIsRefused) {
    const auto who = enrolled(GetParam()), other = enrolled(GetParam());
    EXPECT_THAT(why(judged(who, other.authenticator.use(expected()))), HasSubstr("signature"));
}

TEST_P(WebauthnOf, APasskeyThatSignsItselfIsTaken) {
    const Authenticator authenticator(GetParam());
    const auto made = verify_attestation(authenticator.make(expected(), {.format = "packed"}), expected());
    EXPECT_TRUE(made) << why(made);
}

// Nothing of an assertion can be changed: thousands of changes of one bit, and of cuts.
TEST_P(WebauthnOf, NoChangedAssertionIsTaken) {
    const auto who = enrolled(GetParam());
    const auto honest = who.authenticator.use(expected(), {.count = 9});
    ASSERT_TRUE(judged(who, honest, 3));
    for (std::uint64_t seed = 0; seed < 4000; ++seed) {
        Seeded random(seed);
        auto changed = honest;
        auto& field = seed % 3 == 0 ? changed.client_data : seed % 3 == 1 ? changed.authenticator_data : changed.signature;
        if (random.chance(8)) field.resize(random.below(field.size()));
        else if (random.chance(8)) field.push_back(random.byte());
        else field[random.below(field.size())] ^= static_cast<std::uint8_t>(1u << random.below(8));
        ASSERT_FALSE(judged(who, changed, 3)) << "seed " << seed;
    }
}

TEST_P(WebauthnOf, AnotherAlgorithmOrKeyIsRefused) {
    const auto who = enrolled(GetParam());
    const auto honest = who.authenticator.use(expected());
    for (const auto algorithm : {es256, eddsa, rs256, std::int64_t{-35}, std::int64_t{0}}) {
        if (algorithm != GetParam()) EXPECT_FALSE(verify_assertion(honest, expected(), who.passkey.public_key, algorithm, 0)) << algorithm;
    }
    for (std::size_t i = 0; i < who.passkey.public_key.size(); ++i) {
        auto key = who.passkey.public_key;
        key[i] ^= 0x01;
        ASSERT_FALSE(verify_assertion(honest, expected(), key, GetParam(), 0)) << "byte " << i;
    }
    EXPECT_FALSE(verify_assertion(honest, expected(), {}, GetParam(), 0));
}

// The verifier of evidence has no libfido2: what it judges by instead says the same of honest, changed and cut signatures and keys.
TEST_P(WebauthnOf, CoseJudgesAsLibfido2Does) {
    const auto who = enrolled(GetParam());
    const auto honest = who.authenticator.use(expected());
    for (std::uint64_t seed = 0; seed < 1500; ++seed) {
        Seeded random(seed);
        auto changed = honest;
        auto key = who.passkey.public_key;
        auto& field = seed % 3 == 0 ? key : seed % 3 == 1 ? changed.authenticator_data : changed.signature;
        if (seed > 2 && random.chance(8)) field.resize(random.below(field.size()));
        else if (seed > 2) field[random.below(field.size())] ^= static_cast<std::uint8_t>(1u << random.below(8));
        const auto hash = crypto::sha256(changed.client_data);
        Bytes message = changed.authenticator_data;
        message.insert(message.end(), hash.begin(), hash.end());
        const bool good = crypto::cose_verify(GetParam(), key, message, changed.signature).has_value();
        ASSERT_EQ(good, seed <= 2) << "seed " << seed;
        ASSERT_EQ(good, verify_assertion(changed, expected(), key, GetParam(), 0).has_value()) << "seed " << seed;
    }
    for (const std::int64_t other : {-7, -8, -257, 0})
        if (other != GetParam()) EXPECT_FALSE(crypto::cose_verify(other, who.passkey.public_key, Bytes{1}, honest.signature)) << other;
}

struct WrongWay {
    const char* what;
    Way way;
    const char* why;
};
std::vector<WrongWay> wrong_for_both() {
    const auto challenge = base64url(expected().challenge);
    const std::string member = "\"origin\":\"https://console.example:8443\"", of_challenge = "\"challenge\":\"" + challenge + "\"";
    return {
        {"another challenge", {.challenge = Bytes(32, 0x5b)}, "another challenge"},
        {"a shorter challenge", {.challenge = Bytes(31, 0x5a)}, "another challenge"},
        {"another origin", {.origin = "https://console.example"}, "another origin"},
        {"an origin in capitals", {.origin = "https://Console.example:8443"}, "another origin"},
        {"an origin without encryption", {.origin = "http://console.example:8443"}, "another origin"},
        {"an origin below ours", {.origin = "https://evil.console.example:8443"}, "another origin"},
        {"a page within another's", {.crossing = ",\"crossOrigin\":true"}, "another origin's page"},
        {"crossOrigin as a text", {.crossing = ",\"crossOrigin\":\"false\""}, "another origin's page"},
        {"a topOrigin", {.crossing = ",\"topOrigin\":\"https://evil.example\""}, "another origin's page"},
        {"a member twice", {.crossing = ",\"crossOrigin\":false,\"origin\":\"https://console.example:8443\""}, "twice"},
        {"a member twice, escaped", {.crossing = ",\"orig\\u0069n\":\"https://console.example:8443\""}, "twice"},
        {"no JSON", {.client_data = "{\"type\":"}, "no JSON"},
        {"a list", {.client_data = "[]"}, "no JSON"},
        {"no type", {.client_data = "{" + of_challenge + "," + member + "}"}, "without type"},
        {"a type that is no text", {.client_data = "{\"type\":1," + of_challenge + "," + member + "}"}, "without type"},
        {"bytes behind the JSON", {.client_data = "{\"type\":\"webauthn.get\"," + of_challenge + "," + member + "} {}"}, "no JSON"},
        {"far too long", {.crossing = ",\"x\":\"" + std::string(3000, 'x') + "\""}, "client data of"},
        {"another relying party", {.relying_party = "example"}, "another relying party"},
        {"nobody present", {.flags = 0x04}, "nobody was present"},
        {"nobody verified", {.flags = 0x01}, "not verified"},
        {"backed up and not to be", {.flags = 0x15}, "backed up"},
    };
}

TEST(Webauthn, EveryWrongFieldOfAnAssertionIsRefused) {
    const auto who = enrolled();
    auto all = wrong_for_both();
    all.push_back({"of making one", {.type = "webauthn.create"}, "another type"});
    for (const auto& wrong : all) EXPECT_THAT(why(judged(who, who.authenticator.use(expected(), wrong.way))), HasSubstr(wrong.why)) << wrong.what;
}

TEST(Webauthn, EveryWrongFieldOfARegistrationIsRefused) {
    const Authenticator authenticator;
    auto all = wrong_for_both();
    all.push_back({"of using one", {.type = "webauthn.get"}, "another type"});
    all.push_back({"no credential in it", {.without_credential = true}, "no credential"});
    all.push_back({"another format", {.format = "fido-u2f"}, "attestation fido-u2f"});
    all.push_back({"none with a statement", {.statement = CborWriter().map(1).text("x").number(1).done()}, "with a statement"});
    all.push_back({"packed, signed by another",
                   {.format = "packed", .statement = CborWriter().map(2).text("alg").number(es256).text("sig").bytes(Bytes(70, 1)).done()},
                   "passkey itself"});
    all.push_back({"bytes behind it", {.behind = {0x00}}, "behind"});
    for (const auto& wrong : all)
        EXPECT_THAT(why(verify_attestation(authenticator.make(expected(), wrong.way), expected())), HasSubstr(wrong.why)) << wrong.what;
    EXPECT_THAT(why(verify_attestation(Authenticator(es256, 15).make(expected()), expected())), HasSubstr("credential id"));
    EXPECT_TRUE(verify_attestation(Authenticator(es256, 16).make(expected()), expected()));
    EXPECT_TRUE(verify_attestation(Authenticator(es256, 1023).make(expected()), expected()));
}

// libcbor makes room for as many members as are claimed.
TEST(Webauthn, HugeCountsAreRefusedBeforeRoomIsMadeForThem) {
    const auto who = enrolled();
    for (const std::uint8_t head : {std::uint8_t{0xbb}, std::uint8_t{0x9b}, std::uint8_t{0x5b}, std::uint8_t{0x7b}}) {
        const Bytes huge{head, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff};
        EXPECT_THAT(why(verify_attestation(Authenticator().make(expected(), {.key = huge}), expected())), HasSubstr("cut short"));
        EXPECT_THAT(why(verify_attestation(Authenticator().make(expected(), {.flags = 0x85, .extensions = huge}), expected())), HasSubstr("cut short"));
        EXPECT_THAT(why(judged(who, who.authenticator.use(expected(), {.flags = 0x85, .extensions = huge}))), HasSubstr("cut short"));
    }
    for (const std::uint8_t head : {std::uint8_t{0xbf}, std::uint8_t{0x9f}, std::uint8_t{0x5f}})
        EXPECT_THAT(why(verify_attestation(Authenticator().make(expected(), {.key = {head, 0xff}}), expected())), HasSubstr("indefinite"));
}

TEST(Webauthn, AuthenticatorDataEndsWhereItsFlagsSay) {
    const auto who = enrolled();
    const auto extension = CborWriter().map(1).text("credProps").number(1).done();
    EXPECT_THAT(why(judged(who, who.authenticator.use(expected(), {.extensions = extension}))), HasSubstr("behind"));
    EXPECT_THAT(why(judged(who, who.authenticator.use(expected(), {.flags = 0x85}))), HasSubstr("cut short"));
    EXPECT_THAT(why(judged(who, who.authenticator.use(expected(), {.flags = 0x45}))), HasSubstr("made, not used"));
    EXPECT_THAT(why(verify_attestation(Authenticator().make(expected(), {.extensions = {0x00}}), expected())), HasSubstr("behind"));
}

TEST(Webauthn, ClientDataWithMoreMembersOrWithoutCrossOriginIsTaken) {
    const auto who = enrolled();
    EXPECT_TRUE(judged(who, who.authenticator.use(expected(), {.crossing = ""})));
    EXPECT_TRUE(judged(who, who.authenticator.use(expected(), {.crossing = ",\"crossOrigin\":false,\"other_keys_can_be_added_here\":\"do {not: compare}\""})));
}

TEST(Webauthn, ACounterThatDoesNotGrowMeansACopy) {
    const auto who = enrolled();
    const auto with = [&](std::uint32_t count) { return who.authenticator.use(expected(), {.count = count}); };
    EXPECT_TRUE(judged(who, with(0), 0)) << "one that counts nothing";
    EXPECT_TRUE(judged(who, with(1), 0));
    EXPECT_TRUE(judged(who, with(0xffffffff), 0xfffffffe));
    EXPECT_THAT(why(judged(who, with(5), 5)), HasSubstr("copy"));
    EXPECT_THAT(why(judged(who, with(4), 5)), HasSubstr("copy"));
    EXPECT_THAT(why(judged(who, with(0), 5)), HasSubstr("copy"));
}

TEST(Webauthn, WhetherItIsBackedUpIsReadFromItsFlags) {
    const Authenticator authenticator;
    EXPECT_TRUE(verify_attestation(authenticator.make(expected(), {.flags = 0x1d}), expected())->backed_up);
    EXPECT_FALSE(verify_attestation(authenticator.make(expected(), {.flags = 0x0d}), expected())->backed_up);
    EXPECT_TRUE(backed_up(authenticator.use(expected(), {.flags = 0x1d}).authenticator_data));
    EXPECT_FALSE(backed_up({}));
}

// The object is not signed: what is taken of a changed one must still be a key that nobody but its owner can use.
TEST(Webauthn, ChangedAttestationObjectsNeverMakeAKeyOfAnotherAlgorithmOrCrash) {
    for (const auto algorithm : {es256, eddsa, rs256}) {
        const Authenticator authenticator(algorithm);
        const auto honest = authenticator.make(expected(), {.format = algorithm == es256 ? "packed" : "none"});
        for (std::uint64_t seed = 0; seed < 3000; ++seed) {
            Seeded random(seed);
            auto changed = honest;
            auto& object = changed.attestation_object;
            for (std::uint64_t i = random.below(3) + 1; i > 0; --i) {
                if (random.chance(6)) object.resize(random.below(object.size()) + 1);
                else object[random.below(object.size())] = random.byte();
            }
            const auto made = verify_attestation(changed, expected());
            if (!made) ASSERT_EQ(made.error().kind, ErrorKind::refused) << seed;
            else ASSERT_EQ(made->algorithm, algorithm) << seed;
        }
    }
}

TEST(Webauthn, AnAttestationObjectHasThreeMembersOfDefiniteLength) {
    const auto with = [](const Bytes& object) { return why(verify_attestation({Authenticator().make(expected()).client_data, object}, expected())); };
    EXPECT_THAT(with({}), HasSubstr("cut short"));
    EXPECT_THAT(with({0xbf}), HasSubstr("indefinite"));
    EXPECT_THAT(with({0xa2}), HasSubstr("no map of three"));
    EXPECT_THAT(with(CborWriter().map(3).text("fmt").text("none").text("fmt").text("none").done()), HasSubstr("another member"));
    EXPECT_THAT(with(CborWriter().map(3).text("fmt").text("none").text("attStmt").raw(Bytes(5000, 0x81)).done()), HasSubstr("too deep"));
    EXPECT_THAT(with(CborWriter().map(3).text("fmt").text("none").text("attStmt").raw(Bytes{0xbb, 255, 255, 255, 255, 255, 255, 255, 255}).done()),
                HasSubstr("cut short"));
    EXPECT_THAT(with(CborWriter().map(3).text("fmt").text("none").text("attStmt").map(0).text("authData").bytes(Bytes(20, 1)).done()), HasSubstr("cut short"));
    EXPECT_THAT(with(Bytes(9000, 0xa0)), HasSubstr("9000 bytes"));
}

}  // namespace
}  // namespace anteroom::identity
