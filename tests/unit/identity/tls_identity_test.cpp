// RDP's TLS identity: made here, or read from PEM files of a hospital; and everything that does not fit together.
#include "broker/identity/tls_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/crypto.h"
#include "broker/identity/openssl_handles.h"

namespace anteroom::identity {
namespace {

using ::testing::HasSubstr;
const Time now = from_micros(1'767'600'000'000'000);
constexpr Duration two_years = std::chrono::hours(24 * 730);

const TlsIdentity& made() {
    static const auto one = TlsIdentity::make("broker.hospital.example", {"anteroom", "10.0.0.5", "bad name,DNS:evil", "anteroom"}, now, two_years);
    if (!one) throw std::runtime_error(one.error().detail);
    return *one;
}
const TlsIdentity& another() {
    static const auto one = TlsIdentity::make("other", {}, now, two_years);
    return *one;
}
CHandle<X509, X509_free> certificate_of(const TlsIdentity& identity) {
    const Bio source(BIO_new_mem_buf(identity.certificates().data(), -1));
    return CHandle<X509, X509_free>(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr));
}
Error error_of(const std::string& certificates, const Secret& key) {
    const auto parsed = TlsIdentity::parse(view(certificates), key);
    return parsed ? Error{ErrorKind::internal, "no error"} : parsed.error();
}

TEST(TlsIdentity, MadeHereNamesItsHostsAndLastsAsLongAsItShould) {
    const auto certificate = certificate_of(made());
    ASSERT_TRUE(certificate);
    EXPECT_EQ(X509_check_host(certificate.get(), "broker.hospital.example", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_host(certificate.get(), "anteroom", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_ip_asc(certificate.get(), "10.0.0.5", 0), 1);
    EXPECT_EQ(X509_check_host(certificate.get(), "evil", 0, 0, nullptr), 0) << "a name that says more than a name is left out";
    EXPECT_EQ(EVP_PKEY_get_bits(X509_get0_pubkey(certificate.get())), 256);
    EXPECT_EQ(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())), 1);
    EXPECT_EQ(made().facts().subject, "broker.hospital.example");
    EXPECT_TRUE(made().facts().self_signed);
    EXPECT_EQ(made().facts().not_after, now + two_years);
    EXPECT_LE(made().facts().not_before, now);
}

TEST(TlsIdentity, ComesBackFromItsPemWithTheKeyFirst) {
    const auto pem = made().pem();
    const auto text = pem.expose_text();
    EXPECT_LT(text.find("PRIVATE KEY"), text.find("BEGIN CERTIFICATE"));
    const auto again = TlsIdentity::parse(view(made().certificates()), made().key());
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->facts().sha256, made().facts().sha256);
    EXPECT_TRUE(equal_in_constant_time(again->pem().expose(), pem.expose()));
}

TEST(TlsIdentity, KeepsTheWholeChain) {
    const auto both = made().certificates() + another().certificates();
    const auto read = TlsIdentity::parse(view(both), made().key());
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read->facts().chain, 2u);
    EXPECT_EQ(read->certificates(), both);
}

TEST(TlsIdentity, RefusesAKeyThatDoesNotFit) {
    EXPECT_EQ(error_of(made().certificates(), another().key()).kind, ErrorKind::conflict);
    EXPECT_EQ(error_of(another().certificates() + made().certificates(), made().key()).kind, ErrorKind::conflict) << "the own certificate stands first";
}

TEST(TlsIdentity, SaysWhichOfTheTwoIsWrong) {
    const auto& chain = made().certificates();
    for (const auto& text : {std::string(), std::string("nothing"), chain.substr(0, chain.size() / 2),
                             chain + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", std::string(300 * 1024, 'x')})
        EXPECT_EQ(error_of(text, made().key()).kind, ErrorKind::invalid) << text.size();
    for (const char* text : {"", "nothing", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                             "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"})
        EXPECT_EQ(error_of(chain, Secret::copy_of(std::string_view(text))).kind, ErrorKind::refused) << text;
    EXPECT_THAT(error_of(chain, Secret::copy_of("-----BEGIN ENCRYPTED PRIVATE KEY-----")).detail, HasSubstr("passphrase"));
}

TEST(TlsIdentity, OfAWeakKeyIsRefused) {
    const Pkey weak(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024}));
    const Bio out(BIO_new(BIO_s_mem()));
    ASSERT_EQ(PEM_write_bio_PrivateKey(out.get(), weak.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &data);
    EXPECT_THAT(error_of(made().certificates(), Secret::copy_of(std::string_view(data, static_cast<std::size_t>(size)))).detail, HasSubstr("2048"));
}

TEST(CertificateDigest, IsOfTheWholeDerAndOfNothingElse) {
    unsigned char* raw = nullptr;
    const int size = i2d_X509(certificate_of(made()).get(), &raw);
    Bytes der(raw, raw + size);
    OPENSSL_free(raw);
    const auto digest = certificate_digest(der);
    ASSERT_TRUE(digest);
    EXPECT_EQ(*digest, to_bytes(View(crypto::sha256(der))));
    EXPECT_EQ(colon_hex(*digest), made().facts().sha256);
    auto longer = der;
    longer.push_back(0);
    EXPECT_FALSE(certificate_digest(longer)) << "a byte behind it";
    for (std::size_t cut = 0; cut < der.size(); cut += 7) EXPECT_FALSE(certificate_digest(View(der).first(cut))) << cut;
}

TEST(DetachedSignature, HoldsForItsDataAndForNoOther) {
    const auto data = to_bytes("settings");
    const auto signature = made().sign_detached(data);
    ASSERT_TRUE(signature);
    const auto verifies = [&](View content) {
        const unsigned char* cursor = signature->data();
        const CHandle<CMS_ContentInfo, CMS_ContentInfo_free> message(d2i_CMS_ContentInfo(nullptr, &cursor, static_cast<long>(signature->size())));
        const Bio source(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
        return message && CMS_is_detached(message.get()) == 1 &&
               CMS_verify(message.get(), nullptr, nullptr, source.get(), nullptr, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;
    };
    EXPECT_TRUE(verifies(data));
    EXPECT_FALSE(verifies(to_bytes("other settings")));
}

}  // namespace
}  // namespace anteroom::identity
