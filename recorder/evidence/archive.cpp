// In the order of `members`, the recording last.
#include "recorder/evidence/archive.h"

#include "recorder/evidence/manifest.h"

namespace anteroom::evidence {

namespace {

constexpr std::size_t copied_at_once = 1u << 20;

Status copy_recording(int from, std::uint64_t size, TarWriter& archive) {
    TRY(archive.begin(member::recording, size));
    for (std::uint64_t at = 0; at < size;) {
        const auto bytes = TRY(recorder::read_at(from, at, static_cast<std::size_t>(std::min<std::uint64_t>(copied_at_once, size - at))));
        if (bytes.empty()) return fail(ErrorKind::damaged, "the recording is shorter than the broker said");
        TRY(archive.write(bytes));
        at += bytes.size();
    }
    return ok();
}

}  // namespace

Status write_archive(const Members& given, int recording, std::uint64_t size, const TarWriter::Sink& sink) {
    TarWriter archive(sink);
    for (const auto name : members) {
        if (name == member::recording) continue;
        const auto found = given.find(name);
        if (found == given.end()) return fail(ErrorKind::damaged, "the broker sent no " + std::string(name));
        TRY(archive.add(name, found->second));
    }
    TRY(copy_recording(recording, size, archive));
    return archive.finish();
}

}  // namespace anteroom::evidence
