// Walks the pieces of a file without a key: framing, order, times, Merkle tree, index. The broker follows a growing
// file with it; recovery and verification walk a finished one. It reads with pread and holds one piece at a time.
#pragma once

#include <functional>

#include "recorder/merkle.h"

namespace anteroom::recorder {

Result<std::uint64_t> size_of(int fd);
// Fewer bytes than asked for only at the end of the file.
Result<Bytes> read_at(int fd, std::uint64_t offset, std::size_t size);
Result<Header> read_header(int fd);

// The final frame as it stands at the end of a file, found by the length that ends it. Neither its signature
// nor what it says is checked.
struct FoundFinal {
    FinalFrame final;
    Bytes frame;
    std::uint64_t offset = 0;
};
std::optional<FoundFinal> find_final(int fd, std::uint64_t header_bytes, std::uint64_t file_bytes);

class Scanner {
public:
    using Accept = std::function<bool(const PiecePrefix&, View frame)>;  // one more test a piece must pass
    Scanner(int fd, std::uint64_t header_bytes, Accept accept = {}) : fd_(fd), offset_(header_bytes), accept_(std::move(accept)) {}

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
    int fd_;
    std::uint64_t offset_;
    MerkleTree tree_;
    IndexBuilder index_;
    PiecePrefix prefix_;
    Accept accept_;
    std::optional<Problem> problem_;
};

}  // namespace anteroom::recorder
