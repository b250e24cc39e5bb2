// A picture in memory that can be drawn upon: filled rectangles, frames, text. 32 bits a pixel, B G R X in memory, top line first.
// The one font is loaded before the sandbox closes and kept in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace anteroom::rdp {

struct Box {
    int x = 0, y = 0, width = 0, height = 0;
    bool operator==(const Box&) const = default;
};
using Colour = std::uint32_t;  // 0xRRGGBB

class Fonts {  // regular and bold; opens files, once
public:
    static Result<Fonts> load();
    ~Fonts();
    Fonts(Fonts&&) noexcept;
    Fonts& operator=(Fonts&&) noexcept;
    struct Faces;
    Faces& faces() const { return *faces_; }

private:
    explicit Fonts(std::unique_ptr<Faces> faces);
    std::unique_ptr<Faces> faces_;
};

class Canvas {
public:
    Canvas(std::uint8_t* pixels, std::uint32_t stride, int width, int height, const Fonts& fonts);
    int width() const { return width_; }
    int height() const { return height_; }
    // What of the box lies on this canvas, as a canvas of its own: nothing drawn there leaves it. Its 0, 0 is the box's corner.
    Canvas part(const Box& box) const;

    void fill(const Box& box, Colour colour);
    void frame(const Box& box, int thickness, Colour colour);
    struct Style {
        int pixels = 16;  // em size
        bool bold = false;
        Colour colour = 0;
    };
    // Draws UTF-8 with its baseline at y, clipped to the canvas; the advance in pixels. What the font lacks is a box.
    int text(int x, int y, std::string_view utf8, const Style& style);
    int measure(std::string_view utf8, const Style& style) const;

private:
    std::uint8_t* pixels_;
    std::uint32_t stride_;
    int width_, height_;
    const Fonts* fonts_;
};

}  // namespace anteroom::rdp
