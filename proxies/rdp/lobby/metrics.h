// The lobby's measures on a screen of some size, in pixels. Text grows with the screen; lines stay short enough to be read.
#pragma once

#include <algorithm>

namespace anteroom::rdp {

struct Metrics {
    int em = 16;    // text
    int line = 23;  // from one line to the next
    int cell = 10;  // a terminal's column: where sentences are laid out in columns
    int margin = 24;
    int column_x = 0, column_width = 0;

    static Metrics of(int width, int height) {
        constexpr int widest = 92;  // columns; as wide as the menu's lines need
        Metrics out;
        out.em = std::max(9, std::min(8 + height / 65, width / 48));
        out.line = out.em * 29 / 20;
        out.cell = (out.em * 3 + 3) / 5;
        out.margin = std::min(out.em * 3 / 2, width / 16);
        out.column_width = std::min(width - 2 * out.margin, widest * out.cell);
        out.column_x = (width - out.column_width) / 2;
        return out;
    }
};

}  // namespace anteroom::rdp
