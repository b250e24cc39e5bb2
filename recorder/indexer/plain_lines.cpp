// A NUL is no text: from then on nothing is written.
#include "recorder/indexer/plain_lines.h"

namespace anteroom::indexer {

Status PlainLines::feed(Duration at, View bytes) {
    for (const std::uint8_t b : bytes) {
        if (binary_) return ok();
        binary_ = b == 0;
        if (b == '\n' || held_.size() == Room::longest_line) TRY(line(at));
        if (b != '\n' && b != '\r' && b != 0) held_ += b == '\t' ? ' ' : static_cast<char>(b);
    }
    return ok();
}

Status PlainLines::line(Duration at) {
    held_.erase(held_.find_last_not_of(' ') + 1);
    const auto passed = lines_.passed(at, held_);
    held_.clear();
    TRY(passed);
    return lines_.tell_left_out(at);
}

Status PlainLines::end(Duration at) {
    if (!binary_ && !held_.empty()) TRY(line(at));
    return lines_.tell_left_out(at, true);
}

}  // namespace anteroom::indexer
