// `MANIFEST.json`, its signature, and `keys.json`, in the one form that BUNDLE.md gives them. Pure.
#pragma once

#include "base/clock.h"
#include "recorder/evidence/records.h"

namespace anteroom::evidence {

namespace member {
inline constexpr std::string_view manifest = "MANIFEST.json", signature = "MANIFEST.sig", keys = "keys.json", page = "report.html", report = "report.json",
                                  audit = "audit.jsonl", checkpoints = "recording.ckpt", recording = "recording.arec";
}
// In the order of the archive.
inline constexpr std::string_view members[] = {member::manifest, member::signature, member::keys,        member::page,
                                               member::report,   member::audit,     member::checkpoints, member::recording};
inline constexpr std::string_view hashed_members[] = {member::keys, member::page, member::report, member::audit, member::checkpoints};
inline constexpr std::size_t largest_text = 64u << 20;  // bytes, of every member but the recording

struct RecordingFacts {
    std::uint64_t size = 0, pieces = 0, pieces_end = 0;  // bytes; count; bytes before the final frame
    crypto::Digest header{}, root{}, end{};
    bool operator==(const RecordingFacts&) const = default;
};
struct HashedMember {
    std::string name;
    std::uint64_t size = 0;
    crypto::Digest sha256{};
    bool operator==(const HashedMember&) const = default;
};
struct Manifest {
    std::string session;
    Time exported{};
    std::string exporter, zone;
    RecordingFacts recording;
    std::vector<HashedMember> members;  // hashed_members, in that order
    std::string chain;
    std::int64_t records = 0;
    std::vector<Run> runs;
    std::int64_t head_seq = 0;
    std::string head;  // base64
    bool operator==(const Manifest&) const = default;
};
std::string encode(const Manifest& manifest);
Result<Manifest> decode_manifest(std::string_view text);  // `damaged` unless it is byte for byte what encode() writes

// The content of MANIFEST.sig.
Result<std::string> sign(std::string_view manifest_text, View audit_seed);
bool signature_holds(std::string_view manifest_text, std::string_view signature_text, View audit_public);

struct Keys {
    Bytes audit, recording;  // Ed25519 public keys, 32 bytes each
};
std::string encode(const Keys& keys);
Result<Keys> decode_keys(std::string_view text);

}  // namespace anteroom::evidence
