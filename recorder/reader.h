// Reads a recording with its data key: pieces in order, each checked, or from any moment on. One reader serves the
// command line, the console and the indexer. An error names the piece and the fault, and comes again on every call.
#pragma once

#include "base/fd.h"
#include "recorder/events.h"
#include "recorder/keys.h"
#include "recorder/scan.h"

namespace anteroom::recorder {

// damaged: what the broker signed and what stands there differ, or a signature does not hold.
enum class State { complete, recovered, torn, live, damaged };
std::string_view name(State state);

class PieceOpener {  // one piece frame -> the events' bytes
public:
    explicit PieceOpener(const SessionKeys& keys);
    Result<Bytes> open(const PiecePrefix& prefix, View frame);

private:
    Nonce base_nonce_;
    Digest header_hash_;
    crypto::AesGcm cipher_;
    Unpacker unpacker_;
    Bytes packed_;
};

struct Piece {
    std::uint64_t index = 0, offset = 0;
    Duration first{}, last{};
    Bytes plain;
    std::vector<Event> events;  // their bytes are views into `plain`; moving a Piece keeps them
    Piece() = default;
    Piece(Piece&&) = default;
    Piece& operator=(Piece&&) = default;
};

struct ReadFrom {  // a piece that was read before
    std::uint64_t index = 0, offset = 0;
};

class Reader {
public:
    // `live`: a file without a final frame is being written, rather than torn; next() may then find more later.
    static Result<Reader> open(Fd file, View data_key, View signer_public_key, bool live = false);

    const Header& header() const { return header_; }
    State state() const { return state_; }
    const std::optional<FinalFrame>& final() const { return final_; }
    // The last whole piece's end; of a complete recording the session's own, which may be later: then nothing more was shown.
    Result<Duration> duration();
    // The next piece; nullopt at the end. Read from the first piece to the end, the whole is checked
    // against the final root. A forged final frame is an error at the end (state() is damaged from the beginning).
    Result<std::optional<Piece>> next();
    // The next piece is then the last one that begins at or before `at` (the first one, if none does).
    Status seek(Duration at);
    Status go_to(const ReadFrom& piece);  // the next piece is this one
    const std::optional<Problem>& problem() const { return problem_; }
    // After a damaged piece: seek() and go_to() are possible again, to read what can be read behind it.
    void begin_anew() { problem_.reset(); }
    // After a damaged piece whose prefix is whole: the next piece is the one behind it.
    Status pass_over();
    int file() const { return file_.get(); }  // for who reads it in another way beside; pread only

private:
    Reader(Fd file, Header header, const SessionKeys& keys);
    void find_end(bool live);
    Result<std::uint64_t> limit() const;
    Result<std::optional<PiecePrefix>> peek();  // at the present position
    Result<std::optional<Piece>> at_end();
    tl::unexpected<Error> broken(Fault fault, std::string text);
    void go_to(std::uint64_t index, std::uint64_t offset);

    Fd file_;
    Header header_;
    Bytes signer_public_key_;
    std::uint64_t begin_;
    PieceOpener opener_;
    State state_ = State::torn;
    std::optional<FinalFrame> final_;
    std::uint64_t final_offset_ = 0;
    std::optional<Problem> problem_, end_problem_;
    std::uint64_t index_ = 0, offset_ = 0;
    Duration previous_last_{};
    MerkleTree tree_;
    bool from_start_ = true;
};

}  // namespace anteroom::recorder
