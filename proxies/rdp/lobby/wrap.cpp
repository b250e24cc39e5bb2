// Words are placed one after another; what does not fit goes to the next row, under the column that it belongs to.
#include "proxies/rdp/lobby/wrap.h"

#include <algorithm>

#include "proxies/rdp/lobby/utf8.h"

namespace anteroom::rdp {
namespace {

class Wrapper {
public:
    Wrapper(const Canvas& canvas, std::string_view line, const Canvas::Style& style, const Wrapping& wrapping)
        : canvas_(canvas), line_(line), style_(style), width_(std::max(1, wrapping.width)), cell_(wrapping.cell), blank_(canvas.measure(" ", style)) {}

    std::vector<Row> run() {
        for (std::size_t at = 0; at < line_.size();) {
            blanks(at);
            word(at);
        }
        return std::move(rows_);
    }

private:
    void blanks(std::size_t& at) {
        const auto from = at;
        while (at < line_.size() && line_[at] == ' ') ++at;
        const auto count = at - from;
        column_ += count;
        if (count == 0 || at == line_.size()) return;
        if (count == 1 && from != 0) {
            x_ += blank_;
            return;
        }
        // Behind something wide the column moves on, but a gap stays.
        const auto wanted = static_cast<int>(std::min<std::size_t>(column_, 10'000)) * cell_;
        x_ = from == 0 ? wanted : std::max(x_ + 2 * blank_, wanted);
        x_ = std::min(x_, std::max(0, width_ - 1));
        ++cells_;
        if (cells_ <= 2) list_hang_ = std::min(x_ + (cells_ == 2 ? 2 * cell_ : 0), width_ / 2);
        if (x_ > width_ / 3 && moves_down(at)) return;
        if (x_ <= width_ / 2) hang_ = x_;
        else hang_ = std::min(hang_, width_ / 2);
    }

    // A column that does not fit whole goes below the list's first one, where it does.
    bool moves_down(std::size_t at) {
        const auto end = std::min(line_.find("  ", at), line_.size());
        if (end - at > 400) return false;
        const int wide = canvas_.measure(line_.substr(at, end - at), style_);
        if (x_ + wide <= width_ || list_hang_ + wide > width_) return false;
        hang_ = list_hang_;
        next_row();
        return true;
    }

    void word(std::size_t& at) {
        const auto from = at;
        int wide = 0;
        while (at < line_.size() && line_[at] != ' ') {
            const auto before = at;
            (void)next_character(line_, at);
            wide += canvas_.measure(line_.substr(before, at - before), style_);
            ++column_;
        }
        if (at == from) return;
        if (x_ + wide > width_ && x_ > hang_) next_row();
        if (x_ + wide <= width_) return put(from, at, wide);
        broken_word(from, at);
    }

    void broken_word(std::size_t from, std::size_t end) {
        int wide = 0;
        std::size_t start = from;
        for (std::size_t at = from; at < end;) {
            const auto before = at;
            (void)next_character(line_, at);
            const int one = canvas_.measure(line_.substr(before, at - before), style_);
            if (x_ + wide + one > width_ && before > start) {
                put(start, before, wide);
                next_row();
                start = before;
                wide = 0;
            }
            wide += one;
        }
        put(start, end, wide);
    }

    void put(std::size_t from, std::size_t end, int wide) {
        rows_.back().push_back({x_, static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(end - from)});
        x_ += wide;
    }
    void next_row() {
        rows_.emplace_back();
        x_ = hang_;
    }

    const Canvas& canvas_;
    std::string_view line_;
    const Canvas::Style& style_;
    int width_, cell_, blank_;
    int x_ = 0, hang_ = 0, list_hang_ = 0, cells_ = 0;
    std::size_t column_ = 0;
    std::vector<Row> rows_ = std::vector<Row>(1);
};

}  // namespace

std::vector<Row> wrap(const Canvas& canvas, std::string_view line, const Canvas::Style& style, const Wrapping& wrapping) {
    return Wrapper(canvas, line, style, wrapping).run();
}

std::string shortened(const Canvas& canvas, std::string_view text, const Canvas::Style& style, int width) {
    if (canvas.measure(text, style) <= width) return std::string(text);
    const int room = width - canvas.measure("...", style);
    int wide = 0;
    std::size_t kept = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto before = at;
        (void)next_character(text, at);
        wide += canvas.measure(text.substr(before, at - before), style);
        if (wide > room) break;
        kept = at;
    }
    return std::string(text.substr(0, kept)) + "...";
}

}  // namespace anteroom::rdp
