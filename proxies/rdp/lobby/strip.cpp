// The strip over a live session.
#include <algorithm>

#include "proxies/rdp/lobby/lobby.h"
#include "proxies/rdp/lobby/palette.h"

namespace anteroom::rdp {

Box strip_area(int width, int height) {
    const int em = Metrics::of(width, height).em;
    return {0, 0, std::max(0, width), std::max(0, std::min(height / 12, em * 9 / 5))};
}

Box draw_strip(Canvas& canvas, int screen_height, std::string_view text, bool urgent) {
    const auto area = strip_area(canvas.width(), screen_height);
    const auto& ink = urgent ? palette::strip_urgent : palette::strip;
    canvas.fill(area, ink.ground);
    // Not by its colour alone.
    const auto sentence = (urgent ? "\u26a0  " : "") + std::string(text);
    const int edge = std::max(2, area.height / 4), room = area.width - 2 * edge;
    Canvas::Style look{.pixels = std::max(6, area.height * 5 / 9), .bold = urgent, .colour = ink.text};
    const int smallest = std::max(6, look.pixels * 7 / 10);
    while (look.pixels > smallest && canvas.measure(sentence, look) > room) --look.pixels;
    const auto shown = shortened(canvas, sentence, look, room);
    // A sign that is taller than its line does not lean out into the session's picture.
    canvas.part(area).text(std::max(edge, (area.width - canvas.measure(shown, look)) / 2), (area.height + look.pixels * 7 / 10) / 2, shown, look);
    return area;
}

}  // namespace anteroom::rdp
