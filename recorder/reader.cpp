// The reader trusts nothing of a frame before its tag, and nothing of a final frame before its signature.
#include "recorder/reader.h"

namespace anteroom::recorder {

std::string_view name(State state) {
    constexpr std::array names{"complete", "recovered", "torn", "live", "damaged"};
    return names.at(static_cast<std::size_t>(state));
}

PieceOpener::PieceOpener(const SessionKeys& keys) : base_nonce_(keys.base_nonce), header_hash_(keys.header_hash), cipher_(keys.key.expose()) {}

Result<Bytes> PieceOpener::open(const PiecePrefix& prefix, View frame) {
    std::array<std::uint8_t, 32 + piece_prefix_bytes> aad;
    std::copy(header_hash_.begin(), header_hash_.end(), aad.begin());
    std::copy_n(frame.begin(), piece_prefix_bytes, aad.begin() + 32);
    const View sealed = frame.subspan(piece_prefix_bytes);
    packed_.resize(sealed.size() - crypto::gcm_tag_size);
    TRY(cipher_.open(nonce_of(base_nonce_, prefix.index), aad, sealed, packed_));
    return unpacker_.unpack(packed_);
}

Reader::Reader(Fd file, Header header, const SessionKeys& keys)
    : file_(std::move(file)), header_(std::move(header)), begin_(keys.header_bytes), opener_(keys), offset_(begin_) {}

Result<Reader> Reader::open(Fd file, View data_key, View signer_public_key, bool live) {
    Header header = TRY(read_header(file.get()));
    const SessionKeys keys = TRY(session_keys(header, data_key));
    Reader reader(std::move(file), std::move(header), keys);
    reader.signer_public_key_ = to_bytes(signer_public_key);
    reader.find_end(live);
    return reader;
}

void Reader::find_end(bool live) {
    state_ = live ? State::live : State::torn;
    const auto size = size_of(file_.get());
    auto found = size ? find_final(file_.get(), begin_, *size) : std::nullopt;
    if (!found) return;
    const bool holds = crypto::sha256(signer_public_key_) == header_.signer && final_signature_holds(found->frame, hash_of(header_), signer_public_key_);
    state_ = !holds ? State::damaged : found->final.ending == Ending::complete ? State::complete : State::recovered;
    if (found->final.bytes != found->offset) state_ = State::damaged;
    // Told at the end: the pieces before may still be read, each with its tag.
    if (!holds) end_problem_ = Problem{.fault = Fault::signature, .offset = found->offset, .text = "the final frame is not signed by the recording's broker"};
    final_offset_ = found->offset;
    final_ = std::move(found->final);
}

Result<std::uint64_t> Reader::limit() const { return final_ ? Result<std::uint64_t>(final_offset_) : size_of(file_.get()); }

tl::unexpected<Error> Reader::broken(Fault fault, std::string text) {
    problem_ = Problem{.fault = fault, .piece = index_, .offset = offset_, .text = std::move(text)};
    if (final_ || fault != Fault::truncated) state_ = State::damaged;
    return fail(*problem_);
}

Result<std::optional<PiecePrefix>> Reader::peek() {
    const std::uint64_t end = TRY(limit());
    if (offset_ >= end) return std::nullopt;
    const Bytes head = TRY(read_at(file_.get(), offset_, static_cast<std::size_t>(std::min<std::uint64_t>(piece_prefix_bytes, end - offset_))));
    if (head.size() < piece_prefix_bytes) {
        if (state_ == State::live) return std::nullopt;
        return broken(Fault::truncated, "the piece ends in its prefix");
    }
    if (state_ == State::live && head[4] == static_cast<std::uint8_t>(FrameType::final) && end - offset_ <= max_final_frame) {
        find_end(true);  // the broker is sealing, or has sealed, what was followed so far
        return std::nullopt;
    }
    auto prefix = decode_piece_prefix(head);
    if (!prefix) return broken(Fault::piece, prefix.error().detail);
    if (prefix->index != index_) return broken(Fault::order, "its number is " + std::to_string(prefix->index));
    if (prefix->first < previous_last_) return broken(Fault::order, "it begins before the piece before it ends");
    if (prefix->frame_bytes() > end - offset_) {
        if (state_ == State::live) return std::nullopt;
        return broken(Fault::truncated, "the piece is not whole");
    }
    return *prefix;
}

Result<std::optional<Piece>> Reader::next() {
    if (problem_) return fail(*problem_);
    const auto prefix = TRY(peek());
    if (!prefix) return at_end();
    const Bytes frame = TRY(read_at(file_.get(), offset_, prefix->frame_bytes()));
    if (frame.size() != prefix->frame_bytes()) return broken(Fault::truncated, "the piece is not whole");
    auto plain = opener_.open(*prefix, frame);
    if (!plain) return broken(Fault::piece, plain.error().detail);
    auto events = decode_events(*plain, prefix->first, prefix->last);
    if (!events) return broken(Fault::piece, events.error().detail);
    Piece piece;
    piece.index = index_;
    piece.offset = offset_;
    piece.first = prefix->first;
    piece.last = prefix->last;
    piece.plain = std::move(*plain);
    piece.events = std::move(*events);
    if (from_start_) tree_.add(leaf_hash(frame));
    previous_last_ = prefix->last;
    ++index_;
    offset_ += frame.size();
    return piece;
}

Result<std::optional<Piece>> Reader::at_end() {
    if (!final_) return std::nullopt;
    if (index_ != final_->count || offset_ != final_->bytes) return broken(Fault::order, "the final frame counts " + std::to_string(final_->count) + " pieces");
    if (from_start_ && tree_.root() != final_->root) return broken(Fault::root, "the pieces are not those that the final frame signed");
    if (end_problem_) return fail(*(problem_ = end_problem_));
    return std::nullopt;
}

void Reader::go_to(std::uint64_t index, std::uint64_t offset) {
    index_ = index;
    offset_ = offset;
    previous_last_ = Duration(0);
    from_start_ = index == 0;
    tree_.clear();
}

Status Reader::seek(Duration at) {
    if (problem_) return fail(*problem_);
    std::uint64_t index = 0, offset = begin_;
    if (final_) {
        const auto behind = std::upper_bound(final_->index.begin(), final_->index.end(), at, [](Duration t, const IndexEntry& e) { return t < e.first; });
        if (behind != final_->index.begin()) {
            index = static_cast<std::uint64_t>(behind - final_->index.begin() - 1) * final_->stride;
            offset = (behind - 1)->offset;
        }
    }
    go_to(index, offset);
    if (offset < begin_) return broken(Fault::order, "the index points into the header");
    while (true) {
        const auto prefix = TRY(peek());
        if (!prefix || prefix->first > at) break;
        index = index_;
        offset = offset_;
        previous_last_ = prefix->last;
        ++index_;
        offset_ += prefix->frame_bytes();
    }
    go_to(index, offset);
    return ok();
}

Status Reader::go_to(const ReadFrom& piece) {
    if (problem_) return fail(*problem_);
    go_to(piece.index, piece.offset);
    return ok();
}

Status Reader::pass_over() {
    problem_.reset();
    const auto prefix = TRY(peek());
    if (!prefix) return fail(ErrorKind::not_found, "there is no piece to pass over");
    previous_last_ = Duration(0);  // what it says of its times may be what is damaged
    ++index_;
    offset_ += prefix->frame_bytes();
    from_start_ = false;
    return ok();
}

Result<Duration> Reader::duration() {
    if (problem_) return fail(*problem_);
    const auto index = index_, offset = offset_;
    const auto tree = tree_;
    const auto previous = previous_last_;
    const bool from_start = from_start_;
    TRY(seek(max_time));
    const auto prefix = TRY(peek());
    Duration out = prefix ? prefix->last : Duration(0);
    if (state_ == State::complete) out = std::max(out, std::chrono::duration_cast<Duration>(final_->ended - header_.start));
    out = std::min(out, max_time);
    index_ = index;
    offset_ = offset;
    tree_ = tree;
    previous_last_ = previous;
    from_start_ = from_start;
    return out;
}

}  // namespace anteroom::recorder
