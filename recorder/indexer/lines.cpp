// Lines are known by their hashes: of a terminal, at most as many as it has rows.
#include "recorder/indexer/lines.h"

#include <fmt/format.h>

namespace anteroom::indexer {

namespace {

constexpr std::size_t longest_moment = 400;
constexpr Duration a_minute = std::chrono::minutes(1);

}  // namespace

bool Budget::take(Duration now, double amount) {
    if (now > at_) left_ = std::min(at_once_, left_ + a_second_ * std::chrono::duration<double>(now - at_).count());
    at_ = std::max(at_, now);
    if (left_ < amount) return false;
    left_ -= amount;
    return true;
}

Status tell(const Sink& sink, Room& room, recorder::Moment moment) {
    moment.text = printable(moment.text, longest_moment);
    if (room.moments >= Room::most_moments || room.moment_text + moment.text.size() > Room::most_moment_text) {
        if (std::exchange(room.said_full, true)) return ok();
        moment = {.at = moment.at, .lane = recorder::Lane::gap, .channel = moment.channel, .text = "more happened than a timeline holds", .guess = false};
    }
    ++room.moments;
    room.moment_text += moment.text.size();
    return sink(moment);
}

Status Lines::write(Duration at, const std::string& line) {
    std::string text = printable(line, Room::longest_line);
    if (room_->text + text.size() > Room::most_text) {
        ++left_out_;
        left_out_at_ = at;
        return ok();
    }
    room_->text += text.size();
    return (*sink_)(recorder::ShownLine{.at = at, .channel = channel_, .text = std::move(text)});
}

Status Lines::passed(Duration at, const std::string& line) {
    if (line.empty()) return ok();
    if (const auto known = standing_.find(std::hash<std::string>()(line)); known != standing_.end()) {
        standing_.erase(known);  // it was written where it stood; the same line again is another
        return ok();
    }
    if (passing_.take(at)) return write(at, line);
    ++left_out_;
    left_out_at_ = at;
    return ok();
}

Status Lines::standing(Duration at, const std::vector<std::string>& lines, std::optional<std::size_t> unsure) {
    std::unordered_set<std::size_t> now;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto& line = lines[i];
        if (line.empty()) continue;
        const auto hash = std::hash<std::string>()(line);
        const bool known = standing_.contains(hash);
        if ((i == unsure && !known) || !now.insert(hash).second || known) continue;
        if (rewriting_.take(at)) {
            TRY(write(at, line));
        } else {
            ++left_out_;
            left_out_at_ = at;
        }
    }
    standing_ = std::move(now);
    return ok();
}

Status Lines::tell_left_out(Duration at, bool last) {
    if (left_out_ == 0 || (!last && told_ >= Duration(0) && at - told_ < a_minute)) return ok();
    told_ = at;
    return tell(*sink_, *room_,
                {.at = left_out_at_,
                 .lane = recorder::Lane::gap,
                 .channel = channel_,
                 .text = fmt::format("{} lines cannot be searched for: too many at once", std::exchange(left_out_, 0)),
                 .guess = false});
}

}  // namespace anteroom::indexer
