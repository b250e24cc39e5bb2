// Following a growing recording, and sealing or recovering it at the end.
#include <unistd.h>

#include "recorder/create.h"
#include "recorder/reader.h"

namespace anteroom::recorder {

namespace {

Status sync(int fd) { return ::fdatasync(fd) == 0 ? ok() : Status(fail_errno("fdatasync of a recording")); }

Result<Bytes> signer_of(const Header& header, const Secret& seed) {
    Bytes public_key = TRY(crypto::ed25519_public_of(seed.expose()));
    if (crypto::sha256(public_key) != header.signer) return fail(ErrorKind::refused, "the recording names another signer");
    return public_key;
}

FinalFrame final_of(const Scanner& scanner, Ending ending, Reason reason, Time now) {
    FinalFrame final;
    final.ending = ending;
    final.reason = reason;
    final.count = scanner.count();
    final.bytes = scanner.offset();
    final.root = scanner.root();
    final.ended = now;
    final.stride = scanner.index().stride();
    final.index = scanner.index().entries();
    return final;
}

Status append_final(int file, const FinalFrame& final, const Digest& header_hash, const Secret& seed) {
    const Bytes frame = TRY(sign_final(final, header_hash, seed.expose()));
    TRY(write_all(file, frame));
    return sync(file);
}

// Whether a piece has a valid tag and unpacks. Both states are kept for all pieces.
Scanner::Accept opens_with(const SessionKeys& keys) {
    auto opener = std::make_shared<PieceOpener>(keys);
    return [opener](const PiecePrefix& prefix, View frame) { return opener->open(prefix, frame).has_value(); };
}

// Problems of the prefix against what the broker signed while the worker lived.
class CheckpointCheck {
public:
    explicit CheckpointCheck(std::vector<Checkpoint> list) : list_(std::move(list)) {}
    std::vector<Problem> against(int file, const Header& header, std::uint64_t limit) const {
        Scanner scanner(file, encode(header).size());
        std::vector<Problem> problems;
        for (const auto& point : list_) {
            while (scanner.count() < point.count && scanner.step(limit).value_or(false)) {}
            if (scanner.count() == point.count && scanner.offset() == point.bytes && scanner.root() == point.root) continue;
            const bool shorter = scanner.count() < point.count;
            problems.push_back({.fault = shorter ? Fault::truncated : Fault::root,
                                .piece = shorter ? scanner.count() : point.count,
                                .offset = scanner.offset(),
                                .text = "checkpoint " + std::to_string(point.sequence) + " says otherwise at " + std::to_string(point.count) + " pieces"});
        }
        return problems;
    }

private:
    std::vector<Checkpoint> list_;
};

}  // namespace

Witness::Witness(Fd file, Fd sidecar, Header header, const Secret& signer_seed)
    : file_(std::move(file)),
      sidecar_(std::move(sidecar)),
      header_(std::move(header)),
      header_hash_(hash_of(header_)),
      seed_(&signer_seed),
      scanner_(file_.get(), encode(header_).size()) {}

Result<Witness> Witness::open(Fd file, Fd sidecar, const Secret& signer_seed) {
    Header header = TRY(read_header(file.get()));
    const Bytes public_key = TRY(signer_of(header, signer_seed));
    Witness out(std::move(file), std::move(sidecar), std::move(header), signer_seed);
    const std::uint64_t size = TRY(size_of(out.sidecar_.get()));
    if (size == 0) {
        TRY(write_all(out.sidecar_.get(), checkpoint_file_header(out.header_hash_)));
        TRY(sync(out.sidecar_.get()));
        return out;
    }
    const Bytes sidecar_bytes = TRY(read_at(out.sidecar_.get(), 0, static_cast<std::size_t>(size)));
    auto known = read_checkpoints(sidecar_bytes, out.header_hash_, public_key);
    const std::uint64_t whole = checkpoint_header_bytes + known.list.size() * checkpoint_bytes;
    const bool only_torn = known.problems.size() == 1 && known.problems[0].fault == Fault::truncated && known.problems[0].offset == whole;
    if (!known.problems.empty() && !only_torn) return fail(known.problems.front());
    if (only_torn && ::ftruncate(out.sidecar_.get(), static_cast<off_t>(whole)) != 0) return fail_errno("cutting a torn checkpoint");
    out.checkpoints_ = std::move(known.list);
    if (out.checkpoints_.empty()) return out;
    // The broker restarted: catch up with what it had signed before believing anything newer.
    const Checkpoint& last = out.checkpoints_.back();
    TRY(out.scanner_.run(last.bytes));
    if (out.seen() != Commit{last.count, last.bytes, last.root}) return fail(ErrorKind::damaged, "the recording is not what the last checkpoint signed");
    return out;
}

Result<Checkpoint> Witness::commit(const Commit& claimed, Time now) {
    if (claimed.count < scanner_.count() || claimed.bytes < scanner_.offset()) return fail(ErrorKind::refused, "the commit goes back");
    TRY(sync(file_.get()));
    if (TRY(size_of(file_.get())) < claimed.bytes) return fail(ErrorKind::damaged, "the recording is shorter than its commit");
    TRY(scanner_.run(claimed.bytes));
    if (seen() != claimed) return fail(ErrorKind::damaged, scanner_.problem() ? sentence(*scanner_.problem()) : "the recording is not what its commit says");
    Checkpoint point{.sequence = checkpoints_.size(), .count = claimed.count, .bytes = claimed.bytes, .root = claimed.root, .at = now};
    const Bytes record = TRY(sign_checkpoint(point, header_hash_, seed_->expose()));
    TRY(write_all(sidecar_.get(), record));
    TRY(sync(sidecar_.get()));
    checkpoints_.push_back(point);
    return point;
}

Result<FinalFrame> Witness::finish(Reason reason, Time now) {
    const std::uint64_t size = TRY(size_of(file_.get()));
    if (size < scanner_.offset()) return fail(ErrorKind::damaged, "the recording shrank");
    if (!TRY(scanner_.run(size))) return fail(ErrorKind::damaged, scanner_.problem() ? sentence(*scanner_.problem()) : "the recording has a torn tail");
    FinalFrame final = final_of(scanner_, Ending::complete, reason, now);
    final.checkpoints = checkpoints_.size();
    TRY(append_final(file_.get(), final, header_hash_, *seed_));
    return final;
}

Result<Recovery> recover(int file, View sidecar, const Secret& signer_seed, Time now, Reason reason, const SessionKeys* keys) {
    const Header header = TRY(read_header(file));
    const Digest header_hash = hash_of(header);
    const Bytes public_key = TRY(signer_of(header, signer_seed));
    const std::uint64_t size = TRY(size_of(file)), begin = encode(header).size();
    if (auto found = find_final(file, begin, size);
        found && found->final.bytes == found->offset && final_signature_holds(found->frame, header_hash, public_key))
        return Recovery{.final = std::move(found->final), .was_sealed = true, .dropped = 0, .problems = {}};

    Scanner scanner(file, begin, keys ? opens_with(*keys) : Scanner::Accept{});
    TRY(scanner.run(size));
    Recovery out;
    out.dropped = size - scanner.offset();
    auto known = sidecar.empty() ? Checkpoints{} : read_checkpoints(sidecar, header_hash, public_key);
    out.problems = std::move(known.problems);
    const std::uint64_t signed_checkpoints = known.list.size();
    for (auto& problem : CheckpointCheck(std::move(known.list)).against(file, header, scanner.offset())) out.problems.push_back(std::move(problem));
    if (out.dropped > max_piece_frame)  // one write(2) is one piece: no crash tears more than that
        out.problems.push_back({.fault = Fault::piece, .piece = scanner.count(), .offset = scanner.offset(), .text = "more is dropped than one torn piece"});
    if (out.dropped > 0 && ::ftruncate(file, static_cast<off_t>(scanner.offset())) != 0) return fail_errno("cutting a torn tail");
    out.final = final_of(scanner, Ending::recovered, reason, now);
    out.final.dropped = out.dropped;
    out.final.checkpoints = signed_checkpoints;
    if (::lseek(file, 0, SEEK_END) < 0) return fail_errno("seeking to a recording's end");
    TRY(append_final(file, out.final, header_hash, signer_seed));
    return out;
}

}  // namespace anteroom::recorder
