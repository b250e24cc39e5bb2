// Making a recording: header, data key, slots, commitment.
#include "recorder/create.h"

#include <unistd.h>

#include "base/ids.h"

namespace anteroom::recorder {

Result<Created> make_header(const NewRecording& recording, const Entropy& entropy) {
    if (!is_random_id(recording.recording_id) || !is_random_id(recording.session_id)) return fail(ErrorKind::invalid, "a recording needs two random ids");
    if (recording.recipients.size() < min_slots || recording.recipients.size() > max_slots)
        return fail(ErrorKind::invalid, "a recording is sealed to at least two recipients and at most sixteen");
    if (recording.signer_public_key.size() != 32) return fail(ErrorKind::invalid, "the signer's public key has 32 bytes");
    if (micros(recording.start) < 0) return fail(ErrorKind::invalid, "a recording starts after 1970");
    Header header;
    header.recording_id = recording.recording_id;
    header.session_id = recording.session_id;
    header.segment = recording.segment;
    header.start = recording.start;
    header.signer = crypto::sha256(recording.signer_public_key);
    entropy(header.salt);
    Bytes fresh(32);
    entropy(fresh);
    Secret data_key(std::move(fresh));
    for (const auto& recipient : recording.recipients) header.slots.push_back(TRY(wrap(header, data_key.expose(), recipient, entropy)));
    std::sort(header.slots.begin(), header.slots.end(), [](const auto& a, const auto& b) { return a.recipient < b.recipient; });
    header.commitment = commitment_of(header, data_key.expose());
    TRY(decode_header(encode(header)));  // two equal recipients are found here
    SessionKeys keys = TRY(session_keys(header, data_key.expose()));
    return Created{std::move(header), std::move(keys), std::move(data_key)};
}

Result<Created> create(int file, const NewRecording& recording, const Entropy& entropy) {
    if (TRY(size_of(file)) != 0) return fail(ErrorKind::conflict, "the recording's file is not empty");
    Created created = TRY(make_header(recording, entropy));
    TRY(write_all(file, encode(created.header)));
    if (::fdatasync(file) != 0) return fail_errno("fdatasync of a new recording");
    return created;
}

Checkpoints read_checkpoints(View sidecar, const Digest& header_hash, View signer_public_key) {
    Checkpoints out;
    const auto report = [&](Fault fault, std::uint64_t offset, std::string text) {
        out.problems.push_back({.fault = fault, .piece = no_piece, .offset = offset, .text = "checkpoints: " + std::move(text)});
    };
    const Bytes expected = checkpoint_file_header(header_hash);
    if (sidecar.size() < expected.size() || !std::equal(expected.begin(), expected.end(), sidecar.begin())) {
        report(Fault::checkpoint, 0, "not the checkpoints of this recording");
        return out;
    }
    std::uint64_t offset = expected.size();
    for (View rest = sidecar.subspan(expected.size()); !rest.empty(); offset += checkpoint_bytes) {
        if (rest.size() < checkpoint_bytes) {
            report(Fault::truncated, offset, "the last record is not whole");
            break;
        }
        const View record = rest.first(checkpoint_bytes);
        rest = rest.subspan(checkpoint_bytes);
        const auto checkpoint = decode_checkpoint(record);
        const std::string which = "record " + std::to_string((offset - expected.size()) / checkpoint_bytes);
        if (!checkpoint || !checkpoint_signature_holds(record, header_hash, signer_public_key)) {
            report(Fault::signature, offset, which + " is not signed by the broker");
            continue;
        }
        const std::uint64_t expected_sequence = (offset - expected.size()) / checkpoint_bytes;
        const bool grows = out.list.empty() || (checkpoint->count >= out.list.back().count && checkpoint->bytes >= out.list.back().bytes);
        if (checkpoint->sequence != expected_sequence || !grows) {
            report(Fault::order, offset, which + " stands in the wrong place");
            continue;
        }
        out.list.push_back(*checkpoint);
    }
    return out;
}

}  // namespace anteroom::recorder
