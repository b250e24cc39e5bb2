// RFC 9180 A.3.1 (DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM), and our own suite.
#include "recorder/hpke.h"

#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder::testing {
namespace {

const Bytes rfc_recipient =
    must(from_hex("04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0"));
const Bytes rfc_ephemeral = must(from_hex("4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb"));
const Bytes rfc_private = must(from_hex("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"));
const Bytes rfc_info = must(from_hex("4f6465206f6e2061204772656369616e2055726e"));
constexpr std::string_view rfc_shared = "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8";

TEST(Hpke, EncapsulatesAsRfc9180A31) {
    const auto kem = must(hpke::encapsulate(rfc_recipient, rfc_ephemeral));
    EXPECT_EQ(hex(kem.enc),
              "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4");
    EXPECT_EQ(hex(kem.shared.expose()), rfc_shared);
}

TEST(Hpke, DecapsulatesAsRfc9180A31) {
    const auto kem = must(hpke::encapsulate(rfc_recipient, rfc_ephemeral));
    const auto shared = must(hpke::decapsulate(kem.enc, rfc_recipient, [](View enc) { return crypto::p256_shared(rfc_private, enc); }));
    EXPECT_EQ(hex(shared.expose()), rfc_shared);
}

TEST(Hpke, SchedulesKeysAsRfc9180A31) {
    const auto schedule = hpke::key_schedule(must(from_hex(rfc_shared)), rfc_info, hpke::aes_128_gcm, 16);
    EXPECT_EQ(hex(schedule.key.expose()), "868c066ef58aae6dc589b6cfdd18f97e");
    EXPECT_EQ(hex(schedule.base_nonce), "4e0bc5018beba4bf004cca59");
}

TEST(Hpke, OpensWhatItSealedAndNothingElse) {
    const auto sealed = must(hpke::seal(rfc_recipient, rfc_ephemeral, rfc_info, view("aad"), view("the key")));
    const hpke::Agree agree = [](View enc) { return crypto::p256_shared(rfc_private, enc); };
    EXPECT_EQ(must(hpke::open(sealed.enc, rfc_recipient, agree, rfc_info, view("aad"), sealed.ciphertext)).expose_text(), "the key");
    EXPECT_FALSE(hpke::open(sealed.enc, rfc_recipient, agree, view("other"), view("aad"), sealed.ciphertext));
    EXPECT_FALSE(hpke::open(sealed.enc, rfc_recipient, agree, rfc_info, view("AAD"), sealed.ciphertext));
    for (std::size_t i = 0; i < sealed.ciphertext.size(); ++i) {
        auto changed = sealed.ciphertext;
        changed[i] ^= 1;
        EXPECT_FALSE(hpke::open(sealed.enc, rfc_recipient, agree, rfc_info, view("aad"), changed));
    }
    for (std::size_t i = 0; i < sealed.enc.size(); ++i) {
        auto changed = sealed.enc;
        changed[i] ^= 1;
        EXPECT_FALSE(hpke::open(changed, rfc_recipient, agree, rfc_info, view("aad"), sealed.ciphertext));
    }
}

}  // namespace
}  // namespace anteroom::recorder::testing
