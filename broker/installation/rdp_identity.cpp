// keys/rdp-identity, rdp-certificate.pem.
#include "broker/installation/rdp_identity.h"

namespace anteroom::installation {

namespace {

OwnIdentity of(const Rdp& rdp, const Paths& paths) {
    const auto reached = host_of(rdp.address);
    return {.given = rdp.identity,
            .key = "rdp",
            .sealed = paths.rdp_identity(),
            .certificate = paths.rdp_certificate(),
            .id = "rdp",
            .name = reached.empty() ? host_name() : reached,
            .names = {host_name(), host_of(rdp.listen)},
            .restart = "broker and gateway"};
}

}  // namespace

Result<identity::TlsIdentity> rdp_identity(const Rdp& rdp, const Paths& paths, const vault::KeyRing& ring, Time now) {
    return own_identity(of(rdp, paths), paths, ring, now);
}

IdentityCheck check_rdp_identity(const identity::TlsIdentity& identity, const Rdp& rdp, const Paths& paths, Time now) {
    return check_identity(identity, of(rdp, paths), paths, now);
}

}  // namespace anteroom::installation
