// Where an installation keeps what: every path below its one directory.
#pragma once

#include <string>

namespace anteroom::installation {

struct Paths {
    std::string dir;
    std::string config() const { return dir + "/anteroom.yaml"; }
    std::string policy() const { return dir + "/policy.yaml"; }
    std::string database() const { return dir + "/anteroom.db"; }
    std::string host_keys() const { return dir + "/keys/host-keys"; }
    std::string host_keys_public() const { return dir + "/host-keys.pub"; }  // known_hosts lines without the host
    std::string rdp_identity() const { return dir + "/keys/rdp-identity"; }
    std::string rdp_certificate() const { return dir + "/rdp-certificate.pem"; }  // of its own making, for clients to trust
    std::string web_identity() const { return dir + "/keys/web-identity"; }
    std::string web_certificate() const { return dir + "/web-certificate.pem"; }  // of its own making, for browsers to trust
    std::string run() const { return dir + "/run"; }
    std::string gateway_socket() const { return run() + "/gateway.sock"; }
    std::string admin_socket() const { return run() + "/admin.sock"; }
    std::string courier_socket() const { return run() + "/courier.sock"; }
    std::string web_socket() const { return run() + "/web.sock"; }
};

}  // namespace anteroom::installation
