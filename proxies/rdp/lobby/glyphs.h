// Glyphs: the two faces and a bounded store of the glyphs that were drawn. The font files are mapped, read only and shared with every
// other process that draws with them, so that nothing is opened after the sandbox has closed and little memory is this process's own.
#pragma once

#include <array>
#include <unordered_map>

#include "base/bytes.h"
#include "proxies/rdp/lobby/canvas.h"

namespace anteroom::rdp {

// How much of a pixel is covered, 0 to 255, line by line; `left` and `top` from the pen on the baseline (top is up).
struct Glyph {
    int left = 0, top = 0, width = 0, height = 0, advance = 0;
    std::vector<std::uint8_t> coverage;
};

struct Fonts::Faces {
    Faces();
    ~Faces();
    Faces(const Faces&) = delete;
    Faces& operator=(const Faces&) = delete;

    Status open(std::size_t weight, const char* path);
    // Good until the next call. A character that the face lacks, and one that is not to be drawn, gives a box.
    const Glyph& glyph(char32_t character, const Canvas::Style& style);

private:
    Glyph render(char32_t character, std::size_t weight, int pixels);

    struct Face;
    struct Library;
    std::unique_ptr<Library> library_;
    std::array<std::unique_ptr<Face>, 2> faces_;  // regular, bold
    std::unordered_map<std::uint64_t, Glyph> glyphs_;
    std::size_t held_ = 0;  // bytes in glyphs_
};

}  // namespace anteroom::rdp
