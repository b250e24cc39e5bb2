// Pixels are turned round (B G R X to R G B A) and packed as fast as zlib can.
#include "web/bands.h"

#include <zlib.h>

#include <bit>
#include <new>

namespace anteroom::web {

using recorder::Area;

namespace {

constexpr std::size_t pixel_bytes = 4, head_bytes = 24;

bool covers(const Area& outer, const Area& inner) {
    return outer.x <= inner.x && outer.y <= inner.y && outer.x + outer.width >= inner.x + inner.width && outer.y + outer.height >= inner.y + inner.height;
}

Area around(const Area& a, const Area& b) {
    const auto left = std::min(a.x, b.x), top = std::min(a.y, b.y);
    const auto right = std::max(a.x + a.width, b.x + b.width), bottom = std::max(a.y + a.height, b.y + b.height);
    return {.x = left, .y = top, .width = static_cast<std::uint16_t>(right - left), .height = static_cast<std::uint16_t>(bottom - top)};
}

template <class Number>
void put(std::string& out, Number number) {
    for (std::size_t i = 0; i < sizeof number; ++i) out.push_back(static_cast<char>(static_cast<std::uint8_t>(number >> (8 * i))));
}

}  // namespace

void Areas::add(const Area& area) {
    for (const auto& one : list_)
        if (covers(one, area)) return;
    std::erase_if(list_, [&](const Area& one) { return covers(area, one); });
    list_.push_back(area);
    if (list_.size() <= most) return;
    Area all = list_.front();
    for (const auto& one : list_) all = around(all, one);
    list_.assign(1, all);
}

struct Bands::Packer {
    z_stream stream{};
    Bytes pixels, packed;
    Packer() : pixels(longest), packed(::compressBound(longest)) {
        if (::deflateInit(&stream, Z_BEST_SPEED) != Z_OK) throw std::bad_alloc();
    }
    Packer(const Packer&) = delete;
    ~Packer() { ::deflateEnd(&stream); }

    // Of `size` bytes of `pixels`.
    std::string_view pack(std::size_t size) {
        ::deflateReset(&stream);
        stream.next_in = pixels.data();
        stream.avail_in = static_cast<uInt>(size);
        stream.next_out = packed.data();
        stream.avail_out = static_cast<uInt>(packed.size());
        ::deflate(&stream, Z_FINISH);  // there is room for whatever it is
        return {reinterpret_cast<const char*>(packed.data()), packed.size() - stream.avail_out};
    }
};

Bands::Bands() = default;
Bands::~Bands() = default;

void Bands::begin(std::vector<Area> areas, std::uint8_t flags, Duration at) {
    waiting_.assign(areas.begin(), areas.end());
    flags_ = flags;
    at_ = at;
}

Area Bands::cut() {
    Area& first = waiting_.front();
    const auto lines = static_cast<std::uint16_t>(std::clamp<std::size_t>(longest / (first.width * pixel_bytes), 1, first.height));
    Area band = first;
    band.height = lines;
    first.y = static_cast<std::uint16_t>(first.y + lines);
    first.height = static_cast<std::uint16_t>(first.height - lines);
    if (first.height == 0) waiting_.pop_front();
    return band;
}

std::string Bands::head(const Area& area, const recorder::PixelView& picture) {
    std::string out;
    out.reserve(head_bytes);
    put(out, std::uint8_t{1});
    put(out, static_cast<std::uint8_t>(flags_ | (waiting_.empty() ? complete : 0)));
    for (const auto number : {area.x, area.y, area.width, area.height, picture.width, picture.height, std::uint16_t{0}}) put(out, number);
    put(out, std::bit_cast<std::uint64_t>(std::chrono::duration<double, std::milli>(at_).count()));
    flags_ = static_cast<std::uint8_t>(flags_ & ~sought);  // what follows is drawn over it
    return out;
}

Message Bands::next(const recorder::PixelView& picture) {
    if (!packer_) packer_ = std::make_unique<Packer>();
    const Area band = cut();
    std::uint8_t* out = packer_->pixels.data();
    for (std::uint32_t y = band.y; y < std::uint32_t{band.y} + band.height; ++y) {
        const std::uint8_t* in = picture.pixels + std::size_t{y} * picture.stride + band.x * pixel_bytes;
        for (std::uint32_t x = 0; x < band.width; ++x, in += pixel_bytes, out += pixel_bytes) {
            out[0] = in[2];
            out[1] = in[1];
            out[2] = in[0];
            out[3] = 255;
        }
    }
    Message message{head(band, picture), true};
    message.bytes += packer_->pack(std::size_t{band.width} * band.height * pixel_bytes);
    return message;
}

}  // namespace anteroom::web
