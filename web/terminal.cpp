// A Follower whose output is gathered.
#include "web/terminal.h"

#include "recorder/tracks.h"

namespace anteroom::web {

namespace {

constexpr std::size_t longest_text = 32 * 1024, most_channels = 256;

}  // namespace

Terminal::Terminal() {
    to_.show = [this](Duration at, std::uint32_t channel, std::string_view text) {
        if (channel != text_channel_ || text_.size() + text.size() > longest_text) gather();
        if (text_.empty()) text_at_ = at;
        showing_ = channel;
        text_channel_ = channel;
        text_ += text;
        return ok();
    };
    to_.note = [this](Duration at, std::uint32_t channel, std::string_view line) {
        gather();
        made_.add(message::note(at, channel, line));
        return ok();
    };
    to_.size = [this](Duration at, std::uint16_t columns, std::uint16_t rows) {
        gather();
        made_.add(message::size(at, columns, rows));
        return ok();
    };
    restart();
}

void Terminal::gather() {
    if (!text_.empty()) made_.add(message::show(text_at_, text_channel_, text_));
    text_.clear();
}

Status Terminal::event(const recorder::Event& event) {
    if (event.track == recorder::Track::terminal_output) heard(event);
    TRY(follower_->event(event));
    if (event.track == recorder::Track::exec) ended(event);
    return ok();
}

void Terminal::heard(const recorder::Event& event) {
    auto life = lives_.find(event.channel);
    if (life == lives_.end()) {
        if (lives_.size() == most_channels) return;
        life = lives_.emplace(event.channel, Life{event.at, {}}).first;
    } else if (event.at > life->second.began) {
        return;
    }
    life->second.began = event.at;
    if (!showing_ || *showing_ == event.channel || !announced_.insert(event.channel).second) return;
    gather();
    made_.add(message::terminals(event.at, channels(), event.channel));
}

// The one that was chosen gives way to the others when it ends: what they show is not to be missed.
void Terminal::ended(const recorder::Event& event) {
    const auto kind = static_cast<recorder::ExecKind>(event.kind);
    if (kind != recorder::ExecKind::exit_status && kind != recorder::ExecKind::exit_signal) return;
    if (const auto life = lives_.find(event.channel); life != lives_.end()) life->second.ended = event.at;
    if (showing_ == event.channel) showing_.reset();
    if (only_ == event.channel) follower_.emplace(to_);
}

std::set<std::uint32_t> Terminal::channels() const {
    std::set<std::uint32_t> out;
    for (const auto& [channel, life] : lives_) out.insert(channel);
    return out;
}

bool Terminal::open_at(std::uint32_t channel, Duration at) const {
    const auto life = lives_.find(channel);
    return life != lives_.end() && life->second.began <= at && !(life->second.ended && *life->second.ended <= at);
}

bool Terminal::flush(Outbox& out) {
    gather();
    for (auto& one : made_.take()) out.add(std::move(one));
    return true;
}

void Terminal::restart() {
    text_.clear();
    (void)made_.take();
    announced_.clear();
    showing_.reset();
    follower_.emplace(to_, only_);
}

void Terminal::restart_with(std::optional<std::uint32_t> channel) {
    only_ = channel;
    restart();
}

Status Terminal::finish() { return follower_->finish(); }

Status Terminal::resume(const recorder::KeyFrame& frame) {
    restart();
    lives_.try_emplace(frame.channel, Life{frame.at, {}});
    made_.add(message::size(frame.at, frame.columns, frame.rows));
    return follower_->resume(frame.at, frame.channel, view(frame.repaint));
}

}  // namespace anteroom::web
