// Keeping what was said: bounds, and what a line is.
#include "proxies/rdp/lobby/transcript.h"

#include <algorithm>

#include "base/secret.h"
#include "proxies/rdp/lobby/utf8.h"

namespace anteroom::rdp {
namespace {

constexpr char32_t full = 0x2588, upper = 0x2580, lower = 0x2584;

// The columns of a line of block characters, 0 where it is none. The smallest QR code has 21 modules.
std::size_t picture_columns(std::string_view text) {
    std::size_t columns = 0, blocks = 0;
    for (std::size_t at = 0; at < text.size(); ++columns) {
        const auto character = next_character(text, at);
        if (character == full || character == upper || character == lower) ++blocks;
        else if (character != ' ') return 0;
    }
    return columns >= 21 && columns <= 200 && blocks >= 4 ? columns : 0;
}

// "  12  mri-3 as service" and "  1) mri-3": the number, and how many bytes it takes with what surrounds it.
std::pair<int, std::size_t> numbered(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && text[at] == ' ') ++at;
    const auto digits = at;
    int number = 0;
    while (at < text.size() && at - digits < 3 && text[at] >= '0' && text[at] <= '9') number = number * 10 + (text[at++] - '0');
    if (digits == 0 || digits > 6 || at == digits || number == 0) return {0, 0};
    if (at < text.size() && (text[at] == ')' || text[at] == '.')) ++at;
    const auto end = at;
    while (at < text.size() && text[at] == ' ') ++at;
    if (at == end || at == text.size()) return {0, 0};
    return {number, end};
}

}  // namespace

void Transcript::recognize(Line& line, bool& listed) {
    line.columns = picture_columns(line.text);
    if (line.columns != 0) {
        line.look = Line::Look::picture;
        return;
    }
    if (line.text.starts_with("! ")) line.look = Line::Look::marked;
    const auto [number, size] = numbered(line.text);
    if (number == 1 || (number > 1 && !listed)) {
        choices_.clear();
        ++list_;
        listed = true;
    }
    if (number > 0) {
        line.choice = choices_.size();
        choices_.push_back(number);
        line.begins = size;
    } else if (listed && line.text.starts_with("    ") && !choices_.empty() && !lines_.empty() && lines_.back().list == list_ && lines_.back().choice) {
        line.choice = lines_.back().choice;  // the state of the one above
    }
    line.list = list_;
}

void Transcript::add(Line line) {
    bytes_ += line.text.size();
    lines_.push_back(std::move(line));
    while (lines_.size() > most_lines || bytes_ > most_bytes) {
        bytes_ -= lines_.front().text.size();
        wipe(lines_.front().text.data(), lines_.front().text.size());
        lines_.pop_front();
    }
    changed_ = true;
}

void Transcript::say(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    bool opens = true, listed = false;
    for (std::size_t from = 0; from <= text.size();) {
        const auto end = std::min(text.find('\n', from), text.size());
        Line line;
        line.text = text.substr(from, std::min(end - from, longest_line));
        while (line.text.ends_with('\r')) line.text.pop_back();
        line.opens = std::exchange(opens, false);
        recognize(line, listed);
        add(std::move(line));
        from = end + 1;
    }
}

void Transcript::answered(std::string_view label, std::string_view text) {
    Line line;
    line.look = Line::Look::answered;
    line.text.reserve(label.size() + 1 + text.size());
    line.text.append(label).append(label.empty() ? "" : " ").append(text);
    line.opens = true;
    add(std::move(line));
}

// Recovery codes and the secret of the one-time codes are said, too: what is forgotten is wiped.
void Transcript::clear() {
    for (auto& line : lines_) wipe(line.text.data(), line.text.size());
    lines_.clear();
    rows_.clear();
    choices_.clear();
    bytes_ = 0;
    scrolled_ = 0;
    changed_ = true;
}

void Transcript::scroll(int pixels) {
    constexpr int most = 1 << 24;
    scrolled_ = std::clamp(scrolled_ + std::clamp(pixels, -most, most), 0, std::max(0, height_));
}

std::optional<std::size_t> Transcript::choice_of(const Placed& row) const {
    const auto& line = lines_[row.line];
    return line.list == list_ ? line.choice : std::nullopt;
}

std::optional<std::size_t> Transcript::choice_at(const Box& area, int x, int y) const {
    if (changed_ || x < area.x || x >= area.x + area.width || y < area.y || y >= area.y + area.height) return std::nullopt;
    for (const auto& row : rows_)
        if (const int at = top(area) + row.y; y >= at && y < at + row.height) return choice_of(row);
    return std::nullopt;
}

void Transcript::show_choice(std::size_t choice, const Box& area) {
    for (const auto& row : rows_) {
        if (changed_ || choice_of(row) != choice) continue;
        const int at = top(area) + row.y, room = metrics_.line + 2;
        if (at < area.y + room) scroll(area.y + room - at);
        if (at + row.height > area.y + area.height - room) scroll(area.y + area.height - room - at - row.height);
        return;
    }
}

}  // namespace anteroom::rdp
