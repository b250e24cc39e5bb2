// Cryptography against the standards' own vectors, each with its hostile twin.
#include "base/crypto.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/base/seeds.h"

namespace anteroom::crypto {
namespace {

using testing::Seeded;

Bytes from(std::string_view text) { return from_hex(text).value(); }
Bytes flipped(View bytes, std::size_t bit) {
    Bytes out = to_bytes(bytes);
    out[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    return out;
}

// ---- SHA-256: FIPS 180-4, examples of the standard ---------------------------------------------------------------------------

TEST(Sha256, GivesTheDigestsOfTheStandard) {
    EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256(view("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256(view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hex(sha256(Bytes(1'000'000, 'a'))), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAStreamIsThatOfTheWholeHoweverItIsCut) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        Seeded random(seed);
        const Bytes data = random.bytes(random.below(500));
        Sha256 first;
        View rest = data;
        while (!rest.empty()) {
            const auto part = rest.first(random.below(rest.size()) + 1);
            first.update(part);
            rest = rest.subspan(part.size());
        }
        Sha256 moved(std::move(first));
        Sha256 assigned;
        assigned = std::move(moved);
        ASSERT_EQ(assigned.finish(), sha256(data)) << seed;
    }
}

// ---- HMAC: RFC 4231 section 4 ------------------------------------------------------------------------------------------------

TEST(HmacSha256, GivesTheTagsOfRfc4231) {
    const Bytes long_key(131, 0xaa);
    EXPECT_EQ(hex(hmac_sha256(Bytes(20, 0x0b), view("Hi There"))), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex(hmac_sha256(view("Jefe"), view("what do ya want for nothing?"))), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(hmac_sha256(Bytes(20, 0xaa), Bytes(50, 0xdd))), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    EXPECT_EQ(hex(hmac_sha256(from("0102030405060708090a0b0c0d0e0f10111213141516171819"), Bytes(50, 0xcd))),
              "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    EXPECT_EQ(hex(hmac_sha256(long_key, view("Test Using Larger Than Block-Size Key - Hash Key First"))),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(
        hex(hmac_sha256(
            long_key,
            view("This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the "
                 "HMAC algorithm."))),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
    // Of nothing under nothing (RFC 2104 with the empty key; widely published).
    EXPECT_EQ(hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(HmacSha256, ChangesWithEveryBitOfKeyAndData) {
    const Bytes key(20, 0x0b);
    const auto data = view("Hi There");
    for (std::size_t bit = 0; bit < key.size() * 8; ++bit) EXPECT_NE(hmac_sha256(flipped(key, bit), data), hmac_sha256(key, data));
    for (std::size_t bit = 0; bit < data.size() * 8; ++bit) EXPECT_NE(hmac_sha256(key, flipped(data, bit)), hmac_sha256(key, data));
}

// ---- HKDF: RFC 5869 appendix A -----------------------------------------------------------------------------------------------

Bytes counting(std::uint8_t first, std::uint8_t last) {
    Bytes out;
    for (unsigned b = first; b <= last; ++b) out.push_back(static_cast<std::uint8_t>(b));
    return out;
}

TEST(HkdfSha256, GivesTheKeysOfRfc5869) {
    EXPECT_EQ(hex(hkdf_sha256(Bytes(22, 0x0b), counting(0x00, 0x0c), counting(0xf0, 0xf9), 42).expose()),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    EXPECT_EQ(hex(hkdf_sha256(counting(0x00, 0x4f), counting(0x60, 0xaf), counting(0xb0, 0xff), 82).expose()),
              "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87"
              "c14c01d5c1f3434f1d87");
    EXPECT_EQ(hex(hkdf_sha256(Bytes(22, 0x0b), {}, {}, 42).expose()), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(HkdfSha256, SeparatesByEachOfItsInputsAndALongerKeyBeginsWithTheShorter) {
    const auto key = [](std::string_view input, std::string_view salt, std::string_view info, std::size_t size) {
        return to_bytes(hkdf_sha256(view(input), view(salt), view(info), size).expose());
    };
    const Bytes usual = key("k", "s", "i", 32);
    EXPECT_NE(usual, key("l", "s", "i", 32));
    EXPECT_NE(usual, key("k", "t", "i", 32));
    EXPECT_NE(usual, key("k", "s", "j", 32));
    const Bytes longer = key("k", "s", "i", 64);
    EXPECT_EQ(Bytes(longer.begin(), longer.begin() + 32), usual);
    EXPECT_EQ(key("k", "s", "i", 255 * 32).size(), 255u * 32);  // the most there is
    EXPECT_EQ(key("", "s", "i", 32).size(), 32u);
}

// ---- AES-256-GCM: McGrew and Viega, The Galois/Counter Mode of Operation, test cases 13 to 16 --------------------------------

struct Gcm {
    const char *key, *nonce, *aad, *plain, *sealed;
};
constexpr const char* zero_key = "0000000000000000000000000000000000000000000000000000000000000000";
constexpr const char* usual_key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
constexpr Gcm gcm_cases[] = {
    {zero_key, "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {zero_key, "000000000000000000000000", "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {usual_key, "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a50227"
     "0e3cc6c"},
    {usual_key, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551"
     "b"},
};

TEST(AesGcm, SealsAndOpensTheCasesOfItsAuthors) {
    for (const auto& vector : gcm_cases) {
        const Bytes sealed = aes_gcm_seal(from(vector.key), from(vector.nonce), from(vector.aad), from(vector.plain)).value();
        EXPECT_EQ(hex(sealed), vector.sealed);
        EXPECT_EQ(hex(aes_gcm_open(from(vector.key), from(vector.nonce), from(vector.aad), sealed).value()), vector.plain);
    }
}

TEST(AesGcm, OpensNothingOfWhichAnyBitWasChanged) {
    const auto& vector = gcm_cases[3];
    const Bytes key = from(vector.key), nonce = from(vector.nonce), aad = from(vector.aad), sealed = from(vector.sealed);
    const auto refused = [](const Result<Bytes>& opened) { return !opened && opened.error().kind == ErrorKind::crypto; };
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) ASSERT_TRUE(refused(aes_gcm_open(key, nonce, aad, flipped(sealed, bit)))) << bit;
    for (std::size_t bit = 0; bit < key.size() * 8; ++bit) ASSERT_TRUE(refused(aes_gcm_open(flipped(key, bit), nonce, aad, sealed))) << bit;
    for (std::size_t bit = 0; bit < nonce.size() * 8; ++bit) ASSERT_TRUE(refused(aes_gcm_open(key, flipped(nonce, bit), aad, sealed))) << bit;
    for (std::size_t bit = 0; bit < aad.size() * 8; ++bit) ASSERT_TRUE(refused(aes_gcm_open(key, nonce, flipped(aad, bit), sealed))) << bit;
    for (std::size_t size = 0; size < sealed.size(); ++size) ASSERT_TRUE(refused(aes_gcm_open(key, nonce, aad, View(sealed).first(size)))) << size;
}

TEST(AesGcm, WipesTheOutputWhenTheTagIsWrong) {
    const auto& vector = gcm_cases[3];
    Bytes sealed = from(vector.sealed);
    sealed.back() ^= 1;
    Bytes out(sealed.size() - gcm_tag_size, 0xee);
    AesGcm cipher(from(vector.key));
    EXPECT_FALSE(cipher.open(from(vector.nonce), from(vector.aad), sealed, out));
    EXPECT_EQ(out, Bytes(out.size(), 0)) << "neither plain text nor what was there";
    sealed.back() ^= 1;
    EXPECT_TRUE(cipher.open(from(vector.nonce), from(vector.aad), sealed, out)) << "one failure does not spoil the key";
    EXPECT_EQ(hex(out), vector.plain);
}

TEST(AesGcm, RefusesWrongSizesOfKeyNonceAndOutput) {
    const Bytes key(32), nonce(12), plain(20);
    EXPECT_FALSE(aes_gcm_seal(Bytes(16), nonce, {}, plain));
    EXPECT_FALSE(aes_gcm_seal(Bytes(33), nonce, {}, plain));
    EXPECT_FALSE(aes_gcm_open(Bytes(31), nonce, {}, Bytes(40)));
    for (const std::size_t size : {0, 8, 11, 13, 16}) {
        EXPECT_FALSE(aes_gcm_seal(key, Bytes(size), {}, plain)) << size;
        EXPECT_FALSE(aes_gcm_open(key, Bytes(size), {}, Bytes(40))) << size;
    }
    AesGcm cipher(key);
    Bytes small(35), large(37);
    EXPECT_FALSE(cipher.seal(nonce, {}, plain, small));
    EXPECT_FALSE(cipher.seal(nonce, {}, plain, large));
    EXPECT_FALSE(cipher.open(nonce, {}, Bytes(36), large));
}

TEST(AesGcm, OpensWhatItSealedForThousandsOfRandomPieces) {
    Seeded random(7);
    const Bytes key = random.bytes(32);
    AesGcm first(key);
    AesGcm cipher(std::move(first));
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        const Bytes nonce = random.bytes(12), aad = random.bytes(random.below(40)), plain = random.bytes(random.below(200));
        Bytes sealed(plain.size() + gcm_tag_size), opened(plain.size());
        ASSERT_TRUE(cipher.seal(nonce, aad, plain, sealed));
        ASSERT_EQ(sealed, aes_gcm_seal(key, nonce, aad, plain).value()) << "a kept key schedule seals as a fresh one";
        ASSERT_TRUE(cipher.open(nonce, aad, sealed, opened));
        ASSERT_EQ(opened, plain);
    }
}

// ---- P-256: RFC 5903 section 8.1 ---------------------------------------------------------------------------------------------

constexpr const char* p256_i = "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433";
constexpr const char* p256_gi =
    "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3";
constexpr const char* p256_r = "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53";
constexpr const char* p256_gr =
    "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab";
constexpr const char* p256_gir = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de";
constexpr const char* p256_order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

TEST(P256, AgreesOnTheSecretOfRfc5903FromBothSides) {
    EXPECT_EQ(hex(p256_public_of(from(p256_i)).value()), p256_gi);
    EXPECT_EQ(hex(p256_public_of(from(p256_r)).value()), p256_gr);
    EXPECT_EQ(hex(p256_shared(from(p256_i), from(p256_gr)).value().expose()), p256_gir);
    EXPECT_EQ(hex(p256_shared(from(p256_r), from(p256_gi)).value().expose()), p256_gir);
}

TEST(P256, RefusesAPointThatIsNotOnTheCurve) {
    const Bytes good = from(p256_gr);
    for (std::size_t bit = 8; bit < good.size() * 8; bit += 7) {  // behind the leading 04
        const auto shared = p256_shared(from(p256_i), flipped(good, bit));
        ASSERT_FALSE(shared) << bit;
        EXPECT_EQ(shared.error().kind, ErrorKind::crypto);
    }
    Bytes zero(65);
    EXPECT_FALSE(p256_shared(from(p256_i), zero));
    zero[0] = 4;
    EXPECT_FALSE(p256_shared(from(p256_i), zero));
    Bytes high(65, 0xff);  // coordinates above the field's prime
    high[0] = 4;
    EXPECT_FALSE(p256_shared(from(p256_i), high));
}

TEST(P256, RefusesCompressedShortLongAndInfinitePoints) {
    const Bytes good = from(p256_gr);
    Bytes compressed(good.begin(), good.begin() + 33);
    compressed[0] = static_cast<std::uint8_t>(2 + (good.back() & 1));
    EXPECT_FALSE(p256_shared(from(p256_i), compressed));
    EXPECT_FALSE(p256_shared(from(p256_i), View(good).first(64)));
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_FALSE(p256_shared(from(p256_i), longer));
    EXPECT_FALSE(p256_shared(from(p256_i), Bytes{0}));
    EXPECT_FALSE(p256_shared(from(p256_i), {}));
    Bytes hybrid = good;
    hybrid[0] = static_cast<std::uint8_t>(6 + (good.back() & 1));
    EXPECT_FALSE(p256_shared(from(p256_i), hybrid));
}

TEST(P256, RefusesPrivateKeysThatAreNone) {
    Bytes above = from(p256_order);
    for (const Bytes& wrong : {Bytes(32), from(p256_order), Bytes(32, 0xff), Bytes(31, 1), Bytes(33, 1), Bytes{}}) {
        EXPECT_FALSE(p256_public_of(wrong)) << hex(wrong);
        EXPECT_FALSE(p256_shared(wrong, from(p256_gr))) << hex(wrong);
    }
    above.back() -= 1;  // the largest there is: minus the generator
    const Bytes largest = p256_public_of(above).value();
    Bytes one(32);
    one.back() = 1;
    const Bytes generator = p256_public_of(one).value();
    EXPECT_EQ(hex(View(generator).first(33)), "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");  // SEC 2, 2.4.2
    EXPECT_EQ(Bytes(largest.begin() + 1, largest.begin() + 33), Bytes(generator.begin() + 1, generator.begin() + 33));
    EXPECT_NE(largest, generator);
}

TEST(P256, MakesPairsThatAgree) {
    for (int i = 0; i < 50; ++i) {
        const auto a = p256_generate(), b = p256_generate();
        EXPECT_EQ(p256_public_of(a.private_key.expose()).value(), a.public_key);
        const auto ab = p256_shared(a.private_key.expose(), b.public_key).value(), ba = p256_shared(b.private_key.expose(), a.public_key).value();
        EXPECT_TRUE(equal_in_constant_time(ab.expose(), ba.expose()));
        EXPECT_NE(a.public_key, b.public_key);
    }
}

// ---- Ed25519: RFC 8032 section 7.1 -------------------------------------------------------------------------------------------

struct Ed {
    const char *seed, *public_key, *message, *signature;
};
constexpr Ed ed_cases[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

TEST(Ed25519, SignsAndVerifiesTheTestsOfRfc8032) {
    for (const auto& vector : ed_cases) {
        EXPECT_EQ(hex(ed25519_public_of(from(vector.seed)).value()), vector.public_key);
        EXPECT_EQ(hex(ed25519_sign(from(vector.seed), from(vector.message)).value()), vector.signature);
        EXPECT_TRUE(ed25519_verify(from(vector.public_key), from(vector.message), from(vector.signature)));
    }
}

TEST(Ed25519, BelievesNoSignatureOfWhichAnyBitWasChanged) {
    const auto& vector = ed_cases[2];
    const Bytes key = from(vector.public_key), message = from(vector.message), signature = from(vector.signature);
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) ASSERT_FALSE(ed25519_verify(key, message, flipped(signature, bit))) << bit;
    for (std::size_t bit = 0; bit < key.size() * 8; ++bit) ASSERT_FALSE(ed25519_verify(flipped(key, bit), message, signature)) << bit;
    for (std::size_t bit = 0; bit < message.size() * 8; ++bit) ASSERT_FALSE(ed25519_verify(key, flipped(message, bit), signature)) << bit;
    EXPECT_FALSE(ed25519_verify(from(ed_cases[0].public_key), message, signature)) << "somebody else's key";
}

TEST(Ed25519, TakesNoSignatureWhoseScalarIsNotReduced) {
    // RFC 8032 section 5.1.7: S below the group's order L; S + L would otherwise be a second signature of the same message.
    const auto& vector = ed_cases[2];
    Bytes signature = from(vector.signature);
    const Bytes order = from("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; ++i) {
        carry += signature[32 + i] + unsigned{order[i]};
        signature[32 + i] = static_cast<std::uint8_t>(carry);
        carry >>= 8;
    }
    ASSERT_EQ(carry, 0u);
    EXPECT_FALSE(ed25519_verify(from(vector.public_key), from(vector.message), signature));
}

TEST(Ed25519, RefusesWrongSizes) {
    const auto& vector = ed_cases[1];
    const Bytes key = from(vector.public_key), message = from(vector.message), signature = from(vector.signature);
    for (const std::size_t size : {0, 31}) EXPECT_FALSE(ed25519_verify(View(key).first(size), message, signature));
    EXPECT_FALSE(ed25519_verify(Bytes(33), message, signature));
    for (const std::size_t size : {0, 32, 63}) EXPECT_FALSE(ed25519_verify(key, message, View(signature).first(size)));
    Bytes longer = signature;
    longer.push_back(0);
    EXPECT_FALSE(ed25519_verify(key, message, longer));
    for (const std::size_t size : {0, 31, 33, 64}) {
        EXPECT_FALSE(ed25519_public_of(Bytes(size, 1)));
        EXPECT_FALSE(ed25519_sign(Bytes(size, 1), message));
    }
}

TEST(Ed25519, MakesPairsThatSignForThemselvesAlone) {
    const auto a = ed25519_generate(), b = ed25519_generate();
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Seeded random(seed);
        const Bytes message = random.bytes(random.below(300));
        const Bytes signature = ed25519_sign(a.seed.expose(), message).value();
        ASSERT_TRUE(ed25519_verify(a.public_key, message, signature));
        ASSERT_FALSE(ed25519_verify(b.public_key, message, signature));
    }
}

// ---- randomness --------------------------------------------------------------------------------------------------------------

TEST(Random, IsNeverTheSameAndFillsEveryByte) {
    std::set<Bytes> seen;
    std::array<std::set<std::uint8_t>, 32> values;
    for (int i = 0; i < 5000; ++i) {
        const Bytes bytes = random_bytes(32);
        ASSERT_TRUE(seen.insert(bytes).second);
        for (std::size_t at = 0; at < 32; ++at) values[at].insert(bytes[at]);
    }
    for (const auto& one : values) EXPECT_GT(one.size(), 250u);
    EXPECT_TRUE(random_bytes(0).empty());
    EXPECT_EQ(random_secret(1000).size(), 1000u);  // more than getrandom(2) gives without interruption
}

}  // namespace
}  // namespace anteroom::crypto
