// A TLS identity of an installation: the hospital's own files where anteroom.yaml names them, else one that was made here, once, with
// its private key sealed by the key ring.
#pragma once

#include "broker/identity/tls_identity.h"
#include "broker/installation/config.h"
#include "broker/installation/paths.h"
#include "broker/vault/keyring.h"

namespace anteroom::installation {

// One of them: where it stands and whom it names.
struct OwnIdentity {
    Rdp::Identity given;             // the hospital's files
    std::string key;                 // of anteroom.yaml, for errors: "rdp", "console"
    std::string sealed;              // file: the sealed key, and the certificate behind it
    std::string certificate;         // file: the certificate alone, for clients to trust
    std::string id;                  // what the sealed key is bound to
    std::string name;                // common name of one that is made
    std::vector<std::string> names;  // and its other names and addresses
    std::string restart;             // who has to be started anew when it has changed
};

// Errors name the file, and for the hospital's own files the line of anteroom.yaml. Makes what is not there yet.
Result<identity::TlsIdentity> own_identity(const OwnIdentity& own, const Paths& paths, const vault::KeyRing& ring, Time now);
// The files of one `certificate`/`key` pair; `key` of anteroom.yaml is for errors ("rdp", "rdp.sign").
Result<identity::TlsIdentity> identity_from_files(const Rdp::Identity& files, const Paths& paths, const std::string& key);

// For the doctor: how long the certificate is still good, and how it is renewed.
struct IdentityCheck {
    const char* state;  // "ok", "warn", "fail"
    std::string what, mend;
};
IdentityCheck check_identity(const identity::TlsIdentity& identity, const OwnIdentity& own, const Paths& paths, Time now);

// This machine's name, or "localhost".
std::string host_name();
// The host of HOST:PORT, without brackets; "" for "all addresses".
std::string host_of(const std::string& address);

}  // namespace anteroom::installation
