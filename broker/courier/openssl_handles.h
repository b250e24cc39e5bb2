// OpenSSL's TLS objects as owners. OpenSSL types do not leave this folder.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

namespace anteroom::courier {

template <auto free>
struct FreeTls {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, FreeTls<SSL_free>>;

}  // namespace anteroom::courier
