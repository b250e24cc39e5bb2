// Hostile bytes as a bundle's archive: what the reader takes is, byte for byte, what the writer would have made of the same members.
// Links: base recorder evidence
#include <fcntl.h>
#include <sys/mman.h>

#include <cstdlib>

#include "base/fd.h"
#include "recorder/evidence/tar.h"

using namespace anteroom;
using namespace anteroom::evidence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View input(bytes, size);
    Fd fd(::memfd_create("fuzz", MFD_CLOEXEC));
    if (!write_all(fd.get(), input)) return 0;
    const auto read = read_tar(fd.get());
    if (!read) return 0;
    Bytes again;
    TarWriter archive([&](View part) {
        again.insert(again.end(), part.begin(), part.end());
        return ok();
    });
    for (const auto& one : *read)
        if (!archive.add(one.name, input.subspan(one.offset, one.size))) std::abort();
    if (!archive.finish() || again != to_bytes(input)) std::abort();
    return 0;
}
