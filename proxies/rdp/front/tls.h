// The server's side of TLS with the broker's identity: TLS 1.2 or 1.3, forward secrecy and authenticated encryption only, the whole chain.
// No client certificates, renegotiation, compression, tickets or resumption.
#pragma once

#include "base/result.h"
#include "proxies/rdp/front/openssl_handles.h"

namespace anteroom::rdp {

// A handshake to be done on `client`, with the identity that is in the file `identity` (PEM: private key, then its certificate, then the
// authorities'). Nothing is opened or looked up afterwards.
Result<Tls> server_tls(int client, int identity);

}  // namespace anteroom::rdp
