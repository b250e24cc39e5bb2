// Making, keeping and using private keys through OpenSSL. A key is taken in only after it has signed something that its
// public half verifies: inconsistent RSA numbers would otherwise leak the key with the first signature.
#include "broker/identity/private_key.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "broker/identity/openssl_handles.h"
#include "broker/identity/ssh_wire.h"

namespace anteroom::identity {
namespace {

using Pkcs8 = CHandle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

Result<Bytes> number_in(const EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return fail_openssl("a number of this key cannot be read");
    Number number(raw);
    return bytes_of(raw);
}

Result<Bytes> rsa_blob(const EVP_PKEY* key) {
    auto e = TRY(number_in(key, OSSL_PKEY_PARAM_RSA_E));
    auto n = TRY(number_in(key, OSSL_PKEY_PARAM_RSA_N));
    SshWriter writer;
    writer.string("ssh-rsa").mpint(e).mpint(n);
    return writer.take();
}

Result<Bytes> ec_blob(EVP_PKEY* key) {
    char group[64] = {};
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(key, group, sizeof group, &size) != 1) return fail_openssl("This key's curve has no name.");
    std::string_view name(group, size);
    auto type = name == "P-256" || name == "prime256v1"  ? KeyType::ecdsa_p256
                : name == "P-384" || name == "secp384r1" ? KeyType::ecdsa_p384
                                                         : KeyType::ecdsa_p521;
    if (type == KeyType::ecdsa_p521 && name != "P-521" && name != "secp521r1") return fail(ErrorKind::refused, "Private keys on this curve are not accepted.");
    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
    Bytes point(256);
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size) != 1)
        return fail_openssl("This key has no public half.");
    SshWriter writer;
    writer.string(facts_of(type).name).string(facts_of(type).curve).string(View(point).first(size));
    return writer.take();
}

Result<Bytes> public_blob_of(EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "RSA")) return rsa_blob(key);
    if (EVP_PKEY_is_a(key, "EC")) return ec_blob(key);
    if (!EVP_PKEY_is_a(key, "ED25519")) return fail(ErrorKind::refused, "Private keys of this type are not accepted: please use Ed25519, ECDSA or RSA.");
    Bytes point(32);
    std::size_t size = point.size();
    if (EVP_PKEY_get_raw_public_key(key, point.data(), &size) != 1 || size != 32) return fail_openssl("EVP_PKEY_get_raw_public_key");
    SshWriter writer;
    writer.string("ssh-ed25519").string(point);
    return writer.take();
}

// DER to RFC 5656 3.1.2.
Result<Bytes> ecdsa_from_der(View der) {
    const unsigned char* cursor = der.data();
    EcdsaSignature both(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
    if (!both) return fail_openssl("d2i_ECDSA_SIG");
    SshWriter writer;
    writer.mpint(bytes_of(ECDSA_SIG_get0_r(both.get()))).mpint(bytes_of(ECDSA_SIG_get0_s(both.get())));
    return writer.take();
}

const EVP_MD* digest_for(const PublicKey& key, std::string_view algorithm) {
    if (algorithm == "rsa-sha2-512") return EVP_sha512();
    if (algorithm == "rsa-sha2-256") return EVP_sha256();
    const char* name = facts_of(key.type()).digest;
    return name ? EVP_get_digestbyname(name) : nullptr;
}

// A passphrase is never asked for on the broker's terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

void PrivateKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Result<PrivateKey> PrivateKey::own(Handle key) {
    auto blob = TRY(public_blob_of(key.get()));
    auto public_key = TRY(PublicKey::parse_blob(blob));
    PrivateKey made(std::move(key), std::move(public_key));
    auto algorithm = made.public_.type() == KeyType::rsa ? std::string_view("rsa-sha2-256") : made.public_.algorithm();
    auto trial = view("anteroom: does this key sign what its public half verifies?");
    auto signature = made.sign(trial, algorithm);
    if (!signature || !verify(made.public_, algorithm, trial, *signature)) return fail(ErrorKind::invalid, "This private key does not fit its public half.");
    return made;
}

Result<PrivateKey> PrivateKey::generate(Kind kind) {
    EVP_PKEY* raw = kind == Kind::ed25519      ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                    : kind == Kind::ecdsa_p256 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")
                                               : EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{3072});
    if (!raw) return fail_openssl("OpenSSL could not make a key");
    return own(Handle(raw));
}

Result<Secret> PrivateKey::to_secret() const {
    Pkcs8 info(EVP_PKEY2PKCS8(key_.get()));
    unsigned char* der = nullptr;
    int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : 0;
    if (size <= 0) return fail_openssl("the private key cannot be written");
    auto length = static_cast<std::size_t>(size);
    auto secret = Secret::copy_of(View(der, length));
    OPENSSL_clear_free(der, length);
    return secret;
}

Result<PrivateKey> PrivateKey::from_secret(const Secret& pkcs8) {
    const unsigned char* cursor = pkcs8.expose().data();
    Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &cursor, static_cast<long>(pkcs8.size())));
    if (!info || cursor != pkcs8.expose().data() + pkcs8.size()) return fail_openssl("This is no private key in PKCS#8.");
    EVP_PKEY* raw = EVP_PKCS82PKEY(info.get());
    if (!raw) return fail_openssl("This private key's type is not known.");
    ERR_clear_error();
    return own(Handle(raw));
}

Result<PrivateKey> PrivateKey::parse(const Secret& text) {
    constexpr std::size_t limit = 64 * 1024;
    auto content = text.expose_text();
    if (content.size() > limit) return fail(ErrorKind::invalid, "This file is too long for a private key.");
    if (content.find("-----BEGIN OPENSSH PRIVATE KEY-----") != std::string_view::npos) return parse_openssh(content);
    if (content.find("-----BEGIN ") == std::string_view::npos || content.find("PRIVATE KEY-----") == std::string_view::npos)
        return fail(ErrorKind::invalid, "This is no private key: it should begin with -----BEGIN ... PRIVATE KEY-----.");
    return parse_pem(content);
}

Result<PrivateKey> PrivateKey::parse_pem(std::string_view text) {
    if (text.find("ENCRYPTED") != std::string_view::npos)
        return fail(ErrorKind::refused, "This private key is locked with a passphrase: please take it off first (ssh-keygen -p); the vault will encrypt it.");
    Bio source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    EVP_PKEY* raw = source ? PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr) : nullptr;
    if (!raw) return fail_openssl("This private key cannot be read.");
    return own(Handle(raw));
}

Result<Bytes> PrivateKey::sign(View data, std::string_view algorithm) const {
    if (!public_.signs_with(algorithm)) return fail(ErrorKind::refused, "this key does not sign with that algorithm");
    DigestContext context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!context || EVP_DigestSignInit(context.get(), nullptr, digest_for(public_, algorithm), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, data.data(), data.size()) != 1)
        return fail_openssl("EVP_DigestSignInit");
    Bytes signature(size);
    if (EVP_DigestSign(context.get(), signature.data(), &size, data.data(), data.size()) != 1) return fail_openssl("EVP_DigestSign");
    signature.resize(size);
    if (facts_of(public_.type()).group) signature = TRY(ecdsa_from_der(signature));
    SshWriter writer;
    writer.string(algorithm).string(signature);
    return writer.take();
}

}  // namespace anteroom::identity
