// The worker's side of a recording: append, seal, write(2), nothing else. It opens, seeks and cuts nothing, and a
// failure is for good: after one, nothing is ever reported as recorded again.
#pragma once

#include "base/fd.h"
#include "recorder/events.h"
#include "recorder/keys.h"
#include "recorder/merkle.h"

namespace anteroom::recorder {

inline constexpr Duration seal_after = std::chrono::milliseconds(250);

struct Commit {
    std::uint64_t count = 0, bytes = 0;  // pieces; bytes of the file, header included
    Digest root{};
    bool operator==(const Commit&) const = default;
};
BOOST_DESCRIBE_STRUCT(Commit, (), (count, bytes, root))

class Writer {
public:
    // `file` stands behind the header; `start` is the moment the header's start time names.
    Writer(Fd file, SessionKeys keys, Monotonic start);

    // On success the bytes are in the buffer: at most seal_after and one tick from the file. Stream tracks may have any
    // length, other events at most max_event_bytes (invalid, and nothing is recorded). A clock that goes back stands still.
    Status append(Track track, std::uint8_t kind, std::uint32_t channel, View bytes, Monotonic now);
    template <class Kind>
        requires std::is_enum_v<Kind>
    Status append(Track track, Kind kind, std::uint32_t channel, View bytes, Monotonic now) {
        return append(track, static_cast<std::uint8_t>(kind), channel, bytes, now);
    }
    Status tick(Monotonic now);  // call at least every 50 ms while backlog() is not 0
    Status flush();              // seals what there is: before the end, and before a commit that must hold it

    Commit commit() const { return {tree_.count(), bytes_, tree_.root()}; }
    std::size_t backlog() const { return plain_size_; }  // bytes appended and not yet written
    Duration backlog_age(Monotonic now) const;
    bool failed() const { return failed_.has_value(); }

private:
    void append_one(const Event& event);
    Status seal();
    Status write_frame(std::size_t size);

    Fd file_;
    SessionKeys keys_;
    crypto::AesGcm cipher_;
    Packer packer_;
    MerkleTree tree_;
    Monotonic start_;
    std::uint64_t bytes_;
    Bytes plain_, packed_, frame_;  // frame_[0] is RFC 6962's leaf tag: frame and leaf are one buffer
    std::size_t plain_size_ = 0;
    Duration first_{}, last_{};
    std::optional<Error> failed_;
};

// Output of a channel without a terminal: kept whole up to a limit, then counted and hashed, and marked so.
class BulkTrack {
public:
    static constexpr std::uint64_t default_limit = 64ull << 20;
    BulkTrack(Writer& writer, std::uint32_t channel, std::uint8_t stream, std::uint64_t limit = default_limit)
        : writer_(&writer), channel_(channel), stream_(stream), limit_(limit) {}
    Status append(View bytes, Monotonic now);
    Status finish(Monotonic now);  // the summary: once, when the channel closes
    std::uint64_t kept() const { return kept_; }

private:
    Writer* writer_;
    std::uint32_t channel_;
    std::uint8_t stream_;
    std::uint64_t limit_, kept_ = 0, total_ = 0;
    bool marked_ = false;
    crypto::Sha256 hash_;
};

}  // namespace anteroom::recorder
