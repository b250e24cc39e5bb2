// What the broker shows of itself in TLS: a private key and its certificate chain, from a hospital's own PEM files or of its own
// making. Taken in only when the key fits the first certificate. X.509 stays behind this header.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace anteroom::identity {

struct CertificateFacts {
    std::string subject;  // the common name, else the first name; printable
    std::string sha256;   // of the DER, "AB:CD:...", as openssl and Windows show it
    Time not_before{}, not_after{};
    bool self_signed = false;
    std::size_t chain = 1;  // certificates, this one included
};

class TlsIdentity {
public:
    // `certificates`: PEM, the server's own first; `key`: PEM without a passphrase. Errors are the ends of sentences:
    // `invalid` about the certificates, `refused` about the key, `conflict` when the key does not fit them.
    static Result<TlsIdentity> parse(View certificates, const Secret& key);
    // ECDSA P-256 and SHA-256, which every client takes that speaks TLS 1.2, and a signature costs little. `names`: host names and addresses besides
    // `common_name`.
    static Result<TlsIdentity> make(const std::string& common_name, const std::vector<std::string>& names, Time now, Duration length);

    const CertificateFacts& facts() const { return facts_; }
    Secret pem() const;  // the key, then the chain: what TLS libraries read from one file
    const Secret& key() const { return key_; }
    const std::string& certificates() const { return certificates_; }
    // A detached PKCS#7 signature (DER) with this key over the data; certificates inside, no time.
    Result<Bytes> sign_detached(View data) const;

private:
    TlsIdentity(Secret key, std::string certificates, CertificateFacts facts)
        : key_(std::move(key)), certificates_(std::move(certificates)), facts_(std::move(facts)) {}
    Secret key_;  // PEM, PKCS#8
    std::string certificates_;
    CertificateFacts facts_;
};

// SHA-256 of a certificate's DER as the policy pins it, when these bytes are one certificate and nothing else; else `invalid`.
Result<Bytes> certificate_digest(View der);
// "AB:CD:..."
std::string colon_hex(View digest);

}  // namespace anteroom::identity
