// Shapes are blended with their alpha; the standard arrow is drawn here.
#include "recorder/film/pointer.h"

#include <array>

#include "base/wire.h"

namespace anteroom::film {

namespace {

constexpr std::uint16_t largest_shape = 512;

const recorder::PointerShape& arrow() {
    static const recorder::PointerShape shape = [] {
        constexpr std::array<std::string_view, 17> rows{"#          ", "##         ", "#.#        ", "#..#       ", "#...#      ", "#....#     ",
                                                        "#.....#    ", "#......#   ", "#.......#  ", "#........# ", "#.....#####", "#..#..#    ",
                                                        "#.# #..#   ", "##  #..#   ", "#    #..#  ", "     #..#  ", "      ##   "};
        recorder::PointerShape made;
        made.width = static_cast<std::uint16_t>(rows[0].size());
        made.height = static_cast<std::uint16_t>(rows.size());
        for (const auto row : rows)
            for (const char c : row) {
                const std::uint8_t light = c == '.' ? 255 : 0, alpha = c == ' ' ? 0 : 255;
                made.pixels.insert(made.pixels.end(), {light, light, light, alpha});
            }
        return made;
    }();
    return shape;
}

}  // namespace

void Pointer::event(const recorder::Event& event) {
    switch (static_cast<recorder::PointerKind>(event.kind)) {
        case recorder::PointerKind::position:
            if (const auto at = wire::decode<recorder::PointerPosition>(event.bytes)) {
                at_ = *at;
                placed_ = true;
            }
            return;
        case recorder::PointerKind::shape:
            if (auto shape = wire::decode<recorder::PointerShape>(event.bytes); shape && shape->width <= largest_shape && shape->height <= largest_shape &&
                                                                                shape->pixels.size() == std::size_t{shape->width} * shape->height * 4) {
                shape_ = std::move(*shape);
                visible_ = true;
            }
            return;
        case recorder::PointerKind::hidden: visible_ = false; return;
        case recorder::PointerKind::standard:
            shape_.reset();
            visible_ = true;
            return;
    }
}

void Pointer::draw(std::uint8_t* pixels, std::uint32_t width, std::uint32_t height, std::uint32_t stride) const {
    if (!seen()) return;
    const recorder::PointerShape& shape = shape_ ? *shape_ : arrow();
    for (int row = 0; row < shape.height; ++row)
        for (int column = 0; column < shape.width; ++column) {
            const int x = at_.x - shape.hot_x + column, y = at_.y - shape.hot_y + row;
            if (x < 0 || y < 0 || x >= static_cast<int>(width) || y >= static_cast<int>(height)) continue;
            const std::uint8_t* from = shape.pixels.data() + (static_cast<std::size_t>(row) * shape.width + static_cast<std::size_t>(column)) * 4;
            std::uint8_t* to = pixels + static_cast<std::size_t>(y) * stride + static_cast<std::size_t>(x) * 4;
            const int alpha = from[3];
            for (int c = 0; c < 3; ++c) to[c] = static_cast<std::uint8_t>((from[c] * alpha + to[c] * (255 - alpha)) / 255);
        }
}

}  // namespace anteroom::film
