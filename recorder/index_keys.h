// The keys of one recording's index (FORMAT.md, "Index"). They are made from the recording's data key and open nothing but that one index:
// whoever searches gets no more.
#pragma once

#include <boost/describe.hpp>

#include "base/secret.h"
#include "recorder/format.h"

namespace anteroom::recorder {

struct IndexHead {                      // the first bytes of the file
    Digest header_hash{};               // of the recording
    std::array<std::uint8_t, 16> id{};  // random, new whenever an index is made anew: no key is used twice
};
struct IndexKeys {
    Secret key;  // 32 bytes, AES-256-GCM
    Nonce base_nonce{};
    Digest header_hash{};
};
BOOST_DESCRIBE_STRUCT(IndexKeys, (), (key, base_nonce, header_hash))

// `damaged` where it is no index.
Result<IndexHead> read_index_head(int file);
IndexKeys index_keys(View data_key, const IndexHead& head);

}  // namespace anteroom::recorder
