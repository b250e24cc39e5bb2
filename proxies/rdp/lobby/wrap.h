// One line of text broken into rows of a width in pixels. Two blanks or more begin a column: those stand where a terminal would have
// them, so that lists stay lists in a proportional font.
#pragma once

#include "proxies/rdp/lobby/canvas.h"

namespace anteroom::rdp {

struct Piece {
    int x = 0;
    std::uint32_t at = 0, size = 0;  // bytes of the line
    bool operator==(const Piece&) const = default;
};
using Row = std::vector<Piece>;

struct Wrapping {
    int width = 0;  // of a row
    int cell = 0;   // of a terminal's column
};
// At least one row; no piece ends beyond the width unless one character alone does.
std::vector<Row> wrap(const Canvas& canvas, std::string_view line, const Canvas::Style& style, const Wrapping& wrapping);

// The text cut so that it fits, "..." at its end where something is missing.
std::string shortened(const Canvas& canvas, std::string_view text, const Canvas::Style& style, int width);

}  // namespace anteroom::rdp
