// What the broker tells anteroom-indexer, in one packet on descriptor 5. Descriptor 3 is the recording, read-only, 4 the empty file of the
// index. The end of descriptor 5 ends the following of a live one.
#pragma once

#include <boost/describe.hpp>

#include "base/secret.h"

namespace anteroom::indexer {

struct IndexTerms {
    Secret data_key;
    Bytes signer;  // Ed25519 public key of the final frame
    bool live = false;
};
BOOST_DESCRIBE_STRUCT(IndexTerms, (), (data_key, signer, live))

inline constexpr int recording_fd = 3, index_fd = 4, terms_fd = 5;
inline constexpr std::size_t longest_terms = 1024;
// How it ends: done as far as the recording goes; a live one was let go; anything else is a failure.
inline constexpr int ended_done = 0, ended_let_go = 3;

}  // namespace anteroom::indexer
