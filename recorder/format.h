// The bytes of an .arec file and of its checkpoint sidecar, exactly as FORMAT.md writes them. Every structure has one
// encoding only; decoding refuses anything else. Nothing here reads a file or holds a secret.
#pragma once

#include <array>
#include <optional>

#include "base/clock.h"
#include "base/crypto.h"

namespace anteroom::recorder {

using anteroom::fail;
using crypto::Digest;
using Salt = std::array<std::uint8_t, 32>;
using Nonce = std::array<std::uint8_t, 12>;
using Signature = std::array<std::uint8_t, 64>;

inline constexpr std::array<std::uint8_t, 8> recording_magic{0x89, 'A', 'R', 'E', 'C', 0x0d, 0x0a, 0x1a};
inline constexpr std::array<std::uint8_t, 8> checkpoint_magic{0x89, 'A', 'C', 'K', 'P', 0x0d, 0x0a, 0x1a};
inline constexpr std::uint16_t format_version = 1;
inline constexpr std::uint16_t suite_p256_aes256 = 1;  // FORMAT.md, "Suites"
inline constexpr std::uint8_t codec_zstd = 1;

inline constexpr std::size_t min_slots = 2, max_slots = 16;
inline constexpr std::size_t header_fixed_bytes = 122, slot_bytes = 145, commitment_bytes = 32;
inline constexpr std::size_t max_header_bytes = header_fixed_bytes + max_slots * slot_bytes + commitment_bytes;
inline constexpr std::size_t piece_prefix_bytes = 29;                   // length, type, index, first, last
inline constexpr std::size_t max_piece_plain = 64 * 1024;               // events of one piece, before compression
inline constexpr std::size_t max_piece_packed = max_piece_plain + 288;  // zstd's bound for 64 KiB
inline constexpr std::size_t max_piece_frame = piece_prefix_bytes + max_piece_packed + crypto::gcm_tag_size;
inline constexpr std::size_t max_index_entries = 1024;
inline constexpr std::size_t final_fixed_bytes = 4 + 83 + 64 + 4, index_entry_bytes = 48;
inline constexpr std::size_t max_final_frame = final_fixed_bytes + max_index_entries * index_entry_bytes;
inline constexpr std::size_t checkpoint_header_bytes = 40, checkpoint_bytes = 128;
inline constexpr Duration max_time = std::chrono::hours(24 * 366);  // a recording's times end here

// What is wrong, in the reader's contract; `root` and `checkpoint` come from key-free verification.
enum class Fault { header, key, piece, order, truncated, signature, root, checkpoint };
std::string_view name(Fault fault);
inline constexpr std::uint64_t no_piece = ~std::uint64_t{0};
struct Problem {
    Fault fault = Fault::header;
    std::uint64_t piece = no_piece;  // no_piece: the header, the final frame or the sidecar, as the text says
    std::uint64_t offset = 0;        // in the file the text speaks of
    std::string text;
};
std::string sentence(const Problem& problem);        // "piece 17: order: ..."
tl::unexpected<Error> fail(const Problem& problem);  // kind damaged (crypto for a key), detail = sentence

struct KeySlot {
    Digest recipient{};  // SHA-256 of the recipient's 65-byte public key
    std::array<std::uint8_t, 65> enc{};
    std::array<std::uint8_t, 48> wrapped{};
    bool operator==(const KeySlot&) const = default;
};

struct Header {
    std::string recording_id;  // both: is_random_id
    std::string session_id;
    std::uint32_t segment = 0;
    Time start{};
    Salt salt{};
    Digest signer{};             // SHA-256 of the broker's Ed25519 public key
    std::vector<KeySlot> slots;  // ascending by recipient, none twice
    Digest commitment{};
};
Bytes context_bytes(const Header& header);  // everything before the slot count: what a slot is bound to
Bytes body_bytes(const Header& header);     // everything before the commitment: what the commitment commits to
Bytes encode(const Header& header);
Digest hash_of(const Header& header);
// From the beginning of a file (more may follow); the header's own length is encode(header).size().
Result<Header> decode_header(View file);

enum class FrameType : std::uint8_t { piece = 1, final = 2 };
struct PiecePrefix {
    std::uint32_t length = 0;  // of everything behind the length itself
    std::uint64_t index = 0;
    Duration first{}, last{};  // since the recording's start
    std::size_t frame_bytes() const { return std::size_t{4} + length; }
};
void encode(const PiecePrefix& prefix, std::span<std::uint8_t, piece_prefix_bytes> out);
Result<PiecePrefix> decode_piece_prefix(View bytes);  // at least 29 bytes; refuses wrong types and lengths
Nonce nonce_of(const Nonce& base, std::uint64_t index);

enum class Ending : std::uint8_t { complete = 1, recovered = 2 };
enum class Reason : std::uint8_t { closed = 1, expired, terminated, policy, recording_failed, worker_died, broker_restarted };
std::string_view name(Reason reason);

struct IndexEntry {  // `stride` pieces beginning with piece number (position x stride)
    std::uint64_t offset = 0;
    Duration first{};
    Digest hash{};  // RFC 6962 hash of those pieces
    bool operator==(const IndexEntry&) const = default;
};
struct FinalFrame {
    Ending ending = Ending::complete;
    Reason reason = Reason::closed;
    std::uint64_t count = 0, bytes = 0;  // pieces; bytes of the file before this frame
    Digest root{};
    Time ended{};
    std::uint64_t dropped = 0;      // bytes of a torn tail that recovery cut off
    std::uint64_t checkpoints = 0;  // records in the sidecar when this was signed
    std::uint32_t stride = 1;
    std::vector<IndexEntry> index;
};
Result<Bytes> sign_final(const FinalFrame& final, const Digest& header_hash, View signer_seed);  // the whole frame
Result<FinalFrame> decode_final(View frame);                                                     // whole frame; no signature check
bool final_signature_holds(View frame, const Digest& header_hash, View signer_public_key);

struct Checkpoint {
    std::uint64_t sequence = 0, count = 0, bytes = 0;
    Digest root{};
    Time at{};
};
Bytes checkpoint_file_header(const Digest& header_hash);
Result<Bytes> sign_checkpoint(const Checkpoint& checkpoint, const Digest& header_hash, View signer_seed);
Result<Checkpoint> decode_checkpoint(View record);
bool checkpoint_signature_holds(View record, const Digest& header_hash, View signer_public_key);

}  // namespace anteroom::recorder
