// What stands still for half a second was shown; so was what stands there when it is erased.
#include "recorder/indexer/terminal_channel.h"

#include "recorder/indexer/prompt.h"

namespace anteroom::indexer {

namespace {

constexpr Duration legible = std::chrono::milliseconds(500), before_erasing_every = std::chrono::milliseconds(100);
constexpr Duration echoed_within = std::chrono::seconds(2);
// The state of a line that is full, and waits to be wrapped, has no sequence: a key frame waits for another, but not for ever.
constexpr Duration full_line_patience = std::chrono::minutes(2);

}  // namespace

TerminalChannel::TerminalChannel(std::uint32_t number, const Size& size, const Sink& sink, Room& room)
    : number_(number),
      sink_(&sink),
      room_(&room),
      lines_(number, sink, room),
      terminal_(size, {.scrolled_off = [this](const std::string& line) { failed(lines_.passed(at_, line)); },
                       .line_ends =
                           [this](const std::string& line) {
                               if (typed_ < Duration(0) || at_ - typed_ > echoed_within) return;
                               if (auto command = command_behind_prompt(line))
                                   failed(tell(*sink_, *room_,
                                               {.at = at_, .lane = recorder::Lane::command, .channel = number_, .text = std::move(*command), .guess = true}));
                           },
                       .before_erasing =
                           [this] {
                               if (dirty_ && at_ - swept_ >= before_erasing_every) failed(sweep(at_, true));
                           }}) {}

void TerminalChannel::failed(const Status& status) {
    if (status_ && !status) status_ = status;
}

Status TerminalChannel::settle(Duration now) {
    // At a prompt the cursor's line is half typed; in a full-screen program it is the one that is looked at.
    if (dirty_ && now - changed_ >= legible) TRY(sweep(changed_, terminal_.alternate()));
    return lines_.tell_left_out(now);
}

// The line that the cursor is on may be half typed: it is written where it stays.
Status TerminalChannel::sweep(Duration at, bool with_cursor_line) {
    std::vector<std::string> lines;
    const auto cursor = terminal_.cursor();
    for (std::uint16_t row = 0; row < terminal_.size().rows; ++row) lines.push_back(terminal_.line(row));
    swept_ = at;
    dirty_ = !with_cursor_line && !lines[cursor.row].empty();
    return lines_.standing(at, lines, with_cursor_line ? std::nullopt : std::optional<std::size_t>(cursor.row));
}

Status TerminalChannel::output(Duration at, View bytes) {
    TRY(settle(at));
    at_ = at;
    std::string text;
    filter_.feed(bytes, text);
    if (auto title = titles_.feed(bytes); title && *title != title_ && !title->empty()) {
        title_ = *title;
        if (titles_budget_.take(at))
            TRY(tell(*sink_, *room_, {.at = at, .lane = recorder::Lane::title, .channel = number_, .text = std::move(*title), .guess = false}));
    }
    since_frame_ += bytes.size();
    if (text.empty()) return ok();
    dirty_ = true;
    terminal_.feed(text);
    dirty_ = true;  // an erasing in the middle of it has swept what stood before
    changed_ = at;
    return status_;
}

void TerminalChannel::typed(Duration at) {
    typed_ = at;
    terminal_.await_line_end();
}

Status TerminalChannel::resized(Duration at, const Size& size) {
    at_ = at;
    if (dirty_) TRY(sweep(at, true));
    terminal_.resize(size);
    return status_;
}

Result<std::size_t> TerminalChannel::between(Duration at, const recorder::ReadFrom& next, Duration every) {
    const Duration since = at - framed_;
    if (since_frame_ == 0 || (since < every && since_frame_ < key_frame_bytes) || !filter_.at_rest() || !terminal_.complete()) return std::size_t{0};
    const auto cursor = terminal_.cursor();
    if (cursor.column + 1 == terminal_.size().columns && since < every + full_line_patience) return std::size_t{0};
    TRY(sweep(at, true));
    recorder::KeyFrame frame;
    frame.at = at;
    frame.next_index = next.index;
    frame.next_offset = next.offset;
    frame.channel = number_;
    frame.columns = terminal_.size().columns;
    frame.rows = terminal_.size().rows;
    frame.repaint = terminal_.repaint();
    TRY((*sink_)(frame));
    framed_ = at;
    since_frame_ = 0;
    return frame.repaint.size();
}

Status TerminalChannel::end(Duration at) {
    if (dirty_) TRY(sweep(std::max(changed_, Duration(0)), true));
    return lines_.tell_left_out(at, true);
}

}  // namespace anteroom::indexer
