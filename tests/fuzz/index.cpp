// Hostile bytes as an index, and, sealed under the right keys, as the content of a record: reading neither crashes nor takes more than is stated.
// Links: base recorder
#include <sys/mman.h>

#include <cstdlib>

#include "recorder/index_format.h"

using namespace anteroom;
using namespace anteroom::recorder;

namespace {

void look_at(View file, const IndexKeys& keys) {
    Fd fd(::memfd_create("fuzz", MFD_CLOEXEC));
    if (!write_all(fd.get(), file)) return;
    auto copy = fd.duplicate();
    if (!copy) return;
    if (auto reader = IndexReader::open(std::move(*copy), keys))
        for (auto entry = reader->next(); entry && *entry;) entry = reader->next();
    const auto all = Index::open(std::move(fd), keys);
    if (!all) return;
    (void)all->search("a", 10);
    (void)all->before(Duration::max(), 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const Bytes data_key(32, 7);
    const IndexHead head;
    static const IndexKeys keys = index_keys(data_key, head);
    const View input(bytes, size);
    if (size < 2) return 0;
    const View rest = input.subspan(1);
    if (bytes[0] == 0) {
        look_at(rest, keys);
        return 0;
    }
    const auto begin = index::encode(head);
    Bytes file(begin.begin(), begin.end());
    if (bytes[0] == 1) {
        file.insert(file.end(), rest.begin(), rest.end());
    } else {
        (void)index::decode_entries(rest);
        const auto type = bytes[0] % 2 == 0 ? index::RecordType::entries : index::RecordType::key_frame;
        const auto record = index::Sealer(keys, begin).seal(type, 0, rest);
        if (record) file.insert(file.end(), record->begin(), record->end());
    }
    look_at(file, keys);
    return 0;
}
