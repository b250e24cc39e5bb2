// RDP's TLS identity of an installation.
#pragma once

#include "broker/installation/own_identity.h"

namespace anteroom::installation {

Result<identity::TlsIdentity> rdp_identity(const Rdp& rdp, const Paths& paths, const vault::KeyRing& ring, Time now);
IdentityCheck check_rdp_identity(const identity::TlsIdentity& identity, const Rdp& rdp, const Paths& paths, Time now);

}  // namespace anteroom::installation
