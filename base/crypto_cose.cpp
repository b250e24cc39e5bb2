// Keys by their numbers, then one call.
#include "base/crypto_cose.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/c_handle.h"

namespace anteroom::crypto {

namespace {

using Key = CHandle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using Builder = CHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = CHandle<OSSL_PARAM, OSSL_PARAM_free>;
using Number = CHandle<BIGNUM, BN_free>;

constexpr std::int64_t es256 = -7, eddsa = -8, rs256 = -257;
constexpr std::size_t p256_numbers = 64, ed25519_key = 32, modulus_size = 256, longest_exponent = 8;

Key made_of(const char* type, OSSL_PARAM_BLD* builder) {
    const Params params(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (params && context && EVP_PKEY_fromdata_init(context.get()) == 1) (void)EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get());
    return Key(key);
}

// Off-curve points are refused by OpenSSL.
Key es256_key(View numbers) {
    if (numbers.size() != p256_numbers) return {};
    Bytes point{0x04};
    point.insert(point.end(), numbers.begin(), numbers.end());
    const Builder builder(OSSL_PARAM_BLD_new());
    if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), "group", "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), "pub", point.data(), point.size()) != 1)
        return {};
    return made_of("EC", builder.get());
}

Key rs256_key(View numbers) {
    if (numbers.size() <= modulus_size || numbers.size() > modulus_size + longest_exponent) return {};
    const auto number = [](View bytes) { return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)); };
    const auto n = number(numbers.first(modulus_size)), e = number(numbers.subspan(modulus_size));
    const Builder builder(OSSL_PARAM_BLD_new());
    if (!n || !e || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), "n", n.get()) != 1 || OSSL_PARAM_BLD_push_BN(builder.get(), "e", e.get()) != 1) return {};
    return made_of("RSA", builder.get());
}

Key key_of(std::int64_t algorithm, View numbers) {
    if (algorithm == es256) return es256_key(numbers);
    if (algorithm == rs256) return rs256_key(numbers);
    if (algorithm == eddsa && numbers.size() == ed25519_key) return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, numbers.data(), numbers.size()));
    return {};
}

}  // namespace

Status cose_verify(std::int64_t algorithm, View public_key, View message, View signature) {
    const auto key = key_of(algorithm, public_key);
    const DigestContext context(EVP_MD_CTX_new());
    const bool good = key && context && EVP_DigestVerifyInit(context.get(), nullptr, algorithm == eddsa ? nullptr : EVP_sha256(), nullptr, key.get()) == 1 &&
                      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
    ERR_clear_error();
    if (!key) return fail(ErrorKind::crypto, "not a public key of algorithm " + std::to_string(algorithm));
    return good ? ok() : Status(fail(ErrorKind::crypto, "the signature is not right"));
}

}  // namespace anteroom::crypto
