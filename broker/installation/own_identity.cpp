// Files of an identity of our own making: "sealed-key" on the first line, the certificate in PEM behind it; the certificate once more,
// for clients to trust, in a file of its own.
#include "broker/installation/own_identity.h"

#include <unistd.h>

#include <array>

#include "base/fd.h"

namespace anteroom::installation {

namespace {

using identity::TlsIdentity;
constexpr std::string_view purpose = "tls-key";
constexpr Duration own_certificate_lasts = std::chrono::hours(24 * 730);

Result<TlsIdentity> make(const OwnIdentity& own, const vault::KeyRing& ring, Time now) {
    auto made = TRY(TlsIdentity::make(own.name, own.names, now, own_certificate_lasts));
    const auto sealed = TRY(ring.seal(purpose, own.id, made.key()));
    TRY(replace_file(own.sealed, view(sealed + "\n" + made.certificates())));
    TRY(replace_file(own.certificate, view(made.certificates()), 0644));
    return made;
}

std::string path_in(const Paths& paths, const std::string& file) { return file.starts_with('/') ? file : paths.dir + "/" + file; }

}  // namespace

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : "localhost";
}

std::string host_of(const std::string& address) {
    auto host = address.substr(0, address.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return host == "0.0.0.0" || host == "::" || host == "*" ? "" : host;
}

Result<TlsIdentity> identity_from_files(const Rdp::Identity& files, const Paths& paths, const std::string& key) {
    const auto at = [&](const char* which, const std::string& file) {
        return paths.config() + ":" + std::to_string(files.line) + ": " + key + "." + which + ": " + path_in(paths, file);
    };
    const auto certificates = read_file(path_in(paths, files.certificate), 256 * 1024);
    if (!certificates) return fail(certificates.error().kind, at("certificate", files.certificate) + " cannot be read: " + certificates.error().detail);
    auto bytes = read_file(path_in(paths, files.key), 256 * 1024);
    if (!bytes) return fail(bytes.error().kind, at("key", files.key) + " cannot be read: " + bytes.error().detail);
    const Secret private_key(std::move(*bytes));
    auto made = TlsIdentity::parse(*certificates, private_key);
    if (made) return made;
    const auto& why = made.error();
    if (why.kind == ErrorKind::conflict) return fail(ErrorKind::invalid, at("key", files.key) + " " + why.detail + " in " + path_in(paths, files.certificate));
    return fail(ErrorKind::invalid, (why.kind == ErrorKind::refused ? at("key", files.key) : at("certificate", files.certificate)) + " " + why.detail);
}

Result<TlsIdentity> own_identity(const OwnIdentity& own, const Paths& paths, const vault::KeyRing& ring, Time now) {
    if (own.given.given()) return identity_from_files(own.given, paths, own.key);
    const auto text = read_file(own.sealed, 64 * 1024);
    if (!text && text.error().kind == ErrorKind::not_found) return make(own, ring, now);
    if (!text) return fail(text.error());
    const std::string_view content(reinterpret_cast<const char*>(text->data()), text->size());
    const auto end = content.find('\n');
    const auto damaged = [&](const std::string& why) {
        return fail(ErrorKind::damaged, own.sealed + ": " + why + "; take the file away, and a new certificate is made");
    };
    if (end == std::string_view::npos) return damaged("no certificate in it");
    const auto key = ring.open(purpose, own.id, content.substr(0, end));
    if (!key) return damaged(key.error().detail);
    auto made = TlsIdentity::parse(view(content.substr(end + 1)), *key);
    if (!made) return damaged(made.error().detail);
    return made;
}

IdentityCheck check_identity(const identity::TlsIdentity& identity, const OwnIdentity& own, const Paths& paths, Time now) {
    constexpr Duration soon = std::chrono::hours(24 * 30);
    const auto& facts = identity.facts();
    const auto what = facts.subject + ", until " + rfc3339(facts.not_after).substr(0, 10) + ", SHA-256 " + facts.sha256;
    const auto mend = own.given.given() ? "put a new certificate in " + path_in(paths, own.given.certificate) + " and start " + own.restart + " anew"
                                        : "take " + own.sealed + " away and start " + own.restart + " anew: a new certificate is made";
    if (facts.not_after <= now) return {"fail", "has expired: " + what, mend};
    if (facts.not_before > now)
        return {"fail", "is not valid before " + rfc3339(facts.not_before) + ": " + what, "look at the clock, or put another certificate there"};
    if (facts.not_after <= now + soon) return {"warn", "expires within 30 days: " + what, mend};
    return {"ok", what, ""};
}

}  // namespace anteroom::installation
