// RDP's TLS identity of an installation: the hospital's own files where anteroom.yaml names them, else one that was made here, once,
// with its private key sealed by the key ring.
#pragma once

#include "broker/identity/tls_identity.h"
#include "broker/installation/config.h"
#include "broker/installation/paths.h"
#include "broker/vault/keyring.h"

namespace anteroom::installation {

// Errors name the file, and for the hospital's own files the line of anteroom.yaml. Makes what is not there yet.
Result<identity::TlsIdentity> rdp_identity(const Rdp& rdp, const Paths& paths, const vault::KeyRing& ring, Time now);
// The files of one `certificate`/`key` pair; `key` of anteroom.yaml is for errors ("rdp", "rdp.sign").
Result<identity::TlsIdentity> identity_from_files(const Rdp::Identity& files, const Paths& paths, const std::string& key);

// For the doctor: how long the certificate is still good, and how it is renewed.
struct IdentityCheck {
    const char* state;  // "ok", "warn", "fail"
    std::string what, mend;
};
IdentityCheck check_rdp_identity(const identity::TlsIdentity& identity, const Rdp& rdp, const Paths& paths, Time now);

}  // namespace anteroom::installation
