// The server's side of TLS with the broker's identity: TLS 1.2 or 1.3, forward secrecy and authenticated encryption only, the whole chain.
// No client certificates, renegotiation, compression, tickets or resumption.
#pragma once

#include "base/openssl_handles.h"
#include "base/result.h"

namespace anteroom::rdp {

using openssl::Tls;

// A handshake to be done on `client`, with the identity that is in the file `identity` (PEM: private key, then its certificate, then the
// authorities'). Nothing is opened or looked up afterwards.
Result<Tls> server_tls(int client, int identity);

}  // namespace anteroom::rdp
