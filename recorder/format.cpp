// Encoding and canonical decoding of the header, the piece prefix and checkpoints; the final frame is in final.cpp.
#include "recorder/format.h"

#include "base/ids.h"
#include "recorder/octets.h"

namespace anteroom::recorder {

std::string_view name(Fault fault) {
    constexpr std::array names{"header", "key", "piece", "order", "truncated", "signature", "root", "checkpoint"};
    return names.at(static_cast<std::size_t>(fault));
}

std::string_view name(Reason reason) {
    constexpr std::array names{"", "closed", "expired", "terminated", "policy", "recording failed", "worker died", "broker restarted"};
    return names.at(static_cast<std::size_t>(reason));
}

std::string sentence(const Problem& problem) {
    std::string out = problem.piece == no_piece ? "" : "piece " + std::to_string(problem.piece) + ": ";
    return out + std::string(name(problem.fault)) + ": " + problem.text + " (offset " + std::to_string(problem.offset) + ")";
}

tl::unexpected<Error> fail(const Problem& problem) {
    return anteroom::fail(problem.fault == Fault::key ? ErrorKind::crypto : ErrorKind::damaged, sentence(problem));
}

namespace {

tl::unexpected<Error> bad_header(const char* text) { return fail(Problem{.fault = Fault::header, .text = text}); }

}  // namespace

Bytes context_bytes(const Header& header) {
    return Put()
        .bytes(recording_magic)
        .number(format_version)
        .number(suite_p256_aes256)
        .bytes(view(header.recording_id))
        .bytes(view(header.session_id))
        .number(header.segment)
        .number(micros(header.start))
        .bytes(header.salt)
        .number(codec_zstd)
        .bytes(header.signer)
        .take();
}

Bytes body_bytes(const Header& header) {
    Put out;
    out.bytes(context_bytes(header)).number(static_cast<std::uint8_t>(header.slots.size()));
    for (const auto& slot : header.slots) out.bytes(slot.recipient).bytes(slot.enc).bytes(slot.wrapped);
    return out.take();
}

Bytes encode(const Header& header) { return Put().bytes(body_bytes(header)).bytes(header.commitment).take(); }
Digest hash_of(const Header& header) { return crypto::sha256(encode(header)); }

Result<Header> decode_header(View file) {
    Take in(file);
    if (in.array<8>() != recording_magic) return bad_header("not an Anteroom recording");
    if (in.number<std::uint16_t>() != format_version) return bad_header("a version this program does not know");
    if (in.number<std::uint16_t>() != suite_p256_aes256) return bad_header("a suite this program does not know");
    Header header;
    header.recording_id = to_string(in.bytes(16));
    header.session_id = to_string(in.bytes(16));
    header.segment = in.number<std::uint32_t>();
    header.start = from_micros(in.number<std::int64_t>());
    header.salt = in.array<32>();
    const auto codec = in.number<std::uint8_t>();
    header.signer = in.array<32>();
    const auto count = in.number<std::uint8_t>();
    if (!in.good()) return bad_header("the header ends early");
    if (!is_random_id(header.recording_id) || !is_random_id(header.session_id)) return bad_header("an id that is none");
    if (micros(header.start) < 0) return bad_header("a start before 1970");
    if (codec != codec_zstd) return bad_header("a codec this program does not know");
    if (count < min_slots || count > max_slots) return bad_header("too few or too many key slots");
    for (std::size_t i = 0; i < count; ++i) {
        KeySlot slot{.recipient = in.array<32>(), .enc = in.array<65>(), .wrapped = in.array<48>()};
        if (slot.enc[0] != 4) return bad_header("a key slot without an uncompressed point");
        if (!header.slots.empty() && header.slots.back().recipient >= slot.recipient) return bad_header("key slots out of order");
        header.slots.push_back(slot);
    }
    header.commitment = in.array<32>();
    if (!in.good()) return bad_header("the header ends early");
    return header;
}

void encode(const PiecePrefix& prefix, std::span<std::uint8_t, piece_prefix_bytes> out) {
    store(out.data(), prefix.length);
    out[4] = static_cast<std::uint8_t>(FrameType::piece);
    store(out.data() + 5, prefix.index);
    store(out.data() + 13, static_cast<std::int64_t>(prefix.first.count()));
    store(out.data() + 21, static_cast<std::int64_t>(prefix.last.count()));
}

Result<PiecePrefix> decode_piece_prefix(View bytes) {
    Take in(bytes);
    PiecePrefix prefix;
    prefix.length = in.number<std::uint32_t>();
    const auto type = in.number<std::uint8_t>();
    prefix.index = in.number<std::uint64_t>();
    prefix.first = Duration(in.number<std::int64_t>());
    prefix.last = Duration(in.number<std::int64_t>());
    if (!in.good()) return anteroom::fail(ErrorKind::damaged, "a frame ends early");
    if (type != static_cast<std::uint8_t>(FrameType::piece)) return anteroom::fail(ErrorKind::damaged, "a frame of unknown type");
    // At least one byte of compressed content stands between prefix and tag.
    if (prefix.frame_bytes() <= piece_prefix_bytes + crypto::gcm_tag_size || prefix.frame_bytes() > max_piece_frame)
        return anteroom::fail(ErrorKind::damaged, "a frame of impossible length");
    if (prefix.first.count() < 0 || prefix.last < prefix.first || prefix.last > max_time)
        return anteroom::fail(ErrorKind::damaged, "a frame with impossible times");
    return prefix;
}

Nonce nonce_of(const Nonce& base, std::uint64_t index) {
    Nonce nonce = base;
    for (std::size_t i = 0; i < 8; ++i) nonce[11 - i] = static_cast<std::uint8_t>(nonce[11 - i] ^ (index >> (8 * i)));
    return nonce;
}

Bytes checkpoint_file_header(const Digest& header_hash) { return Put().bytes(checkpoint_magic).bytes(header_hash).take(); }

namespace {

constexpr std::string_view checkpoint_label = "anteroom.arec.checkpoint.v1";

Bytes signed_part(View record, const Digest& header_hash) {
    return Put().bytes(view(checkpoint_label)).number(std::uint8_t{0}).bytes(header_hash).bytes(record.first(checkpoint_bytes - 64)).take();
}

}  // namespace

Result<Bytes> sign_checkpoint(const Checkpoint& checkpoint, const Digest& header_hash, View signer_seed) {
    Bytes record =
        Put().number(checkpoint.sequence).number(checkpoint.count).number(checkpoint.bytes).bytes(checkpoint.root).number(micros(checkpoint.at)).take();
    record.resize(checkpoint_bytes);
    const Bytes signature = TRY(crypto::ed25519_sign(signer_seed, signed_part(record, header_hash)));
    std::copy(signature.begin(), signature.end(), record.end() - 64);
    return record;
}

Result<Checkpoint> decode_checkpoint(View record) {
    if (record.size() != checkpoint_bytes) return anteroom::fail(ErrorKind::damaged, "a checkpoint ends early");
    Take in(record);
    Checkpoint out;
    out.sequence = in.number<std::uint64_t>();
    out.count = in.number<std::uint64_t>();
    out.bytes = in.number<std::uint64_t>();
    out.root = in.array<32>();
    out.at = from_micros(in.number<std::int64_t>());
    return out;
}

bool checkpoint_signature_holds(View record, const Digest& header_hash, View signer_public_key) {
    return record.size() == checkpoint_bytes && crypto::ed25519_verify(signer_public_key, signed_part(record, header_hash), record.last(64));
}

}  // namespace anteroom::recorder
