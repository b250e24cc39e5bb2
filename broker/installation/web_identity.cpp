// keys/web-identity, web-certificate.pem.
#include "broker/installation/web_identity.h"

namespace anteroom::installation {

namespace {

OwnIdentity of(const Web& web, const Paths& paths) {
    return {.given = web.identity,
            .key = "console",
            .sealed = paths.web_identity(),
            .certificate = paths.web_certificate(),
            .id = "web",
            .name = web.relying_party(),
            .names = {"localhost", "127.0.0.1", "::1"},
            .restart = "`anteroom serve`"};
}

}  // namespace

Result<identity::TlsIdentity> web_identity(const Web& web, const Paths& paths, const vault::KeyRing& ring, Time now) {
    return own_identity(of(web, paths), paths, ring, now);
}

IdentityCheck check_web_identity(const identity::TlsIdentity& identity, const Web& web, const Paths& paths, Time now) {
    return check_identity(identity, of(web, paths), paths, now);
}

}  // namespace anteroom::installation
