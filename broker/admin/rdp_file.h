// The text of a .rdp file, as Windows' client and FreeRDP read it, and its signature as rdpsign.exe makes it.
#pragma once

#include <string>

#include "broker/identity/tls_identity.h"
#include "policy/capability.h"

namespace anteroom::admin {

struct RdpFile {
    std::string address;  // HOST:PORT
    std::string person;   // the user name; nobody but them can use the token
    std::string token;    // travels inside TLS, as the "alternate shell"
};
// Lines that end in CR LF. Redirections are asked for where the policy lets them through, and are off otherwise.
std::string rdp_file(const RdpFile& file, const policy::CapabilitySet& may);

// What is signed of such a text: the settings that rdpsign.exe counts among the secure ones, in its order, as UTF-16LE.
struct SecureSettings {
    std::string scope;  // "Full Address,..."
    Bytes content;
};
SecureSettings secure_settings(const std::string& text);
// The text with its alternate full address, `signscope` and `signature`.
Result<std::string> signed_rdp_file(const std::string& text, const identity::TlsIdentity& signer);

}  // namespace anteroom::admin
