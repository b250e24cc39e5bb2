// Event heads are canonical varints (LEB128, shortest form); packing is one zstd frame with its content size.
#include "recorder/events.h"

#include <zstd.h>

namespace anteroom::recorder {

namespace {

std::size_t put_varint(std::uint64_t value, std::uint8_t* out) {
    std::size_t n = 0;
    for (; value >= 0x80; value >>= 7) out[n++] = static_cast<std::uint8_t>(value | 0x80);
    out[n++] = static_cast<std::uint8_t>(value);
    return n;
}

bool take_varint(View& rest, std::uint64_t limit, std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        if (rest.empty()) return false;
        const std::uint8_t byte = rest.front();
        rest = rest.subspan(1);
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte & 0x80) continue;
        return value <= limit && (byte != 0 || shift == 0);  // a trailing zero byte would be a second spelling
    }
    return false;
}

bool take_event(View& rest, Duration& at, Event& event) {
    std::uint64_t delta = 0, channel = 0, size = 0;
    if (!take_varint(rest, static_cast<std::uint64_t>(max_time.count()), delta) || rest.size() < 2) return false;
    const std::uint8_t track = rest[0];
    event.kind = rest[1];
    rest = rest.subspan(2);
    if (track < 1 || track > last_track) return false;
    if (!take_varint(rest, 0xffffffff, channel) || !take_varint(rest, max_piece_plain, size) || size > rest.size()) return false;
    at += Duration(static_cast<std::int64_t>(delta));
    event.at = at;
    event.track = static_cast<Track>(track);
    event.channel = static_cast<std::uint32_t>(channel);
    event.bytes = rest.first(static_cast<std::size_t>(size));
    rest = rest.subspan(static_cast<std::size_t>(size));
    return true;
}

}  // namespace

bool is_stream(Track track) { return track == Track::terminal_output || track == Track::channel_output; }

std::size_t encode_event_head(const Event& event, Duration since_previous, std::uint8_t* out) {
    std::size_t n = put_varint(static_cast<std::uint64_t>(since_previous.count()), out);
    out[n++] = static_cast<std::uint8_t>(event.track);
    out[n++] = event.kind;
    n += put_varint(event.channel, out + n);
    return n + put_varint(event.bytes.size(), out + n);
}

Result<std::vector<Event>> decode_events(View plain, Duration first, Duration last) {
    std::vector<Event> events;
    Duration at = first;
    while (!plain.empty()) {
        Event event;
        if (!take_event(plain, at, event)) return fail(ErrorKind::damaged, "an event is malformed");
        if (at > last) return fail(ErrorKind::damaged, "an event is later than its piece");
        if (events.empty() && at != first) return fail(ErrorKind::damaged, "the first event is later than its piece says");
        events.push_back(event);
    }
    if (events.empty() || at != last) return fail(ErrorKind::damaged, "the last event is earlier than its piece says");
    return events;
}

struct Packer::Context {
    ZSTD_CCtx* zstd = ZSTD_createCCtx();
    Context() {
        if (!zstd) throw std::bad_alloc();
        ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, 1);
    }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { ZSTD_freeCCtx(zstd); }
};

Packer::Packer() : context_(std::make_unique<Context>()) {
    // A worker's sandbox closes behind this: the working memory is taken now.
    Bytes warm(max_piece_plain, 'x'), out(max_piece_packed);
    (void)pack(warm, out);
}
Packer::~Packer() = default;
Packer::Packer(Packer&&) noexcept = default;
Packer& Packer::operator=(Packer&&) noexcept = default;

Result<std::size_t> Packer::pack(View plain, std::span<std::uint8_t> out) {
    const std::size_t n = ZSTD_compress2(context_->zstd, out.data(), out.size(), plain.data(), plain.size());
    if (ZSTD_isError(n)) return fail(ErrorKind::internal, std::string("zstd: ") + ZSTD_getErrorName(n));
    return n;
}

struct Unpacker::Context {
    ZSTD_DCtx* zstd = ZSTD_createDCtx();
    Context() {
        if (!zstd) throw std::bad_alloc();
    }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { ZSTD_freeDCtx(zstd); }
};

Unpacker::Unpacker() : context_(std::make_unique<Context>()) {}
Unpacker::~Unpacker() = default;
Unpacker::Unpacker(Unpacker&&) noexcept = default;
Unpacker& Unpacker::operator=(Unpacker&&) noexcept = default;

Result<Bytes> Unpacker::unpack(View packed) {
    const auto claimed = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (claimed == ZSTD_CONTENTSIZE_UNKNOWN || claimed == ZSTD_CONTENTSIZE_ERROR) return fail(ErrorKind::damaged, "the content is no zstd frame of known size");
    if (claimed == 0 || claimed > max_piece_plain) return fail(ErrorKind::damaged, "the content unpacks to more than a piece may hold");
    if (ZSTD_findFrameCompressedSize(packed.data(), packed.size()) != packed.size()) return fail(ErrorKind::damaged, "the content is not one zstd frame");
    Bytes out(static_cast<std::size_t>(claimed));
    const std::size_t n = ZSTD_decompressDCtx(context_->zstd, out.data(), out.size(), packed.data(), packed.size());
    if (ZSTD_isError(n) || n != out.size()) return fail(ErrorKind::damaged, "the content does not unpack");
    return out;
}

}  // namespace anteroom::recorder
