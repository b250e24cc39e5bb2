// Hostile bytes as a bundle: as the whole archive, and as each member of one that is otherwise in order. The check never crashes, and
// nothing is good under a key that did not sign it.
// Links: base recorder evidence
#include <fcntl.h>
#include <sys/mman.h>

#include <cstdlib>

#include "base/fd.h"
#include "recorder/evidence/check.h"
#include "recorder/evidence/tar.h"

using namespace anteroom;
using namespace anteroom::evidence;

namespace {

void look_at(View archive) {
    Fd fd(::memfd_create("fuzz", MFD_CLOEXEC));
    if (!write_all(fd.get(), archive)) return;
    // Under a key that signed nothing: seeds may be good bundles.
    const auto report = check_bundle(fd.get(), {KnownKey{}});
    if (!report || report->good()) std::abort();
    for (const auto& finding : report->findings) (void)sentence(finding);
}

Bytes with(std::string_view name, View content) {
    static const Keys keys{Bytes(32, 3), Bytes(32, 4)};
    Bytes out;
    TarWriter archive([&](View bytes) {
        out.insert(out.end(), bytes.begin(), bytes.end());
        return ok();
    });
    bool fine = true;
    for (const auto member : members) {
        const auto keys_text = encode(keys);
        const View usual = member == member::keys ? view(keys_text) : View();
        fine = fine && archive.add(member, member == name ? content : usual);
    }
    fine = fine && archive.finish();
    if (!fine) std::abort();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const View content(bytes + 1, size - 1);
    const std::size_t which = bytes[0] % (std::size(members) + 2);
    const std::string text(to_string(content));
    if (which < std::size(members)) look_at(with(members[which], content));
    else look_at(content);
    // What is read is written again the same.
    if (const auto manifest = decode_manifest(text); manifest && encode(*manifest) != text) std::abort();
    if (const auto keys = decode_keys(text); keys && encode(*keys) != text) std::abort();
    if (const auto line = parse_line(text); line && line_of(line->body, base64(line->previous), base64(line->hash)) != text) std::abort();
    return 0;
}
