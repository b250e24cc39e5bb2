// The console's TLS identity of an installation.
#pragma once

#include "broker/installation/own_identity.h"

namespace anteroom::installation {

Result<identity::TlsIdentity> web_identity(const Web& web, const Paths& paths, const vault::KeyRing& ring, Time now);
IdentityCheck check_web_identity(const identity::TlsIdentity& identity, const Web& web, const Paths& paths, Time now);

}  // namespace anteroom::installation
