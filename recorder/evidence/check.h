// Checks a bundle with nothing but its bytes: the archive, the signature, each member, the recording's tree and signatures, the audit
// records and what the report makes of them. No data key, no network, no file but this one.
#pragma once

#include "recorder/evidence/manifest.h"
#include "recorder/scan.h"

namespace anteroom::evidence {

struct Finding {
    std::string member;  // "" where it is the archive as a whole
    std::string what;    // "piece 17: ...", "record 203: ..."
};
struct Check {
    std::string name;
    bool good = false;
    std::string text;  // what was found: one line
};
struct CheckReport {
    std::vector<Check> checks;
    std::vector<Finding> findings;
    std::optional<Manifest> manifest;
    std::optional<Keys> keys;
    bool keys_compared = false;
    bool good() const { return findings.empty(); }
};

// A key that the reader knows from elsewhere: its SHA-256 (64 hexadecimal digits, also in groups with : or blanks) or itself (base64).
struct KnownKey {
    crypto::Digest sha256{};
    static Result<KnownKey> parse(std::string_view text);
};

// `keys`: of the audit signer, today's and earlier ones; the manifest has to be signed by one of them. None: the key inside the bundle is
// believed. An error only when the file cannot be read (io).
Result<CheckReport> check_bundle(const recorder::Extent& file, const std::vector<KnownKey>& keys);
std::string sentence(const Finding& finding);

}  // namespace anteroom::evidence
