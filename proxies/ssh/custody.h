// Custody: what libssh would do by itself with keys and signatures, done by the broker instead. The linker hands us a few
// of libssh's internal calls (CMakeLists.txt); all of them are in custody.cpp, and nothing else knows they exist.
//   - host keys: libssh holds placeholders; the true public key is announced, the broker signs the exchange
//   - a person's signature: kept as evidence, never judged here
//   - a target's signature: judged by libssh, and kept as evidence for the broker to judge again
//   - requests that libssh would answer silently by itself: seen and named, so that the gate can refuse and record them
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "broker/control/messages.h"
#include "proxies/ssh/libssh_handles.h"

namespace anteroom::ssh {

// A signed publickey request as it came, to be judged by the broker.
struct KeyEvidence {
    Bytes signed_data;  // RFC 4252 section 7: session id and request
    Bytes signature;    // the signature blob
};

// What a target's host key signed: the hash of the first key exchange, which is the session id from then on (RFC 4253 section 7.2).
struct HostEvidence {
    Bytes host_key;  // the public blob
    Bytes exchange_hash;
    Bytes signature;  // the signature blob
};

// A request seen on the wire that libssh either hides or answers by itself.
struct SeenRequest {
    std::string name;
    Bytes payload;
    bool queued = false;  // a message for it stands in the session's queue
};

class Custody {
public:
    using Sign = std::function<Bytes(const std::string& algorithm, View hash)>;  // empty when refused

    // One a process: libssh's calls carry no context of ours. `front` is the session towards the client.
    static void open(ssh_session front, Sign sign);
    // Before open(): libssh gets a placeholder for each host key.
    static Status import_placeholders(ssh_bind bind, const std::vector<control::HostKey>& keys);

    // The evidence of the signed request that was parsed last, once.
    static std::optional<KeyEvidence> take_evidence();
    // The session towards the target, before it connects. A host key other than the first one's is refused at every later exchange.
    static void watch_target(ssh_session target);
    // What the target signed in its first exchange; none before libssh has found it good.
    static const std::optional<HostEvidence>& target_evidence();
    // A message has been taken from libssh's queue during login.
    static void took_login();
    // The queue is empty. A request that libssh dropped without queueing or answering it is answered with a failure here.
    static void queue_is_empty();
    // Why the connection has to end: the client, or the target, does what libssh would suffer from.
    static const std::string& violation();
    // Channel and global requests of the client since the last call, in their order.
    static std::vector<SeenRequest> take_seen();

    // Whether libssh's signing really passes through here.
    static Status self_test();
};

}  // namespace anteroom::ssh
