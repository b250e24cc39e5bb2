// OpenSSL 3 behind base/crypto.h.
#include "base/crypto.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <sys/random.h>

#include <cstdlib>

#include "base/c_handle.h"

namespace anteroom::crypto {

namespace {

using Key = CHandle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using Kdf = CHandle<EVP_KDF, EVP_KDF_free>;
using KdfContext = CHandle<EVP_KDF_CTX, EVP_KDF_CTX_free>;
using ParamBuilder = CHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = CHandle<OSSL_PARAM, OSSL_PARAM_free>;
using Number = CHandle<BIGNUM, BN_clear_free>;
using Group = CHandle<EC_GROUP, EC_GROUP_free>;
using Point = CHandle<EC_POINT, EC_POINT_free>;

tl::unexpected<Error> crypto_fail(const char* what) { return fail(ErrorKind::crypto, what); }
void must(bool happened) {
    if (!happened) std::abort();  // only memory or a broken library get here
}
EVP_CIPHER_CTX* cipher(void* context) { return static_cast<EVP_CIPHER_CTX*>(context); }
EVP_MD_CTX* digest(void* context) { return static_cast<EVP_MD_CTX*>(context); }

constexpr std::size_t scalar_size = 32, point_size = 65, nonce_size = 12;

Result<Bytes> point_of(View scalar) {
    Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    Number number(BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), nullptr));
    Point point(EC_POINT_new(group.get()));
    must(group && number && point);
    if (scalar.size() != scalar_size || BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0)
        return crypto_fail("not a P-256 private key");
    must(EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) == 1);
    Bytes out(point_size);
    must(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, out.data(), out.size(), nullptr) == point_size);
    return out;
}

Result<Key> p256_key(View public_key, const View* private_key) {
    ParamBuilder builder(OSSL_PARAM_BLD_new());
    must(builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1);
    must(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, public_key.data(), public_key.size()) == 1);
    Number number;
    if (private_key) {
        number.reset(BN_secure_new());
        must(BN_bin2bn(private_key->data(), static_cast<int>(private_key->size()), number.get()) != nullptr);
        must(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) == 1);
    }
    Params params(OSSL_PARAM_BLD_to_param(builder.get()));
    KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* raw = nullptr;
    must(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
    if (EVP_PKEY_fromdata(context.get(), &raw, private_key ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params.get()) != 1) return crypto_fail("not a P-256 key");
    Key key(raw);
    return key;
}

Result<Key> ed25519_private(View seed) {
    Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
    if (!key) return crypto_fail("not an Ed25519 seed");
    return key;
}

}  // namespace

void random(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const ssize_t n = ::getrandom(out.data(), out.size(), 0);
        if (n < 0 && errno == EINTR) continue;
        must(n > 0);
        out = out.subspan(static_cast<std::size_t>(n));
    }
}
Bytes random_bytes(std::size_t size) {
    Bytes bytes(size);
    random(bytes);
    return bytes;
}
Secret random_secret(std::size_t size) { return Secret(random_bytes(size)); }

Digest sha256(View data) {
    Digest out;
    must(EVP_Digest(data.data(), data.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1);
    return out;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) { must(context_ && EVP_DigestInit_ex(digest(context_), EVP_sha256(), nullptr) == 1); }
Sha256::~Sha256() { EVP_MD_CTX_free(digest(context_)); }
Sha256::Sha256(Sha256&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
Sha256& Sha256::operator=(Sha256&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
}
void Sha256::update(View data) { must(EVP_DigestUpdate(digest(context_), data.data(), data.size()) == 1); }
Digest Sha256::finish() {
    Digest out;
    must(EVP_DigestFinal_ex(digest(context_), out.data(), nullptr) == 1);
    return out;
}

Digest hmac_sha256(View key, View data) {
    Digest out;
    unsigned size = 0;
    static const std::uint8_t none = 0;  // an empty key is a legal one (RFC 2104), a null pointer is not
    must(HMAC(EVP_sha256(), key.empty() ? &none : key.data(), static_cast<int>(key.size()), data.data(), data.size(), out.data(), &size) != nullptr);
    return out;
}

Secret hkdf_sha256(View input_key, View salt, View info, std::size_t size) {
    Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    KdfContext context(EVP_KDF_CTX_new(kdf.get()));
    char name[] = "SHA256";
    const auto octets = [](const char* key, View v) {
        static std::uint8_t none = 0;
        return OSSL_PARAM_construct_octet_string(key, v.empty() ? &none : const_cast<std::uint8_t*>(v.data()), v.size());
    };
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0), octets(OSSL_KDF_PARAM_KEY, input_key),
                                 octets(OSSL_KDF_PARAM_SALT, salt), octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
    Bytes out(size);
    must(context && EVP_KDF_derive(context.get(), out.data(), out.size(), params) == 1);
    return Secret(std::move(out));
}

AesGcm::AesGcm(View key) : context_(EVP_CIPHER_CTX_new()) {
    must(context_ && key.size() == 32);
    must(EVP_CipherInit_ex(cipher(context_), EVP_aes_256_gcm(), nullptr, key.data(), nullptr, 1) == 1);
}
AesGcm::~AesGcm() { EVP_CIPHER_CTX_free(cipher(context_)); }
AesGcm::AesGcm(AesGcm&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
AesGcm& AesGcm::operator=(AesGcm&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
}

Status AesGcm::seal(View nonce, View aad, View plain, std::span<std::uint8_t> out) {
    if (nonce.size() != nonce_size || out.size() != plain.size() + gcm_tag_size) return crypto_fail("AES-GCM: wrong nonce or output size");
    auto* c = cipher(context_);
    int n = 0;
    std::uint8_t* tag = out.data() + plain.size();
    const bool good = EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
                      (aad.empty() || EVP_EncryptUpdate(c, nullptr, &n, aad.data(), static_cast<int>(aad.size())) == 1) &&
                      (plain.empty() || EVP_EncryptUpdate(c, out.data(), &n, plain.data(), static_cast<int>(plain.size())) == 1) &&
                      EVP_EncryptFinal_ex(c, tag, &n) == 1 && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, gcm_tag_size, tag) == 1;
    return good ? ok() : Status(crypto_fail("AES-GCM: sealing failed"));
}

Status AesGcm::open(View nonce, View aad, View sealed, std::span<std::uint8_t> out) {
    if (nonce.size() != nonce_size || sealed.size() < gcm_tag_size || out.size() != sealed.size() - gcm_tag_size)
        return crypto_fail("AES-GCM: wrong nonce or input size");
    auto* c = cipher(context_);
    int n = 0;
    std::uint8_t tag[gcm_tag_size];
    std::copy(sealed.end() - gcm_tag_size, sealed.end(), tag);
    std::uint8_t none = 0;
    const bool good = EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
                      (aad.empty() || EVP_DecryptUpdate(c, nullptr, &n, aad.data(), static_cast<int>(aad.size())) == 1) &&
                      (out.empty() || EVP_DecryptUpdate(c, out.data(), &n, sealed.data(), static_cast<int>(out.size())) == 1) &&
                      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, gcm_tag_size, tag) == 1 &&
                      EVP_DecryptFinal_ex(c, out.empty() ? &none : out.data() + out.size(), &n) == 1;
    if (good) return ok();
    wipe(out.data(), out.size());
    return crypto_fail("AES-GCM: the tag does not match");
}

Result<Bytes> aes_gcm_seal(View key, View nonce, View aad, View plain) {
    if (key.size() != 32) return crypto_fail("AES-256 needs a 32-byte key");
    Bytes out(plain.size() + gcm_tag_size);
    TRY(AesGcm(key).seal(nonce, aad, plain, out));
    return out;
}

Result<Bytes> aes_gcm_open(View key, View nonce, View aad, View sealed) {
    if (key.size() != 32) return crypto_fail("AES-256 needs a 32-byte key");
    if (sealed.size() < gcm_tag_size) return crypto_fail("AES-GCM: shorter than its tag");
    Bytes out(sealed.size() - gcm_tag_size);
    TRY(AesGcm(key).open(nonce, aad, sealed, out));
    return out;
}

P256Pair p256_generate() {
    while (true) {
        Secret scalar = random_secret(scalar_size);
        if (auto point = point_of(scalar.expose())) return {std::move(scalar), std::move(*point)};
    }
}

Result<Bytes> p256_public_of(View private_key) { return point_of(private_key); }

Result<Secret> p256_shared(View private_key, View peer_public_key) {
    if (peer_public_key.size() != point_size || peer_public_key[0] != 4) return crypto_fail("not an uncompressed P-256 point");
    const Bytes own = TRY(point_of(private_key));
    const Key mine = TRY(p256_key(own, &private_key));
    const Key peer = TRY(p256_key(peer_public_key, nullptr));
    KeyContext check(EVP_PKEY_CTX_new(peer.get(), nullptr));
    if (!check || EVP_PKEY_public_check(check.get()) != 1) return crypto_fail("the P-256 point is not on the curve");
    KeyContext context(EVP_PKEY_CTX_new(mine.get(), nullptr));
    Bytes out(scalar_size);
    std::size_t size = out.size();
    const bool good = context && EVP_PKEY_derive_init(context.get()) == 1 && EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
                      EVP_PKEY_derive(context.get(), out.data(), &size) == 1 && size == scalar_size;
    if (!good) return crypto_fail("ECDH failed");
    return Secret(std::move(out));
}

Ed25519Pair ed25519_generate() {
    Secret seed = random_secret(32);
    auto public_key = ed25519_public_of(seed.expose());
    must(public_key.has_value());
    return {std::move(seed), std::move(*public_key)};
}

Result<Bytes> ed25519_public_of(View seed) {
    const Key key = TRY(ed25519_private(seed));
    Bytes out(32);
    std::size_t size = out.size();
    if (EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) != 1 || size != 32) return crypto_fail("Ed25519 public key");
    return out;
}

Result<Bytes> ed25519_sign(View seed, View message) {
    const Key key = TRY(ed25519_private(seed));
    DigestContext context(EVP_MD_CTX_new());
    Bytes out(64);
    std::size_t size = out.size();
    const bool good = context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                      EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1 && size == 64;
    if (!good) return crypto_fail("Ed25519 signing failed");
    return out;
}

bool ed25519_verify(View public_key, View message, View signature) {
    Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()));
    DigestContext context(EVP_MD_CTX_new());
    return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace anteroom::crypto
