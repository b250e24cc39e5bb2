// The RFC 6962 (section 2.1) Merkle tree over pieces, grown one leaf at a time, and the index cut from it. A group of
// 2^k pieces is a subtree, so the index's hashes alone give the root, and a damaged group can be named without a key.
#pragma once

#include "recorder/format.h"

namespace anteroom::recorder {

Digest leaf_hash(View leaf);                                // SHA-256(0x00 || leaf)
Digest node_hash(const Digest& left, const Digest& right);  // SHA-256(0x01 || left || right)

class MerkleTree {
public:
    void add(const Digest& leaf_or_subtree);
    std::uint64_t count() const { return count_; }
    Digest root() const;  // of no leaf: SHA-256 of nothing
    void clear();

private:
    std::vector<Digest> stack_;  // one complete subtree for each bit set in count_, the largest first
    std::uint64_t count_ = 0;
};

// At most max_index_entries groups, however long the recording.
class IndexBuilder {
public:
    void add(const Digest& leaf, std::uint64_t offset, Duration first);
    std::uint32_t stride() const { return stride_; }
    std::vector<IndexEntry> entries() const;

private:
    void double_stride();
    std::uint32_t stride_ = 1;
    std::vector<IndexEntry> entries_;
    MerkleTree group_;  // of the last entry, while it is not full
};

Digest root_of(const std::vector<IndexEntry>& index);

}  // namespace anteroom::recorder
