// Codes that people type, and QR codes that fit a terminal.
#include "broker/identity/typed_code.h"

#include <gtest/gtest.h>

#include <set>

#include "broker/identity/qr.h"
#include "broker/identity/totp.h"

using namespace anteroom;
using namespace anteroom::identity;

namespace {

const PersonId dana("dana"), eve("eve");

std::string hash_of(TypedCode kind, const PersonId& person, std::string_view typed) { return hash_of_typed(kind, person, typed).value_or("none"); }

std::size_t columns_of(const std::string& line) {
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

TEST(TypedCode, IsRandomInGroupsOfFour) {
    std::set<std::string> all;
    for (int i = 0; i < 200; ++i) {
        const auto code = new_typed_code(TypedCode::invitation);
        EXPECT_EQ(code.size(), 24u);
        all.insert(std::string(code.expose_text()));
        EXPECT_EQ(code.expose_text().find_first_of("ilou"), std::string_view::npos);
        EXPECT_EQ(code.expose_text()[4], '-');
    }
    EXPECT_EQ(all.size(), 200u);
    EXPECT_EQ(new_typed_code(TypedCode::recovery).size(), 19u);
}

TEST(TypedCode, ForgivesWhatPeopleDoToCodes) {
    const auto plain = hash_of(TypedCode::recovery, dana, "k0m1-9wq2-x7ht-p4sa");
    ASSERT_NE(plain, "none");
    for (const char* typed : {"K0M1-9WQ2-X7HT-P4SA", " k0m1 9wq2 x7ht p4sa ", "k0m19wq2x7htp4sa", "koml9wq2x7htp4sa", "kOmI-9wq2-x7ht-p4sa"})
        EXPECT_EQ(hash_of(TypedCode::recovery, dana, typed), plain) << typed;
}

TEST(TypedCode, RefusesWhatIsNone) {
    for (const auto& typed : {std::string(""), std::string("123456"), std::string("k0m1-9wq2-x7ht-p4s"), std::string("k0m1-9wq2-x7ht-p4sa1"),
                              std::string("k0m1-9wq2-x7ht-p4su"), std::string("k0m1-9wq2-x7ht-p4s\0", 19), std::string("k0m1-9wq2-x7ht-p4sa\x1b"),
                              std::string("k0m1-9wq2-x7ht-p4s\xc3\xa4"), std::string(100'000, 'a')})
        EXPECT_FALSE(hash_of_typed(TypedCode::recovery, dana, typed)) << typed.size();
    EXPECT_FALSE(hash_of_typed(TypedCode::invitation, dana, "k0m1-9wq2-x7ht-p4sa"));
}

TEST(TypedCode, OfAnotherPersonOrKindIsAnotherHash) {
    const std::string code = "k0m1-9wq2-x7ht-p4sa";
    EXPECT_NE(hash_of(TypedCode::recovery, dana, code), hash_of(TypedCode::recovery, eve, code));
    EXPECT_NE(hash_of(TypedCode::invitation, dana, code + "0000"), hash_of(TypedCode::recovery, dana, code));
    EXPECT_TRUE(same_hash("abc", "abc"));
    EXPECT_FALSE(same_hash("abc", "abd"));
    EXPECT_FALSE(same_hash("abc", "abcd"));
}

TEST(QrCode, OfAnyNameFitsATerminalOf80By24WithTwoLinesToSpare) {
    for (const std::size_t length : {1u, 4u, 14u, 20u, 40u, 64u}) {
        const Secret uri = short_otpauth_uri("Anteroom", PersonId(std::string(length, 'w')), totp_new_secret());
        const auto lines = qr_lines_within(std::string(uri.expose_text()), 80, 22);
        ASSERT_TRUE(lines) << length;
        EXPECT_LE(lines->size(), 22u);
        for (const auto& line : *lines) EXPECT_LE(columns_of(line), 80u);
        // At least one light module around it: without any, no reader finds it.
        EXPECT_EQ(lines->front().substr(0, 3), "\u2588");
    }
}

TEST(QrCode, KeepsItsWholeQuietZoneWhereThereIsRoom) {
    const std::string text = "otpauth://totp/Anteroom:dana?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    EXPECT_EQ(*qr_lines_within(text, 200, 100), *qr_lines(text));
}

TEST(QrCode, IsNotDrawnWhereItDoesNotFit) {
    const std::string text = "otpauth://totp/Anteroom:dana?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    for (auto [columns, rows] : {std::pair{80, 10}, std::pair{30, 60}, std::pair{0, 0}, std::pair{80, -2}}) EXPECT_FALSE(qr_lines_within(text, columns, rows));
    EXPECT_FALSE(qr_lines(std::string(10'000, 'x')));
}

TEST(Totp, TheShortAddressAndTheTypableSecretHoldTheSameSecret) {
    const auto secret = totp_new_secret();
    const auto key = base32(secret.expose());
    EXPECT_EQ(short_otpauth_uri("Anteroom", dana, secret).expose_text(), "otpauth://totp/Anteroom:dana?secret=" + key);
    std::string typed(totp_typable(secret).expose_text());
    EXPECT_EQ(typed.size(), 39u);
    std::erase(typed, ' ');
    EXPECT_EQ(typed, key);
}
