// MS-RDPNSC 2.2.2 and 3.1.8. Lines go bottom first, as in every bitmap of RDP.
#include "proxies/rdp/nscodec.h"

#include <algorithm>
#include <bit>

#include "proxies/rdp/likeness.h"

namespace anteroom::rdp {

namespace {

constexpr std::size_t head = 20, slack = 80;  // `slack`: what looking for runs reads beyond a plane, and copying writes beyond its runs
constexpr std::size_t as_they_are = 4;        // bytes at a plane's end that belong to no run
constexpr std::uint8_t long_run = 0xFF;

void put_u32(std::uint8_t* out, std::size_t value) {
    for (unsigned i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

void fit(Bytes& bytes, std::size_t size) {
    if (bytes.size() < size) bytes.resize(size);
}

// Which bytes are like the one that follows, asked for from the first to the last.
class Pairs {
public:
    Pairs(const std::uint8_t* bytes, std::size_t end) : bytes_(bytes), end_(end) { look(0); }
    // The first place from `at` on that is (not) like the next; the end if there is none.
    std::size_t next(std::size_t at, bool alike) {
        while (at < end_) {
            if (at - base_ >= 64) look(at);
            const std::uint64_t bits = (alike ? alike_ : ~alike_) >> (at - base_);
            if (bits != 0) return std::min(end_, at + static_cast<std::size_t>(std::countr_zero(bits)));
            at = base_ + 64;
        }
        return end_;
    }

private:
    void look(std::size_t at) {
        base_ = at;
        alike_ = like_before(bytes_ + at + 1);
    }
    const std::uint8_t* bytes_;
    std::size_t end_, base_ = 0;
    std::uint64_t alike_ = 0;
};

// The conversions below name what does not overlap, and stay within 16 or 32 bits: the compiler then does
// several pixels at once.

// Twice orange (R - B) and four times green (2G - R - B) of MS-RDPNSC 3.1.8.1.1, whole numbers.
void take_colours(const std::uint8_t* __restrict pixels, std::size_t count, std::uint8_t* __restrict luma, std::int16_t* __restrict orange,
                  std::int16_t* __restrict green) {
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t pixel = 0;
        std::memcpy(&pixel, pixels + 4 * i, 4);
        const std::uint32_t b = pixel & 255, g2 = pixel >> 7 & 510, r = pixel >> 16 & 255;
        luma[i] = static_cast<std::uint8_t>((r + b + g2) >> 2);
        orange[i] = static_cast<std::int16_t>(r - b);
        green[i] = static_cast<std::int16_t>(g2 - r - b);
    }
}

// Differences of colour without their last `loss` bits, to the nearest. The decoder knows 8 bits with their sign (3.1.8.1.3), so the
// highest of all, `most`, cannot be rounded up.
void make_coarse(const std::int16_t* __restrict from, std::size_t count, unsigned loss, std::int16_t most, std::uint8_t* __restrict to) {
    const auto half = static_cast<std::int16_t>(1 << loss >> 1);
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<std::int16_t>(static_cast<std::int16_t>(from[i] + half) >> loss);
        to[i] = static_cast<std::uint8_t>(std::min(value, most));
    }
}

// The sums of four: two of one line, two of the next.
void add_fours(const std::int16_t* __restrict one, const std::int16_t* other, std::size_t count, std::int16_t* __restrict to) {
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<std::int16_t>(one[2 * i] + one[2 * i + 1] + other[2 * i] + other[2 * i + 1]);
}

// The plane as runs: a byte twice, then how many more of it. 0: it would not be shorter than the plane. Writes up to `size` and the slack.
std::size_t put_runs(const std::uint8_t* plane, std::size_t size, std::uint8_t* out) {
    if (size <= as_they_are) return 0;
    const std::size_t end = size - as_they_are;
    Pairs pairs(plane, end - 1);
    std::size_t used = 0;
    for (std::size_t at = 0; at < end;) {
        std::size_t pair = pairs.next(at, true);
        if (pair == end - 1) pair = end;  // the last has no neighbour
        if (used + (pair - at) + 7 + as_they_are >= size) return 0;
        copy_short(out + used, plane + at, pair - at);
        used += pair - at;
        if (pair == end) break;
        const std::size_t run = pairs.next(pair, false) + 1 - pair;
        out[used] = out[used + 1] = plane[pair];
        if (run - 2 < long_run) {
            out[used + 2] = static_cast<std::uint8_t>(run - 2);
            used += 3;
        } else {
            out[used + 2] = long_run;
            put_u32(out + used + 3, run);
            used += 7;
        }
        at = pair + run;
    }
    std::memcpy(out + used, plane + end, as_they_are);
    return used + as_they_are;
}

}  // namespace

void NsCodec::take_line(const std::uint8_t* pixels, std::uint32_t width, std::size_t padded, std::uint8_t* luma, Line& line) {
    take_colours(pixels, width, luma, line.orange.data(), line.green.data());
    for (std::size_t i = width; i < padded; ++i) {
        luma[i] = luma[width - 1];
        line.orange[i] = line.orange[width - 1];
        line.green[i] = line.green[width - 1];
    }
}

void NsCodec::take_whole(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height, unsigned loss) {
    const auto most = static_cast<std::int16_t>((256 >> loss) - 1);
    luma_size_ = colour_size_ = std::size_t{width} * height;
    for (Bytes* plane : {&luma_, &orange_, &green_}) fit(*plane, luma_size_ + slack);
    for (std::uint32_t row = 0; row < height; ++row) {
        const std::size_t at = std::size_t{row} * width;
        take_line(pixels + (height - 1 - row) * stride, width, width, luma_.data() + at, line_);
        make_coarse(line_.orange.data(), width, loss, most, orange_.data() + at);
        make_coarse(line_.green.data(), width, loss + 1, most, green_.data() + at);
    }
}

void NsCodec::take_subsampled(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height, unsigned loss) {
    const auto most = static_cast<std::int16_t>((256 >> loss) - 1);
    const std::size_t padded = (width + 7u) / 8 * 8, half = padded / 2;
    luma_size_ = padded * height;
    colour_size_ = half * ((height + 1) / 2);
    fit(luma_, luma_size_ + slack);
    for (Bytes* plane : {&orange_, &green_}) fit(*plane, colour_size_ + slack);
    for (std::uint32_t row = 0; row < height; row += 2) {
        const std::uint8_t* here = pixels + (height - 1 - row) * stride;
        take_line(here, width, padded, luma_.data() + row * padded, line_);
        const bool pair = row + 1 < height;
        if (pair) take_line(here - stride, width, padded, luma_.data() + (row + 1) * padded, above_);
        const Line& other = pair ? above_ : line_;
        const std::size_t at = row / 2 * half;
        add_fours(line_.orange.data(), other.orange.data(), half, sums_.data());
        make_coarse(sums_.data(), half, loss + 2, most, orange_.data() + at);
        add_fours(line_.green.data(), other.green.data(), half, sums_.data());
        make_coarse(sums_.data(), half, loss + 3, most, green_.data() + at);
    }
}

void NsCodec::put_plane(const Bytes& plane, std::size_t size, unsigned number) {
    std::size_t length = put_runs(plane.data(), size, message_.data() + used_);
    if (length == 0) {
        length = size;
        std::memcpy(message_.data() + used_, plane.data(), size);
    }
    put_u32(message_.data() + std::size_t{number} * 4, length);
    used_ += length;
}

View NsCodec::encode(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height, const Terms& terms) {
    const unsigned loss = std::clamp(terms.colour_loss, 1u, 7u);
    const std::size_t padded = width + 8u;
    for (Line* line : {&line_, &above_})
        if (line->orange.size() < padded) line->orange.resize(padded), line->green.resize(padded);
    if (sums_.size() < padded) sums_.resize(padded);
    if (terms.subsampled) take_subsampled(pixels, stride, width, height, loss);
    else take_whole(pixels, stride, width, height, loss);

    fit(message_, most_bytes(width, height) + slack);
    std::fill_n(message_.begin(), head, std::uint8_t{0});
    used_ = head;
    put_plane(luma_, luma_size_, 0);
    put_plane(orange_, colour_size_, 1);
    put_plane(green_, colour_size_, 2);
    // Opaque everywhere: one run, or bytes where a run would be longer.
    const std::size_t alpha = std::size_t{width} * height;
    std::size_t length = std::min<std::size_t>(alpha, 11);
    std::fill_n(message_.begin() + static_cast<std::ptrdiff_t>(used_), length, std::uint8_t{255});
    if (length == 11 && alpha > 11) put_u32(message_.data() + used_ + 3, alpha - as_they_are);
    put_u32(message_.data() + 12, length);
    used_ += length;
    message_[16] = static_cast<std::uint8_t>(loss);
    message_[17] = terms.subsampled ? 1 : 0;
    return View(message_).first(used_);
}

}  // namespace anteroom::rdp
