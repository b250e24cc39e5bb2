// Placing and drawing what was said.
#include <algorithm>

#include "proxies/rdp/lobby/palette.h"
#include "proxies/rdp/lobby/transcript.h"
#include "proxies/rdp/lobby/utf8.h"

namespace anteroom::rdp {
namespace {

int gap_of(const Metrics& metrics) { return metrics.em / 2; }

}  // namespace

int Transcript::lay_out(const Canvas& canvas, const Metrics& metrics, int most_height) {
    if (!changed_ && laid_for_ == most_height && metrics_.em == metrics.em && metrics_.column_width == metrics.column_width) return height_;
    const bool same_screen = metrics_.em == metrics.em && metrics_.column_width == metrics.column_width;
    const int before = height_;
    metrics_ = metrics;
    laid_for_ = most_height;
    changed_ = false;
    rows_.clear();
    height_ = 0;
    const Canvas::Style style{.pixels = metrics.em};
    // The focus stands out of the text by a quarter of an em at either side.
    const Wrapping wrapping{metrics.column_width - metrics.em / 2, metrics.cell};
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        if (lines_[i].opens && i != 0) height_ += gap_of(metrics);
        if (lines_[i].look == Line::Look::picture) {
            place_picture(i, metrics, most_height);
            continue;
        }
        for (auto& row : wrap(canvas, lines_[i].text, style, wrapping)) {
            rows_.push_back({i, height_, metrics.line, 0, std::move(row)});
            height_ += metrics.line;
        }
    }
    // Whoever reads above is not moved by what comes in below; on another screen the place is lost.
    if (scrolled_ > 0) scrolled_ = same_screen ? std::clamp(scrolled_ + height_ - before, 0, height_) : 0;
    return height_;
}

// A picture is as large as fits with a few lines below it; `index` moves to its last line.
void Transcript::place_picture(std::size_t& index, const Metrics& metrics, int most_height) {
    std::size_t end = index, columns = 0;
    while (end < lines_.size() && lines_[end].look == Line::Look::picture) columns = std::max(columns, lines_[end++].columns);
    const auto across = static_cast<int>(columns) + 2, down = 2 * static_cast<int>(end - index) + 2;
    const int room = most_height - 3 * metrics.line - 2 * gap_of(metrics);
    const int module = std::clamp(std::min(metrics.column_width / across, room / down), 2, std::max(3, metrics.em / 2));
    height_ += module;
    for (; index < end; ++index) {
        rows_.push_back({index, height_, 2 * module, module, {}});
        height_ += 2 * module;
    }
    height_ += module + gap_of(metrics);
    --index;
}

// Light modules are drawn, dark ones are what stands between them; a rim of light lies around.
void Transcript::draw_picture(Canvas& canvas, const Placed& row, int x, int y) const {
    const auto& line = lines_[row.line];
    const int m = row.module;
    canvas.fill({x, y, static_cast<int>(line.columns) * m, 2 * m}, palette::print);
    std::size_t at = 0;
    for (int column = x; at < line.text.size(); column += m) {
        const auto character = next_character(line.text, at);
        if (character == ' ') continue;
        const bool above = character != 0x2584, below = character != 0x2580;
        canvas.fill({column, above ? y : y + m, m, above && below ? 2 * m : m}, palette::paper);
    }
}

void Transcript::draw_choice(Canvas& canvas, std::size_t choice, const Box& area) {
    int from = 0, to = 0;
    for (const auto& row : rows_) {
        if (choice_of(row) != choice) continue;
        if (to == 0) from = row.y;
        to = row.y + row.height;
    }
    // Less than a line of it in sight says nothing.
    if (to == 0 || top(area) + to < area.y + metrics_.line || top(area) + from > area.y + area.height - metrics_.line) return;
    const int lean = metrics_.em / 8;
    const Box box{area.x - metrics_.em / 2, top(area) + from - lean, area.width + metrics_.em, to - from + 2 * lean};
    canvas.fill(box, palette::raised);
    canvas.frame(box, std::max(2, metrics_.em / 8), palette::ring);
}

void Transcript::draw(Canvas& canvas, const Box& area, std::optional<std::size_t> chosen) {
    scrolled_ = std::clamp(scrolled_, 0, std::max(0, height_ - area.height));
    if (chosen) draw_choice(canvas, *chosen, area);
    const int base = metrics_.line - metrics_.line / 3;
    const auto first = std::lower_bound(rows_.begin(), rows_.end(), area.y - top(area), [](const Placed& row, int y) { return row.y + row.height < y; });
    // A line that the hints cover in part is better not there at all.
    const bool hints = area.height >= 3 * metrics_.line;
    const int from = area.y + (hints && more_above(area) ? metrics_.line : 0), to = area.y + area.height - (hints && more_below() ? metrics_.line : 0);
    for (auto row = first; row != rows_.end(); ++row) {
        const int y = top(area) + row->y;
        if (y >= area.y + area.height) break;
        const auto& line = lines_[row->line];
        if (row->module == 0 && hints && (y < from || y + row->height > to)) continue;
        if (row->module != 0) {
            draw_picture(canvas, *row, area.x, y);
            continue;
        }
        const auto offered = choice_of(*row);
        auto ink = line.look == Line::Look::marked ? palette::marked : line.look == Line::Look::answered ? palette::answered : palette::said;
        if (offered && offered == chosen) ink = palette::chosen;
        for (const auto& piece : row->pieces) {
            const bool number = offered && piece.at < line.begins;
            const auto colour = number && offered != chosen ? palette::number.text : ink.text;
            canvas.text(area.x + piece.x, y + base, std::string_view(line.text).substr(piece.at, piece.size),
                        {.pixels = metrics_.em, .bold = number, .colour = colour});
        }
    }
}

}  // namespace anteroom::rdp
