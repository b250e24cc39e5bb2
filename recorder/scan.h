// Walks the pieces of a file without a key: framing, order, times, Merkle tree, index. The broker follows a growing
// file with it; recovery and verification walk a finished one. It reads with pread and holds one piece at a time.
#pragma once

#include <functional>

#include "recorder/merkle.h"

namespace anteroom::recorder {

// What is read as a recording: a whole file, or a part of one (a recording inside an archive). Offsets count from its beginning.
struct Extent {
    int fd = -1;
    std::uint64_t begin = 0;
    std::optional<std::uint64_t> bytes;  // none: up to the file's end, wherever that is when it is asked for
    Extent(int whole_file) : fd(whole_file) {}
    Extent(int file, std::uint64_t from, std::uint64_t size) : fd(file), begin(from), bytes(size) {}
};
Result<std::uint64_t> size_of(const Extent& extent);
// Fewer bytes than asked for only at the end.
Result<Bytes> read_at(const Extent& extent, std::uint64_t offset, std::size_t size);
Result<Header> read_header(const Extent& extent);

// The final frame as it stands at the end of a file, found by the length that ends it. Neither its signature
// nor what it says is checked.
struct FoundFinal {
    FinalFrame final;
    Bytes frame;
    std::uint64_t offset = 0;
};
std::optional<FoundFinal> find_final(const Extent& extent, std::uint64_t header_bytes, std::uint64_t file_bytes);

class Scanner {
public:
    using Accept = std::function<bool(const PiecePrefix&, View frame)>;  // one more test a piece must pass
    Scanner(const Extent& extent, std::uint64_t header_bytes, Accept accept = {}) : extent_(extent), offset_(header_bytes), accept_(std::move(accept)) {}

    // One piece more, if it ends at or before `limit`. False: none does, and problem() says why.
    Result<bool> step(std::uint64_t limit);
    Result<bool> run(std::uint64_t limit);  // as many as there are; true when exactly `limit` was reached

    std::uint64_t count() const { return tree_.count(); }
    std::uint64_t offset() const { return offset_; }  // behind the last whole piece
    Digest root() const { return tree_.root(); }
    const IndexBuilder& index() const { return index_; }
    const std::optional<Problem>& problem() const { return problem_; }
    const PiecePrefix& prefix() const { return prefix_; }  // of the last piece

private:
    Result<bool> refuse(Fault fault, std::string text);
    Extent extent_;
    std::uint64_t offset_;
    MerkleTree tree_;
    IndexBuilder index_;
    PiecePrefix prefix_;
    Accept accept_;
    std::optional<Problem> problem_;
};

}  // namespace anteroom::recorder
