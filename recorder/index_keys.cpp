// Head and keys of an index, as FORMAT.md "Index" says.
#include "recorder/index_keys.h"

#include "recorder/index_format.h"
#include "recorder/octets.h"
#include "recorder/scan.h"

namespace anteroom::recorder {

namespace {

constexpr std::string_view derive_label = "anteroom.aidx.keys.v1";
constexpr std::size_t derived_bytes = 32 + 12;  // key | base nonce

}  // namespace

index::HeadBytes index::encode(const IndexHead& head) {
    HeadBytes out;
    auto at = std::copy(magic.begin(), magic.end(), out.begin());
    at = std::copy(head.header_hash.begin(), head.header_hash.end(), at);
    std::copy(head.id.begin(), head.id.end(), at);
    return out;
}

Result<IndexHead> read_index_head(int file) {
    const Bytes bytes = TRY(read_at(file, 0, index::head_bytes));
    Take take(bytes);
    const auto magic = take.array<8>();
    IndexHead head;
    head.header_hash = take.array<32>();
    head.id = take.array<16>();
    if (!take.finished() || magic != index::magic) return fail(ErrorKind::damaged, "this is no index of a recording");
    return head;
}

IndexKeys index_keys(View data_key, const IndexHead& head) {
    const Bytes info = Put().bytes(view(derive_label)).number(std::uint8_t{0}).bytes(head.header_hash).take();
    const Secret derived = crypto::hkdf_sha256(data_key, head.id, info, derived_bytes);
    const View all = derived.expose();
    IndexKeys keys;
    keys.key = Secret::copy_of(all.first(32));
    std::copy_n(all.begin() + 32, keys.base_nonce.size(), keys.base_nonce.begin());
    keys.header_hash = head.header_hash;
    return keys;
}

}  // namespace anteroom::recorder
