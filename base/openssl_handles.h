// OpenSSL's TLS objects as owners, for the few folders that speak TLS (tests/lint/includes.py names them). Its types do not leave those.
#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <string>

#include "base/c_handle.h"

namespace anteroom::openssl {

using Bio = CHandle<BIO, BIO_free>;
using PrivateKey = CHandle<EVP_PKEY, EVP_PKEY_free>;
using Certificate = CHandle<X509, X509_free>;
using TlsContext = CHandle<SSL_CTX, SSL_CTX_free>;
using Tls = CHandle<SSL, SSL_free>;

// Why the last call failed, in OpenSSL's fixed words; its queue of errors is empty afterwards.
inline std::string last_reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? "no reason given" : reason;
}

}  // namespace anteroom::openssl
