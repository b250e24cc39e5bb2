// A bundle's archive, written as a stream: its small members, and the recording as it lies.
#pragma once

#include <map>

#include "recorder/evidence/tar.h"

namespace anteroom::evidence {

using Members = std::map<std::string, Bytes, std::less<>>;  // by name; all but the recording

// `recording`: a file that is read from 0 to `size`. `damaged`: a member is missing, or the recording is shorter than that.
Status write_archive(const Members& members, int recording, std::uint64_t size, const TarWriter::Sink& sink);

}  // namespace anteroom::evidence
