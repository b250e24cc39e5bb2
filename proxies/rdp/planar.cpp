// The differences of a line are made while its colours still lie together, where the compiler does 16 bytes at once; then the colours are
// taken apart, and runs found as bits.
#include "proxies/rdp/planar.h"

#include <bit>
#include <cstring>

#include "proxies/rdp/likeness.h"

namespace anteroom::rdp {

namespace {

constexpr std::uint8_t run_length_encoded = 0x10, no_alpha = 0x20;
constexpr std::size_t shortest_run = 3, most_raw = 15;

// A run of what came last, 0 at the beginning of a line (3.1.9.2.1): 3 to 15 in the low half of a byte, 16 to 47 with a mark there.
std::uint8_t* put_run(std::size_t run, std::uint8_t* out) {
    while (run > 0) {
        std::size_t part = run;
        if (run > 47) part = run < 47 + shortest_run ? 45 : 47;  // what is left is a run again
        if (part >= 32) *out++ = static_cast<std::uint8_t>((part - 32) << 4 | 2);
        else if (part >= 16) *out++ = static_cast<std::uint8_t>((part - 16) << 4 | 1);
        else *out++ = static_cast<std::uint8_t>(part);
        run -= part;
    }
    return out;
}

std::uint8_t* put_segment(const std::uint8_t* raw, std::size_t count, std::size_t run, std::uint8_t* out) {
    for (; count > most_raw; count -= most_raw, raw += most_raw, out += most_raw) {
        *out++ = most_raw << 4;
        std::memcpy(out, raw, 16);
    }
    if (count > 0) {
        const std::size_t with = run <= 15 ? run : run < 15 + shortest_run ? 13 : 15;
        *out++ = static_cast<std::uint8_t>(count << 4 | with);
        std::memcpy(out, raw, 16);
        out += count;
        run -= with;
    }
    return put_run(run, out);
}

std::uint8_t* put_line(const std::uint8_t* line, std::size_t width, std::uint8_t* out) {
    std::uint64_t alike = like_before(line);
    if (width < 64) alike &= (std::uint64_t{1} << width) - 1;
    std::uint64_t starts = alike & alike >> 1 & alike >> 2;
    std::size_t at = 0;
    while (starts != 0) {
        const auto run_at = static_cast<std::size_t>(std::countr_zero(starts));
        const auto run = static_cast<std::size_t>(std::countr_one(alike >> run_at));
        out = put_segment(line + at, run_at - at, run, out);
        at = run_at + run;
        starts = at < 64 ? starts & ~std::uint64_t{0} << at : 0;
    }
    return at < width ? put_segment(line + at, width - at, 0, out) : out;
}

// Four at once, as nothing overlaps.
void take_apart(const std::uint8_t* __restrict pixels, std::size_t count, std::uint8_t* __restrict blue, std::uint8_t* __restrict green,
                std::uint8_t* __restrict red) {
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t pixel = 0;
        std::memcpy(&pixel, pixels + 4 * i, 4);
        blue[i] = static_cast<std::uint8_t>(pixel);
        green[i] = static_cast<std::uint8_t>(pixel >> 8);
        red[i] = static_cast<std::uint8_t>(pixel >> 16);
    }
}

}  // namespace

void PlanarTile::take(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height) {
    const std::size_t bytes = std::size_t{width} * 4;
    std::array<std::uint8_t, side * 4> differs{};
    for (std::uint32_t row = 0; row < height; ++row) {
        const std::uint8_t* here = pixels + (height - 1 - row) * stride;
        if (row == 0) {
            repeats_[row] = false;
            std::memcpy(differs.data(), here, bytes);
        } else {
            const std::uint8_t* below = here + stride;
            repeats_[row] = width >= shortest_run && std::memcmp(here, below, bytes) == 0;
            if (repeats_[row]) continue;
            for (std::size_t i = 0; i < bytes; ++i) {
                const auto by = static_cast<std::uint8_t>(here[i] - below[i]);
                // 0 -1 1 -2 2 ... are sent as 0 1 2 3 4 ...
                differs[i] = static_cast<std::uint8_t>((by + by) ^ (by >= 128 ? 255 : 0));
            }
        }
        take_apart(differs.data(), width, line(0, row), line(1, row), line(2, row));
    }
}

std::size_t PlanarTile::encode(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height, bool alpha, std::uint8_t* out) {
    take(pixels, stride, width, height);
    std::uint8_t* to = out;
    *to++ = alpha ? run_length_encoded : run_length_encoded | no_alpha;
    if (alpha) {
        std::array<std::uint8_t, 16> opaque{255};
        const std::size_t run = width > shortest_run ? width - 1 : 0;
        opaque.fill(255);
        to = put_segment(opaque.data(), width - run, run, to);
        opaque.fill(0);
        for (std::uint32_t row = 1; row < height; ++row) to = width >= shortest_run ? put_run(width, to) : put_segment(opaque.data(), width, 0, to);
    }
    for (std::size_t plane = 3; plane-- > 0;)  // red first
        for (std::uint32_t row = 0; row < height; ++row) to = repeats_[row] ? put_run(width, to) : put_line(line(plane, row), width, to);
    return static_cast<std::size_t>(to - out);
}

}  // namespace anteroom::rdp
