// Three orders are enough: "as the line before", one colour many times, and pixels as they are.
#include "proxies/rdp/rle.h"

#include <algorithm>

namespace anteroom::rdp {

namespace {

constexpr unsigned background_run = 0x0, colour_run = 0x3, colour_image = 0x4;
constexpr std::size_t shortest_background = 3, shortest_colour = 4;

}  // namespace

void RunLengths::take(const std::uint8_t* pixels, std::uint32_t stride, std::uint32_t width, std::uint32_t height, unsigned depth) {
    width_ = width;
    bytes_ = depth == 24 ? 3 : 2;
    plane_.resize(std::size_t{width} * height);
    auto* to = plane_.data();
    for (std::uint32_t row = height; row-- > 0;) {
        const auto* from = pixels + std::size_t{row} * stride;
        for (std::uint32_t column = 0; column < width; ++column, from += 4) {
            const std::uint32_t blue = from[0], green = from[1], red = from[2];
            if (depth == 24) *to++ = blue | green << 8 | red << 16;
            else if (depth == 16) *to++ = blue >> 3 | green >> 2 << 5 | red >> 3 << 11;
            else *to++ = blue >> 3 | green >> 3 << 5 | red >> 3 << 10;
        }
    }
}

// How many from here on are as the line before says; in the first line, black. No such run leaves the first line.
std::size_t RunLengths::like_above(std::size_t at) const {
    std::size_t end = at;
    if (at < width_) {
        while (end < width_ && plane_[end] == 0) ++end;
    } else {
        while (end < plane_.size() && plane_[end] == plane_[end - width_]) ++end;
    }
    return end - at;
}

std::size_t RunLengths::like_first(std::size_t at) const {
    std::size_t end = at + 1;
    while (end < plane_.size() && plane_[end] == plane_[at]) ++end;
    return end - at;
}

// In the shortest of the three forms of a length; lengths stay below 65,536 as a tile has 4,096 pixels.
void RunLengths::order(unsigned code, std::size_t length, Bytes& out) const {
    if (length < 32) {
        out.push_back(static_cast<std::uint8_t>(code << 5 | length));
    } else if (length < 32 + 256) {
        out.push_back(static_cast<std::uint8_t>(code << 5));
        out.push_back(static_cast<std::uint8_t>(length - 32));
    } else {
        out.push_back(static_cast<std::uint8_t>(0xF0 | code));
        out.push_back(static_cast<std::uint8_t>(length));
        out.push_back(static_cast<std::uint8_t>(length >> 8));
    }
}

void RunLengths::pixel(std::uint32_t value, Bytes& out) const {
    for (unsigned i = 0; i < bytes_; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void RunLengths::raw(std::size_t from, std::size_t to, Bytes& out) const {
    if (from == to) return;
    order(colour_image, to - from, out);
    for (; from < to; ++from) pixel(plane_[from], out);
}

// Two background runs never follow each other, or the decoder puts a pixel between them: each is as long as it can be, and the one that
// ends the first line does not count as the one before.
void RunLengths::encode(const std::uint8_t* pixels, std::uint32_t stride, std::uint32_t width, std::uint32_t height, unsigned depth, Bytes& out) {
    take(pixels, stride, width, height, depth);
    out.clear();
    std::size_t waiting = 0, at = 0;  // [waiting, at): pixels that go as they are
    while (at < plane_.size()) {
        const std::size_t above = like_above(at);
        if (above >= shortest_background) {
            raw(waiting, at, out);
            order(background_run, above, out);
            waiting = at += above;
            continue;
        }
        const std::size_t same = like_first(at);
        if (same >= shortest_colour) {
            raw(waiting, at, out);
            order(colour_run, same, out);
            pixel(plane_[at], out);
            waiting = at += same;
            continue;
        }
        ++at;
    }
    raw(waiting, at, out);
}

}  // namespace anteroom::rdp
