// Titles: OSC 2, kept on xterm's stack by CSI 22;2 t and CSI 23;2 t. CAN ends what a target left open.
#include "proxies/ssh/announcer.h"

#include <algorithm>

#include "proxies/ssh/plain_text.h"

namespace anteroom::ssh {

namespace {

constexpr Duration silence = std::chrono::milliseconds(300), patience = std::chrono::seconds(5), end_of_patience = std::chrono::seconds(10);
constexpr std::size_t most_pending = 16, longest_title = 120;
constexpr const char* cancel = "\x18";

}  // namespace

void Announcer::announce(std::string text, bool ring, Monotonic now) {
    if (pending_.size() >= most_pending) pending_.pop_front();
    pending_.push_back({std::move(text), ring, false, now});
}

void Announcer::output(View bytes, Monotonic now) {
    if (bytes.empty()) return;
    const bool before = screen_.alternate();
    screen_.feed(bytes);
    last_output_ = now;
    if (before && !screen_.alternate()) left_alternate_ = now;
}

const Announcer::Notice* Announcer::untitled() const {
    const auto found = std::find_if(pending_.rbegin(), pending_.rend(), [](const auto& notice) { return !notice.in_title; });
    return found == pending_.rend() ? nullptr : &*found;
}

std::string Announcer::due(Monotonic now) const {
    const auto* notice = screen_.alternate() ? untitled() : pending_.empty() ? nullptr : &pending_.front();
    if (notice == nullptr && (screen_.alternate() || !titled_)) return "";
    const auto waited = now - std::max(notice == nullptr ? left_alternate_ : notice->since, left_alternate_);
    if (now - last_output_ < silence && waited < patience) return "";
    if (!screen_.between() && waited < end_of_patience) return "";
    return (screen_.between() ? "" : cancel) + (screen_.alternate() ? on_alternate(*notice) : on_main());
}

std::string Announcer::on_alternate(const Notice& notice) const {
    std::string title = "anteroom: " + plain_lines(notice.text).front();
    if (title.size() > longest_title) title.resize(longest_title);
    return (titled_ ? std::string() : "\x1b[22;2t") + "\x1b]2;" + title + "\x07" + "\x07";
}

std::string Announcer::on_main() const {
    std::string text = titled_ ? "\x1b[23;2t" : "";
    bool ring = false;
    for (const auto& notice : pending_) {
        const char* name = "anteroom: ";
        for (const auto& line : plain_lines(notice.text)) { text += std::string("\r\n*** ") + std::exchange(name, "") + line + " ***"; }
        ring = ring || (notice.ring && !notice.in_title);
    }
    if (!pending_.empty()) text += "\r\n";
    return text + (ring ? "\x07" : "");
}

void Announcer::written(Monotonic now) {
    if (!screen_.between()) screen_.feed(view(cancel));
    last_output_ = now;
    if (screen_.alternate()) {
        for (auto& notice : pending_) notice.in_title = true;
        titled_ = true;
    } else {
        pending_.clear();
        titled_ = false;
    }
}

std::string Announcer::restore() {
    std::string text = screen_.between() ? "" : cancel;
    // Main screen, cursor, attributes; mouse reports and bracketed paste off.
    if (screen_.alternate()) text += "\x1b[?1049l\x1b[?25h\x1b[0m\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l";
    if (titled_) text += "\x1b[23;2t";
    screen_ = ScreenState();
    titled_ = false;
    return text;
}

}  // namespace anteroom::ssh
