// OpenSSL's TLS objects as owners. OpenSSL types do not leave this folder.
#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace anteroom::rdp {

template <auto free>
struct FreeOpenSsl {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};
using Bio = std::unique_ptr<BIO, FreeOpenSsl<BIO_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeOpenSsl<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeOpenSsl<X509_free>>;
using TlsContext = std::unique_ptr<SSL_CTX, FreeOpenSsl<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, FreeOpenSsl<SSL_free>>;

// Why the last call failed, in OpenSSL's fixed words; its queue of errors is empty afterwards.
inline std::string openssl_reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? "no reason given" : reason;
}

}  // namespace anteroom::rdp
