// What the broker tells anteroom-exporter, in sealed memory on descriptor 5. Descriptor 3 is the recording, read-only, 4 what the export is
// written into: a pipe, which is closed when it ends.
#pragma once

#include <boost/describe.hpp>

#include "base/secret.h"

namespace anteroom::exporter {

struct Member {
    std::string name;
    Bytes content;
};
BOOST_DESCRIBE_STRUCT(Member, (), (name, content))

struct ExportTerms {
    std::string format;           // "cast", "mp4", "bundle"
    std::string title;            // of a cast or a film
    Secret data_key;              // for a bundle: none
    Bytes signer;                 // Ed25519 public key of the final frame
    std::vector<Member> members;  // of a bundle: all but the recording
    std::uint64_t size = 0;       // of the recording in a bundle, bytes
};
BOOST_DESCRIBE_STRUCT(ExportTerms, (), (format, title, data_key, signer, members, size))

inline constexpr int recording_fd = 3, out_fd = 4, terms_fd = 5;
inline constexpr std::size_t longest_terms = 256u << 20;
// How it ends: everything is written; anything else is a failure, and what was written is not whole.
inline constexpr int ended_done = 0;

}  // namespace anteroom::exporter
