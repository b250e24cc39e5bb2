// SURFACE's example policy, with a key that is one.
#pragma once

#include <string>

#include "policy/evaluate.h"
#include "policy/parser.h"

namespace anteroom::policy::test {

inline const std::string key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBruCY6cgq4QfKt2vKRIgNliT7r+5XvLbFC984Pz16cy";
inline const std::string example = R"(version: 1
vendors:
  acme-imaging: { name: Acme Imaging, agreement: { signed: 2026-01-15, expires: 2028-01-15 }, networks: [203.0.113.0/24] }
roles:
  mri-service:    { members: [vendor:acme-imaging] }
  imaging-admins: { members: [person:dana, group:imaging] }
  privacy-office: { members: [person:ruth] }
targets:
  mri-3:
    address: 10.20.3.7:22
    protocol: ssh
    host_key: )" + key + R"(
    labels: { zone: imaging, criticality: high }
    accounts:
      service: { secret: stored }
      root:    { secret: stored, privileged: true }
rules:
  - id: mri-service
    who: [role:mri-service]
    to: { labels: { zone: imaging }, accounts: [service] }
    allow: [shell, exec, sftp:read]
    access: on-request                       # standing | on-request
    approval: { by: [role:imaging-admins], count: 1, max: 4h, ticket: "CHG-[0-9]+" }
    when: { days: [mon-fri], hours: "07:00-19:00", zone: America/Chicago }
  - id: never-forward-from-infusion
    forbid: true
    who: [any]
    to: { labels: { zone: infusion } }
    allow: ["forward:*"]
reviewers:
  - { who: [role:privacy-office], of: { labels: { zone: imaging } } }        # who may open recordings; consent: 1 asks a second person
break_glass:
  - id: night-imaging
    who: [group:clinical-engineering]
    to: { labels: { zone: imaging } }
    allow: [shell, exec]
    max: 1h
    alert: [soc, pager]
    review: { by: [role:privacy-office], within: 24h }
)";

inline Time at(const char* text) { return parse_rfc3339(text).value(); }
inline std::string with(std::string from, const std::string& was, const std::string& is) {
    const auto found = from.find(was);
    if (found == std::string::npos) throw std::logic_error("not in the example: " + was);
    return from.replace(found, was.size(), is);
}
// The example with one text replaced.
inline Document document(const std::string& was = "version: 1", const std::string& is = "version: 1") {
    auto parsed = parse(with(example, was, is), "policy.yaml");
    if (!parsed) throw std::logic_error(parsed.error().detail);
    return *parsed;
}
inline Facts person(const char* name, std::vector<std::string> groups = {}) {
    Facts out;
    out.person = PersonId(name);
    out.groups = std::move(groups);
    out.source_ip = "198.51.100.9";
    return out;
}
// A service engineer of Acme, at Acme.
inline Facts vendor() {
    auto out = person("sam");
    out.vendor = VendorId("acme-imaging");
    out.source_ip = "203.0.113.7";
    return out;
}
inline const Ask mri{TargetId("mri-3"), AccountId("service")};
inline const Time monday_noon = at("2026-06-15T17:00:00Z");  // 12:00 in Chicago

}  // namespace anteroom::policy::test
