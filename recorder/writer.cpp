// The forwarding path: one memcpy into the buffer, one compression, one sealing in place, one hash, one write.
#include "recorder/writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "recorder/octets.h"
#include "recorder/tracks.h"

namespace anteroom::recorder {

Writer::Writer(Fd file, SessionKeys keys, Monotonic start)
    : file_(std::move(file)),
      keys_(std::move(keys)),
      cipher_(keys_.key.expose()),
      start_(start),
      bytes_(keys_.header_bytes),
      plain_(max_piece_plain),
      packed_(max_piece_packed),
      frame_(1 + max_piece_frame) {}

Status Writer::append(Track track, std::uint8_t kind, std::uint32_t channel, View bytes, Monotonic now) {
    if (failed_) return fail(*failed_);
    const bool stream = is_stream(track);
    if (!stream && bytes.size() > max_event_bytes) return fail(ErrorKind::invalid, "an event is longer than a piece can hold");
    if (stream && bytes.empty()) return ok();
    const Duration at = std::max(last_, now - start_);
    while (true) {
        // Never 0: a piece with less than 1 KiB left is sealed below.
        const std::size_t room = max_piece_plain - plain_size_ - max_event_head;
        if (!stream && bytes.size() > room) {
            TRY(seal());
            continue;
        }
        const View part = bytes.first(std::min(bytes.size(), room));
        append_one({.at = at, .track = track, .kind = kind, .channel = channel, .bytes = part});
        bytes = bytes.subspan(part.size());
        if (bytes.empty()) break;
        TRY(seal());
    }
    return max_piece_plain - plain_size_ < 1024 + max_event_head ? seal() : ok();
}

void Writer::append_one(const Event& event) {
    if (plain_size_ == 0) first_ = last_ = event.at;
    plain_size_ += encode_event_head(event, event.at - last_, plain_.data() + plain_size_);
    if (!event.bytes.empty()) std::memcpy(plain_.data() + plain_size_, event.bytes.data(), event.bytes.size());
    plain_size_ += event.bytes.size();
    last_ = event.at;
}

Status Writer::tick(Monotonic now) {
    if (failed_) return fail(*failed_);
    return backlog_age(now) >= seal_after ? seal() : ok();
}

Status Writer::flush() {
    if (failed_) return fail(*failed_);
    return seal();
}

Duration Writer::backlog_age(Monotonic now) const {
    if (plain_size_ == 0) return Duration(0);
    return std::max(Duration(0), now - start_ - first_);
}

Status Writer::seal() {
    if (plain_size_ == 0) return ok();
    Status sealed = [&]() -> Status {
        if (last_ > max_time) return fail(ErrorKind::invalid, "the recording is longer than the format allows");
        const std::size_t packed = TRY(packer_.pack(View(plain_).first(plain_size_), packed_));
        const std::size_t size = piece_prefix_bytes + packed + crypto::gcm_tag_size;
        const std::span<std::uint8_t> frame = std::span(frame_).subspan(1, size);
        const PiecePrefix prefix{.length = static_cast<std::uint32_t>(size - 4), .index = tree_.count(), .first = first_, .last = last_};
        encode(prefix, frame.first<piece_prefix_bytes>());
        std::array<std::uint8_t, 32 + piece_prefix_bytes> aad;
        std::copy(keys_.header_hash.begin(), keys_.header_hash.end(), aad.begin());
        std::copy_n(frame.begin(), piece_prefix_bytes, aad.begin() + 32);
        TRY(cipher_.seal(nonce_of(keys_.base_nonce, prefix.index), aad, View(packed_).first(packed), frame.subspan(piece_prefix_bytes)));
        return write_frame(size);
    }();
    if (!sealed) {
        failed_ = sealed.error();
        wipe(plain_.data(), plain_size_);
        return sealed;
    }
    plain_size_ = 0;
    return ok();
}

Status Writer::write_frame(std::size_t size) {
    ssize_t n = 0;
    do { n = ::write(file_.get(), frame_.data() + 1, size); } while (n < 0 && errno == EINTR);  // nothing was written then
    if (n < 0) return fail_errno("write to the recording");
    // Half a piece stands in the file now. Writing on would be a second piece with the same nonce, or a hole.
    if (static_cast<std::size_t>(n) != size) return fail(ErrorKind::io, "a short write to the recording");
    frame_[0] = 0;
    tree_.add(crypto::sha256(View(frame_).first(1 + size)));
    bytes_ += size;
    return ok();
}

Status BulkTrack::append(View bytes, Monotonic now) {
    hash_.update(bytes);
    total_ += bytes.size();
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), limit_ - kept_));
    if (room > 0) TRY(writer_->append(Track::channel_output, stream_, channel_, bytes.first(room), now));
    kept_ += room;
    if (room == bytes.size() || marked_) return ok();
    marked_ = true;
    const Gap gap{.bytes = total_ - kept_, .reason = "over the limit for output without a terminal: counted and hashed from here"};
    return writer_->append(Track::gap, GapKind::bulk_limit, channel_, wire::encode(gap), now);
}

Status BulkTrack::finish(Monotonic now) {
    const ChannelSummary summary{.bytes = total_, .kept = kept_, .sha256 = hash_.finish()};
    return writer_->append(Track::channel_summary, stream_, channel_, wire::encode(summary), now);
}

}  // namespace anteroom::recorder
