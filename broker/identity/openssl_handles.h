// OpenSSL's objects as owners, and the few conversions this folder needs. OpenSSL types do not leave broker/identity.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/result.h"

namespace anteroom::identity {

using Pkey = CHandle<EVP_PKEY, EVP_PKEY_free>;
using PkeyContext = CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using Number = CHandle<BIGNUM, BN_clear_free>;
using NumberContext = CHandle<BN_CTX, BN_CTX_free>;
using EcdsaSignature = CHandle<ECDSA_SIG, ECDSA_SIG_free>;
using Params = CHandle<OSSL_PARAM, OSSL_PARAM_free>;
using ParamBuilder = CHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Bio = CHandle<BIO, BIO_free_all>;

// OpenSSL keeps a queue of errors a thread; it is emptied so that the next reader does not find ours.
inline tl::unexpected<Error> fail_openssl(const char* what) {
    ERR_clear_error();
    return fail(ErrorKind::crypto, what);
}

inline Number number_of(View magnitude) { return Number(BN_bin2bn(magnitude.data(), static_cast<int>(magnitude.size()), nullptr)); }

inline Bytes bytes_of(const BIGNUM* number) {
    Bytes out(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, out.data());
    return out;
}

inline Result<Pkey> pkey_from(const char* type, int selection, OSSL_PARAM_BLD* builder) {
    Params params(OSSL_PARAM_BLD_to_param(builder));
    PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* raw = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 || EVP_PKEY_fromdata(context.get(), &raw, selection, params.get()) != 1)
        return fail_openssl("OpenSSL refuses these key numbers");
    return Pkey(raw);
}

}  // namespace anteroom::identity
