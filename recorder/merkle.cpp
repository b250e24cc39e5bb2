// RFC 6962 section 2.1 with a stack of complete subtrees.
#include "recorder/merkle.h"

namespace anteroom::recorder {

Digest leaf_hash(View leaf) {
    static constexpr std::uint8_t tag[] = {0};
    crypto::Sha256 hash;
    hash.update(tag);
    hash.update(leaf);
    return hash.finish();
}

Digest node_hash(const Digest& left, const Digest& right) {
    std::array<std::uint8_t, 65> input;
    input[0] = 1;
    std::copy(left.begin(), left.end(), input.begin() + 1);
    std::copy(right.begin(), right.end(), input.begin() + 33);
    return crypto::sha256(input);
}

void MerkleTree::add(const Digest& leaf_or_subtree) {
    Digest node = leaf_or_subtree;
    for (std::uint64_t bits = count_; bits & 1; bits >>= 1) {
        node = node_hash(stack_.back(), node);
        stack_.pop_back();
    }
    stack_.push_back(node);
    ++count_;
}

Digest MerkleTree::root() const {
    if (stack_.empty()) return crypto::sha256({});
    Digest node = stack_.back();
    for (std::size_t i = stack_.size() - 1; i > 0; --i) node = node_hash(stack_[i - 1], node);
    return node;
}

void MerkleTree::clear() {
    stack_.clear();
    count_ = 0;
}

void IndexBuilder::add(const Digest& leaf, std::uint64_t offset, Duration first) {
    if (group_.count() == 0) {
        if (entries_.size() == max_index_entries) double_stride();
        entries_.push_back({offset, first, {}});
    }
    group_.add(leaf);
    if (group_.count() < stride_) return;
    entries_.back().hash = group_.root();
    group_.clear();
}

void IndexBuilder::double_stride() {
    for (std::size_t i = 0; i < entries_.size() / 2; ++i) {
        const auto &left = entries_[2 * i], &right = entries_[2 * i + 1];
        entries_[i] = {left.offset, left.first, node_hash(left.hash, right.hash)};
    }
    entries_.resize(entries_.size() / 2);
    stride_ *= 2;
}

std::vector<IndexEntry> IndexBuilder::entries() const {
    auto out = entries_;
    if (group_.count() != 0) out.back().hash = group_.root();
    return out;
}

Digest root_of(const std::vector<IndexEntry>& index) {
    MerkleTree tree;
    for (const auto& entry : index) tree.add(entry.hash);
    return tree.root();
}

}  // namespace anteroom::recorder
