// A key frame is looked for in steps back that double: a screen that changes has one every minute at least, one that does not has few
// pieces.
#include "recorder/screen_seek.h"

#include <zstd.h>

#include "recorder/screen_format.h"

namespace anteroom::recorder {

namespace {

constexpr Duration first_step = std::chrono::seconds(12);

bool begins(const Event& event) { return event.track == Track::screen && event.kind == static_cast<std::uint8_t>(ScreenKind::key_frame); }

// Of the last piece in from..at with a key frame.
Result<std::optional<ReadFrom>> last_beginning(Reader& reader, Duration from, Duration at) {
    std::optional<ReadFrom> found;
    TRY(reader.seek(from));
    while (true) {
        const auto piece = TRY(reader.next());
        if (!piece || piece->first > at) return found;
        for (const auto& event : piece->events)
            if (event.at <= at && begins(event)) found = ReadFrom{piece->index, piece->offset};
    }
}

Result<std::optional<Duration>> decode(Reader& reader, Duration at, ScreenDecoder& decoder) {
    std::optional<Duration> shown;
    while (true) {
        const auto piece = TRY(reader.next());
        if (!piece || piece->first > at) return shown;
        for (const auto& event : piece->events) {
            if (event.at > at) return shown;
            if (TRY(decoder.feed(event))) shown = event.at;
        }
    }
}

}  // namespace

Result<Duration> go_to_picture(Reader& reader, Duration at, ScreenDecoder& decoder) {
    for (Duration step = first_step;; step *= 2) {
        const Duration from = step < at ? at - step : Duration(-1);
        if (const auto beginning = TRY(last_beginning(reader, from, at))) {
            TRY(reader.go_to(*beginning));
            if (const auto shown = TRY(decode(reader, at, decoder))) return *shown;
        }
        if (from < Duration(0)) return fail(ErrorKind::not_found, "there is no picture at or before that moment");
    }
}

std::optional<ScreenSize> size_of_key_frame(const Event& event) {
    if (!begins(event)) return std::nullopt;
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> zstd(ZSTD_createDCtx(), &ZSTD_freeDCtx);
    if (!zstd) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(zstd.get(), ZSTD_d_windowLogMax, widest_window);
    std::uint8_t head[size_head_bytes] = {};
    ZSTD_inBuffer in{event.bytes.data(), event.bytes.size(), 0};
    ZSTD_outBuffer out{head, sizeof head, 0};
    while (out.pos < out.size) {
        const std::size_t before = in.pos + out.pos;
        if (ZSTD_isError(ZSTD_decompressStream(zstd.get(), &out, &in)) || in.pos + out.pos == before) return std::nullopt;
    }
    const ScreenSize size{static_cast<std::uint16_t>(head[1] | head[2] << 8), static_cast<std::uint16_t>(head[3] | head[4] << 8)};
    const bool sound = head[0] == static_cast<std::uint8_t>(ScreenRecord::size) && size.width > 0 && size.height > 0 && size.width <= widest_screen &&
                       size.height <= widest_screen;
    return sound ? std::optional(size) : std::nullopt;
}

}  // namespace anteroom::recorder
