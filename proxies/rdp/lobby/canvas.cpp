// Drawing into memory. Everything is cut to the canvas first: nothing here writes outside of it, whatever it is asked to draw.
#include "proxies/rdp/lobby/canvas.h"

#include <algorithm>
#include <cstring>

#include "proxies/rdp/lobby/glyphs.h"
#include "proxies/rdp/lobby/utf8.h"

namespace anteroom::rdp {
namespace {

constexpr int furthest = 1 << 24;  // coordinates beyond it are cut before they can overflow

struct Span {
    int from = 0, to = 0;
};
// What of [at, at + length) lies in [0, limit).
Span cut(int at, int length, int limit) {
    const auto end = static_cast<std::int64_t>(at) + std::max(0, length);
    return {std::clamp(at, 0, limit), static_cast<int>(std::clamp<std::int64_t>(end, 0, limit))};
}

struct Channels {
    unsigned blue, green, red;
    explicit Channels(Colour colour) : blue(colour & 0xFFU), green(colour >> 8U & 0xFFU), red(colour >> 16U & 0xFFU) {}
};

void put(std::uint8_t* pixel, const Channels& colour) {
    pixel[0] = static_cast<std::uint8_t>(colour.blue);
    pixel[1] = static_cast<std::uint8_t>(colour.green);
    pixel[2] = static_cast<std::uint8_t>(colour.red);
    pixel[3] = 0;
}

void blend(std::uint8_t* pixel, const Channels& colour, unsigned coverage) {
    const auto mixed = [&](unsigned under, unsigned over) { return static_cast<std::uint8_t>((under * (255 - coverage) + over * coverage + 127) / 255); };
    pixel[0] = mixed(pixel[0], colour.blue);
    pixel[1] = mixed(pixel[1], colour.green);
    pixel[2] = mixed(pixel[2], colour.red);
}

}  // namespace

Canvas::Canvas(std::uint8_t* pixels, std::uint32_t stride, int width, int height, const Fonts& fonts)
    : pixels_(pixels),
      stride_(stride),
      width_(std::clamp(width, 0, static_cast<int>(std::min<std::uint32_t>(stride / 4, furthest)))),
      height_(std::clamp(height, 0, furthest)),
      fonts_(&fonts) {}

Canvas Canvas::part(const Box& box) const {
    const auto across = cut(box.x, box.width, width_);
    const auto down = cut(box.y, box.height, height_);
    auto* const first = pixels_ + static_cast<std::size_t>(down.from) * stride_ + static_cast<std::size_t>(across.from) * 4;
    return {first, stride_, std::max(0, across.to - across.from), std::max(0, down.to - down.from), *fonts_};
}

void Canvas::fill(const Box& box, Colour colour) {
    const auto across = cut(box.x, box.width, width_);
    const auto down = cut(box.y, box.height, height_);
    if (across.from >= across.to || down.from >= down.to) return;
    const Channels channels(colour);
    const auto length = static_cast<std::size_t>(across.to - across.from) * 4;
    std::uint8_t* const first = pixels_ + static_cast<std::size_t>(down.from) * stride_ + static_cast<std::size_t>(across.from) * 4;
    for (std::size_t at = 0; at < length; at += 4) put(first + at, channels);
    for (int y = down.from + 1; y < down.to; ++y) std::memcpy(first + static_cast<std::size_t>(y - down.from) * stride_, first, length);
}

void Canvas::frame(const Box& box, int thickness, Colour colour) {
    const int line = std::clamp(thickness, 0, std::max(0, std::min(box.width, box.height) / 2));
    fill({box.x, box.y, box.width, line}, colour);
    fill({box.x, box.y + box.height - line, box.width, line}, colour);
    fill({box.x, box.y + line, line, box.height - 2 * line}, colour);
    fill({box.x + box.width - line, box.y + line, line, box.height - 2 * line}, colour);
}

int Canvas::text(int x, int y, std::string_view utf8, const Style& style) {
    const Channels channels(style.colour);
    int pen = std::clamp(x, -furthest, furthest);
    const int baseline = std::clamp(y, -furthest, furthest);
    for (std::size_t at = 0; at < utf8.size() && pen < furthest;) {
        const auto& glyph = fonts_->faces().glyph(next_character(utf8, at), style);
        const int left = pen + glyph.left, top = baseline - glyph.top;
        const auto across = cut(left, glyph.width, width_);
        const auto down = cut(top, glyph.height, height_);
        for (int row = down.from; row < down.to; ++row) {
            const auto* covered = glyph.coverage.data() + static_cast<std::ptrdiff_t>(row - top) * glyph.width - left;
            std::uint8_t* const line = pixels_ + static_cast<std::size_t>(row) * stride_;
            for (int column = across.from; column < across.to; ++column)
                if (covered[column] != 0) blend(line + static_cast<std::size_t>(column) * 4, channels, covered[column]);
        }
        pen += glyph.advance;
    }
    return pen - std::clamp(x, -furthest, furthest);
}

int Canvas::measure(std::string_view utf8, const Style& style) const {
    int pen = 0;
    for (std::size_t at = 0; at < utf8.size() && pen < furthest;) pen += fonts_->faces().glyph(next_character(utf8, at), style).advance;
    return pen;
}

}  // namespace anteroom::rdp
