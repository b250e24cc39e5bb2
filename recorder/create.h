// The broker's side of a recording: it makes the file, keeps a second descriptor, follows what the worker appends,
// signs checkpoints into the sidecar and the final frame into the file, and recovers what a dead worker left.
#pragma once

#include "base/fd.h"
#include "recorder/keys.h"
#include "recorder/scan.h"
#include "recorder/writer.h"

namespace anteroom::recorder {

struct NewRecording {
    std::string recording_id, session_id;  // is_random_id
    std::uint32_t segment = 0;             // counts up when a session goes on in a new file; a new file is a new key
    Time start{};
    std::vector<Bytes> recipients;  // P-256 public keys, 65 bytes each, at least two and different
    Bytes signer_public_key;        // Ed25519
};
struct Created {
    Header header;
    SessionKeys keys;  // for the worker
    Secret data_key;   // for a live view; dropped otherwise
};
Result<Created> make_header(const NewRecording& recording, const Entropy& entropy = kernel_entropy());
// Writes the header into the empty file and syncs it. The caller syncs the directory (sync_directory_of).
Result<Created> create(int file, const NewRecording& recording, const Entropy& entropy = kernel_entropy());

// What a sidecar holds for this header and signer: the longest valid prefix, and what is wrong behind it.
struct Checkpoints {
    std::vector<Checkpoint> list;
    std::vector<Problem> problems;
};
Checkpoints read_checkpoints(View sidecar, const Digest& header_hash, View signer_public_key);

// One recording while it is written. Holds no key but a view of the broker's seed, which must outlive it.
class Witness {
public:
    // Both descriptors O_APPEND; the sidecar empty (its header is written here) or from before a restart of the broker.
    static Result<Witness> open(Fd file, Fd sidecar, const Secret& signer_seed);

    // Syncs the file, reads what was appended, compares it with what the worker says and signs it. Refused (and nothing
    // signed) when the file shrank, goes back, or is not what the worker says: the session must end then.
    Result<Checkpoint> commit(const Commit& claimed, Time now);
    // The worker has ended: what is in the file is the recording. Fails (damaged) when a torn tail is there: recover().
    Result<FinalFrame> finish(Reason reason, Time now);

    const Header& header() const { return header_; }
    Commit seen() const { return {scanner_.count(), scanner_.offset(), scanner_.root()}; }

private:
    Witness(Fd file, Fd sidecar, Header header, const Secret& signer_seed);
    Fd file_, sidecar_;
    Header header_;
    Digest header_hash_;
    const Secret* seed_;  // the broker's
    Scanner scanner_;
    std::vector<Checkpoint> checkpoints_;
};

struct Recovery {
    FinalFrame final;
    bool was_sealed = false;    // it had a valid final frame already: nothing was changed
    std::uint64_t dropped = 0;  // bytes of the torn tail
    // What the signed checkpoints say the prefix lacks or how it differs: not a crash but an alteration (or a lost disk).
    std::vector<Problem> problems;
};
// `file` must be writable and nobody may append any more. With `keys`, pieces are also opened, so that a tail whose bytes
// the disk never got (zeros after a power cut) is cut too; without, only their structure is looked at.
Result<Recovery> recover(int file, View sidecar, const Secret& signer_seed, Time now, Reason reason = Reason::worker_died, const SessionKeys* keys = nullptr);

}  // namespace anteroom::recorder
