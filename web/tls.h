// The server's side of TLS: version 1.3, and 1.2 with forward secrecy and authenticated encryption where it is allowed. No client
// certificates, renegotiation, compression, tickets or resumption; of ALPN, http/1.1 only.
#pragma once

#include "base/openssl_handles.h"
#include "base/result.h"
#include "base/secret.h"

namespace anteroom::web {

using openssl::TlsContext;

// `identity`: PEM, the private key, then its certificate, then the authorities'. Everything that OpenSSL makes on first use is made here:
// nothing is opened afterwards.
Result<TlsContext> server_tls(const Secret& identity, bool tls12);

}  // namespace anteroom::web
