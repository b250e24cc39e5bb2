// RFC 6962 with the vectors of Certificate Transparency's reference tests (merkle_tree_test.cc).
#include "recorder/merkle.h"

#include "tests/unit/recorder/fixture.h"

namespace anteroom::recorder::testing {
namespace {

constexpr std::array leaves{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
constexpr std::array roots{
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TEST(Merkle, GivesTheRootsOfCertificateTransparency) {
    MerkleTree tree;
    EXPECT_EQ(hex(tree.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        tree.add(leaf_hash(must(from_hex(leaves[i]))));
        EXPECT_EQ(hex(tree.root()), roots[i]) << i;
    }
}

// MTH as RFC 6962 2.1 writes it.
Digest recursive(std::span<const Digest> hashes) {
    if (hashes.size() == 1) return hashes[0];
    std::size_t k = 1;
    while (k * 2 < hashes.size()) k *= 2;
    return node_hash(recursive(hashes.first(k)), recursive(hashes.subspan(k)));
}

TEST(Merkle, AgreesWithTheDefinitionAtEveryCount) {
    MerkleTree tree;
    std::vector<Digest> all;
    for (int i = 0; i < 300; ++i) {
        all.push_back(leaf_hash(view(std::to_string(i))));
        tree.add(all.back());
        ASSERT_EQ(tree.root(), recursive(all)) << i;
    }
}

TEST(Merkle, TheIndexAloneGivesTheRootAndStaysSmall) {
    MerkleTree tree;
    IndexBuilder index;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        const Digest leaf = leaf_hash(view(std::to_string(i)));
        tree.add(leaf);
        index.add(leaf, 500 + i * 10, Duration(static_cast<std::int64_t>(i)));
        const bool looked_at = i < 40 || i % 509 == 0 || (i + 1) % 1024 < 2;
        if (!looked_at) continue;
        const auto entries = index.entries();
        ASSERT_EQ(root_of(entries), tree.root()) << i;
        ASSERT_LE(entries.size(), max_index_entries);
        for (std::size_t n = 0; n < entries.size(); ++n) ASSERT_EQ(entries[n].offset, 500 + n * index.stride() * 10);
    }
    EXPECT_EQ(index.stride(), 16u);
}

}  // namespace
}  // namespace anteroom::recorder::testing
