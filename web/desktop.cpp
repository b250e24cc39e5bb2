// The recorder's decoder, and what a browser is told of each frame.
#include "web/desktop.h"

#include "recorder/screen_seek.h"
#include "recorder/tracks.h"

namespace anteroom::web {

using recorder::PointerKind;
using recorder::Track;

namespace {

constexpr std::size_t a_turn = 1u << 20;  // bytes of pixels, before they are packed
std::size_t all_claimed = 0;              // one thread serves everybody

}  // namespace

Desktop::Desktop() { begin_lines(); }
Desktop::~Desktop() { all_claimed -= claimed_; }

void Desktop::begin_lines() {
    lines_.emplace([this](const recorder::EventLine& line) {
        if (!silent_) made_.add(message::note(line.at, 0, std::string(line.what) + ": " + line.text));
        return ok();
    });
}

void Desktop::restart() {
    decoder_.emplace();
    begin_lines();
    (void)areas_.take();
    bands_.clear();
    (void)made_.take();
    pointer_ = {};
    width_ = height_ = 0;
    sought_ = true;
}

Status Desktop::event(const recorder::Event& event) {
    if (event.track == Track::screen) return screen(event);
    if (event.track == Track::pointer) pointer(event);
    return lines_->event(event);
}

// Before a key frame makes the decoder take memory.
Status Desktop::make_room(const recorder::Event& event) {
    const auto size = recorder::size_of_key_frame(event);
    if (!size) return ok();
    const std::size_t bytes = std::size_t{size->width} * size->height * 4;
    const std::size_t others = all_claimed - claimed_;
    if (bytes > largest_picture || others + bytes > all_pictures)
        return fail(ErrorKind::conflict, bytes > largest_picture ? "This desktop is too large to be shown here." : "Too many desktops are being watched.");
    all_claimed = others + bytes;
    claimed_ = bytes;
    return ok();
}

Status Desktop::screen(const recorder::Event& event) {
    TRY(make_room(event));
    const auto whole = decoder_->feed(event);
    if (!whole) {
        // Whatever was wrong, the next key frame is right again.
        if (!hurt_ && !silent_) made_.add(message::note(event.at, 0, "Here the picture is damaged: " + printable(whole.error().detail)));
        hurt_ = true;
        return ok();
    }
    if (*whole) frame(event.at);
    return ok();
}

void Desktop::frame(Duration at) {
    hurt_ = false;
    at_ = at;
    if (silent_) return;
    const auto picture = decoder_->picture();
    if (picture.width != width_ || picture.height != height_) {
        width_ = picture.width;
        height_ = picture.height;
        made_.add(message::size(at, width_, height_));
        areas_.whole(width_, height_);
        return;
    }
    for (const auto& area : decoder_->changed()) areas_.add(area);
}

void Desktop::pointer(const recorder::Event& event) {
    pointer_.at = event.at;
    pointer_.known = true;
    pointer_.told = false;
    const auto kind = static_cast<PointerKind>(event.kind);
    if (kind == PointerKind::hidden) pointer_.shown = false;
    else pointer_.shown = true;
    if (kind != PointerKind::position) return;
    if (const auto position = wire::decode<recorder::PointerPosition>(event.bytes)) {
        pointer_.x = position->x;
        pointer_.y = position->y;
    }
}

bool Desktop::flush(Outbox& out) {
    for (auto& one : made_.take()) out.add(std::move(one));
    if (silent_) return true;
    if (!pointer_.told) out.add(message::pointer(pointer_.at, pointer_.x, pointer_.y, pointer_.shown));
    pointer_.told = true;
    if (bands_.done() && !areas_.empty()) {
        const auto flags = (sought_ ? Bands::sought : 0) | (decoder_->exact() ? 0 : Bands::coarse);
        bands_.begin(areas_.take(), static_cast<std::uint8_t>(flags), at_);
        sought_ = false;
    }
    const auto picture = decoder_->picture();
    if (picture.pixels == nullptr) bands_.clear();
    for (std::size_t sent = 0; !bands_.done() && sent < a_turn; sent += Bands::longest) out.add(bands_.next(picture));
    return bands_.done();
}

void Desktop::silent(bool on, Duration at) {
    silent_ = on;
    if (on) return;
    pointer_.told = !pointer_.known;
    pointer_.at = at;
    const auto picture = decoder_->picture();
    if (picture.pixels == nullptr) return;
    width_ = picture.width;
    height_ = picture.height;
    made_.add(message::size(at, width_, height_));
    areas_.whole(width_, height_);
}

Status Desktop::finish() { return lines_->finish(); }

}  // namespace anteroom::web
