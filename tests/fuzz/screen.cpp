// Hostile bytes as the screen track: the decoder never crashes, never takes more memory than its largest screen, and what it calls a
// picture is one. The first byte chooses: zstd's own bytes, or records that are packed here.
// Links: base recorder
#include <zstd.h>

#include <cstdlib>

#include "recorder/screen_seek.h"

using namespace anteroom;
using namespace anteroom::recorder;

namespace {

void look_at(ScreenDecoder& decoder, std::uint8_t kind, View bytes) {
    const Event event{.at = {}, .track = Track::screen, .kind = kind, .channel = 0, .bytes = bytes};
    (void)size_of_key_frame(event);
    const auto fed = decoder.feed(event);
    const auto picture = decoder.picture();
    if (!fed && picture.pixels != nullptr) std::abort();
    if (!fed || !*fed) return;
    if (picture.pixels == nullptr || picture.width == 0 || picture.height == 0 || picture.stride < picture.width * 4U) std::abort();
    for (const auto& area : decoder.changed())
        if (area.x + area.width > picture.width || area.y + area.height > picture.height) std::abort();
    volatile std::uint8_t last = picture.pixels[std::size_t{picture.stride} * picture.height - 1];
    (void)last;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 2) return 0;
    const bool records = (bytes[0] & 1) != 0;
    static ZSTD_CCtx* const zstd = ZSTD_createCCtx();
    static Bytes out(1 << 20);
    ScreenDecoder decoder;
    View rest(bytes + 1, size - 1);
    // Events: a length in two bytes, its highest bit the kind.
    bool first = true;
    while (rest.size() > 2) {
        const std::size_t head = rest[0] | rest[1] << 8;
        const bool key = first || (head & 0x8000) != 0;
        rest = rest.subspan(2);
        const View part = rest.first(std::min<std::size_t>(head & 0x7fff, rest.size()));
        rest = rest.subspan(part.size());
        first = false;
        if (!records) {
            look_at(decoder, key ? 1 : 0, part);
            continue;
        }
        // A screen of modest size: what is looked for is not how long zeros take.
        Bytes plain(part.begin(), part.end());
        if (key && plain.size() > 4 && plain[0] == 1) plain[2] = plain[4] = 0;
        if (key) ZSTD_CCtx_reset(zstd, ZSTD_reset_session_only);
        ZSTD_inBuffer in{plain.data(), plain.size(), 0};
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        if (ZSTD_isError(ZSTD_compressStream2(zstd, &to, &in, ZSTD_e_flush))) std::abort();
        look_at(decoder, key ? 1 : 0, View(out).first(to.pos));
    }
    return 0;
}
