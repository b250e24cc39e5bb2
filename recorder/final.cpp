// The final frame: who may say that a recording is whole. Its signature covers the header's hash and all of the frame before it.
#include <bit>

#include "recorder/format.h"
#include "recorder/octets.h"

namespace anteroom::recorder {

namespace {

constexpr std::string_view final_label = "anteroom.arec.final.v1";
constexpr std::size_t behind_signature = 4;  // the length once more, so that the frame is found from the end of the file

Bytes signed_part(View frame, const Digest& header_hash) {
    return Put().bytes(view(final_label)).number(std::uint8_t{0}).bytes(header_hash).bytes(frame.first(frame.size() - 64 - behind_signature)).take();
}

tl::unexpected<Error> bad_final(const char* text) { return anteroom::fail(ErrorKind::damaged, text); }

bool index_is_canonical(const FinalFrame& final) {
    if (!std::has_single_bit(final.stride)) return false;
    const std::uint64_t groups = final.count / final.stride + (final.count % final.stride != 0);
    if (groups != final.index.size()) return false;
    return final.stride == 1 || groups > max_index_entries / 2;
}

}  // namespace

Result<Bytes> sign_final(const FinalFrame& final, const Digest& header_hash, View signer_seed) {
    const std::size_t size = final_fixed_bytes + final.index.size() * index_entry_bytes;
    const auto length = static_cast<std::uint32_t>(size - 4);
    Put out;
    out.number(length)
        .number(static_cast<std::uint8_t>(FrameType::final))
        .number(static_cast<std::uint8_t>(final.ending))
        .number(static_cast<std::uint8_t>(final.reason))
        .number(final.count)
        .number(final.bytes)
        .bytes(final.root)
        .number(micros(final.ended))
        .number(final.dropped)
        .number(final.checkpoints)
        .number(final.stride)
        .number(static_cast<std::uint32_t>(final.index.size()));
    for (const auto& entry : final.index) out.number(entry.offset).number(static_cast<std::int64_t>(entry.first.count())).bytes(entry.hash);
    Bytes frame = out.take();
    frame.resize(size);
    const Bytes signature = TRY(crypto::ed25519_sign(signer_seed, signed_part(frame, header_hash)));
    std::copy(signature.begin(), signature.end(), frame.end() - 64 - behind_signature);
    store(frame.data() + size - behind_signature, length);
    return frame;
}

Result<FinalFrame> decode_final(View frame) {
    Take in(frame);
    FinalFrame final;
    const auto length = in.number<std::uint32_t>();
    if (frame.size() < final_fixed_bytes || std::size_t{4} + length != frame.size()) return bad_final("the final frame has the wrong length");
    if (in.number<std::uint8_t>() != static_cast<std::uint8_t>(FrameType::final)) return bad_final("not a final frame");
    const auto ending = in.number<std::uint8_t>(), reason = in.number<std::uint8_t>();
    if (ending < 1 || ending > 2) return bad_final("a final frame of unknown state");
    if (reason < 1 || reason > static_cast<std::uint8_t>(Reason::broker_restarted)) return bad_final("a final frame of unknown reason");
    final.ending = static_cast<Ending>(ending);
    final.reason = static_cast<Reason>(reason);
    final.count = in.number<std::uint64_t>();
    final.bytes = in.number<std::uint64_t>();
    final.root = in.array<32>();
    final.ended = from_micros(in.number<std::int64_t>());
    final.dropped = in.number<std::uint64_t>();
    final.checkpoints = in.number<std::uint64_t>();
    final.stride = in.number<std::uint32_t>();
    const auto entries = in.number<std::uint32_t>();
    if (entries > max_index_entries || frame.size() != final_fixed_bytes + entries * index_entry_bytes) return bad_final("the index has the wrong length");
    for (std::uint32_t i = 0; i < entries; ++i) {
        IndexEntry entry;
        entry.offset = in.number<std::uint64_t>();
        entry.first = Duration(in.number<std::int64_t>());
        entry.hash = in.array<32>();
        final.index.push_back(entry);
    }
    in.bytes(64);
    if (in.number<std::uint32_t>() != length || !in.finished()) return bad_final("the final frame's second length differs");
    if (!index_is_canonical(final)) return bad_final("the index does not fit the count");
    return final;
}

bool final_signature_holds(View frame, const Digest& header_hash, View signer_public_key) {
    if (frame.size() < final_fixed_bytes) return false;
    const View signature = frame.subspan(frame.size() - 64 - behind_signature, 64);
    return crypto::ed25519_verify(signer_public_key, signed_part(frame, header_hash), signature);
}

}  // namespace anteroom::recorder
