// Damage in, painting and recording out.
#include "proxies/rdp/desk.h"

#include <algorithm>
#include <cstring>

#include "base/log.h"

namespace anteroom::rdp {

namespace {

constexpr Duration pointer_every = std::chrono::milliseconds(40);
constexpr std::uint32_t most_pointers = 64, widest_pointer = 384;
constexpr std::uint32_t compared_rows = 32;
// A paint of the whole screen is followed by a rest, a paint of a part by the same part of it: 30 screens a second are more than an eye
// sees, and a target may paint as fast as it is read. Less than a small part is painted at once: a key, a click.
constexpr Duration rest_after_all = std::chrono::milliseconds(33);
constexpr std::uint64_t small_part = 16;

RECTANGLE_16 whole_of(std::uint32_t width, std::uint32_t height) { return {0, 0, static_cast<UINT16>(width), static_cast<UINT16>(height)}; }

bool overlap(const RECTANGLE_16& a, const RECTANGLE_16& b) { return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom; }

}  // namespace

void Desk::ready() {
    painter_.choose(terms_.lossless);
    damage_all();
}

void Desk::damage(const RECTANGLE_16& area) {
    const auto screen = client_.screen();
    const RECTANGLE_16 clipped{area.left, area.top, static_cast<UINT16>(std::min<std::uint32_t>(area.right, screen.width)),
                               static_cast<UINT16>(std::min<std::uint32_t>(area.bottom, screen.height))};
    if (clipped.left < clipped.right && clipped.top < clipped.bottom) damage_.add(clipped);
}

void Desk::damage_all() {
    const auto screen = client_.screen();
    damage(whole_of(screen.width, screen.height));
}

// ---- the lobby ---------------------------------------------------------------------------------------------------------

void Desk::show_lobby(Lobby& lobby, Monotonic now) {
    if (target_ != nullptr || !client_.ready()) return;
    const auto screen = client_.screen();
    const bool fresh = lobby_width_ != screen.width || lobby_height_ != screen.height;
    if (!fresh && !lobby.stale(now)) return;
    if (fresh) {
        lobby_width_ = screen.width, lobby_height_ = screen.height;
        lobby_.assign(std::size_t{lobby_width_} * lobby_height_ * 4, 0);
        before_.clear();
    }
    draw_lobby(lobby, now);
}

// Only the rows that differ go to the client: a key that is typed changes one field.
void Desk::draw_lobby(Lobby& lobby, Monotonic now) {
    before_ = lobby_;
    Canvas canvas(lobby_.data(), lobby_width_ * 4, static_cast<int>(lobby_width_), static_cast<int>(lobby_height_), fonts_);
    lobby.draw(canvas, now);
    const std::size_t line = std::size_t{lobby_width_} * 4;
    for (std::uint32_t top = 0; top < lobby_height_; top += compared_rows) {
        const std::uint32_t rows = std::min(compared_rows, lobby_height_ - top);
        if (std::memcmp(lobby_.data() + top * line, before_.data() + top * line, rows * line) == 0) continue;
        damage({0, static_cast<UINT16>(top), static_cast<UINT16>(lobby_width_), static_cast<UINT16>(top + rows)});
    }
    before_ = Bytes();
}

// ---- the target --------------------------------------------------------------------------------------------------------

void Desk::show_target(TargetLeg& target, worker::Recording& recording, const Terms& terms) {
    target_ = &target;
    recording_ = &recording;
    terms_ = terms;
    lobby_ = Bytes();  // a move: an assignment of nothing would keep the memory
    before_ = Bytes();
    lobby_width_ = lobby_height_ = 0;
    if (terms_.filmed) {
        screen_.emplace([this](recorder::Track track, std::uint8_t kind, View bytes, Monotonic now) { return recording_->append(track, kind, 0, bytes, now); });
        screen_->resize(static_cast<std::uint16_t>(target.width()), static_cast<std::uint16_t>(target.height()));
        screen_->damage({0, 0, static_cast<std::uint16_t>(target.width()), static_cast<std::uint16_t>(target.height())});
    }
    const auto screen = client_.screen();
    if (screen.width == target.width() && screen.height == target.height()) return ready();
    if (auto resized = client_.resize(target.width(), target.height()); !resized) log::warn("client.resize", {{"error", resized.error().detail}});
}

Status Desk::leave_target(Monotonic now) {
    if (target_ == nullptr) return ok();
    const auto* target = std::exchange(target_, nullptr);
    Status recorded = ok();
    if (screen_ && target->state() != TargetLeg::State::failed)
        recorded = screen_->finish(
            {target->pixels(), target->stride(), static_cast<std::uint16_t>(target->width()), static_cast<std::uint16_t>(target->height())}, now);
    screen_.reset();
    strips_.clear();
    damage_all();
    pointer_system(SYSPTR_DEFAULT);
    return recorded;
}

void Desk::target_painted(const RECTANGLE_16& area) {
    if (target_ == nullptr) return;
    if (screen_) screen_->damage({area.left, area.top, static_cast<std::uint16_t>(area.right - area.left), static_cast<std::uint16_t>(area.bottom - area.top)});
    damage(area);
}

bool Desk::target_resized(std::uint32_t width, std::uint32_t height) {
    if (target_ == nullptr) return true;
    damage_.clear();
    if (screen_) {
        screen_->resize(static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height));
        screen_->damage({0, 0, static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height)});
    }
    return client_.resize(width, height).has_value();
}

// ---- pointers ----------------------------------------------------------------------------------------------------------

Status Desk::record_pointer(recorder::PointerKind kind, View bytes, Monotonic now) {
    if (!screen_ || recording_ == nullptr) return ok();
    return recording_->append(recorder::Track::pointer, kind, 0, bytes, now);
}

void Desk::pointer_at(std::uint16_t x, std::uint16_t y) {
    POINTER_POSITION_UPDATE position{x, y};
    if (client_.may_paint()) (void)client_.update()->pointer->PointerPosition(client_.context(), &position);
}

void Desk::pointer_system(std::uint32_t type) {
    POINTER_SYSTEM_UPDATE system{type};
    if (client_.ready()) (void)client_.update()->pointer->PointerSystem(client_.context(), &system);
    (void)record_pointer(type == SYSPTR_NULL ? recorder::PointerKind::hidden : recorder::PointerKind::standard, {}, MonotonicClock::now());
}

void Desk::pointer_new(const POINTER_NEW_UPDATE& pointer) {
    const auto& shape = pointer.colorPtrAttr;
    if (shape.width > widest_pointer || shape.height > widest_pointer) return;
    if (client_.ready()) (void)client_.update()->pointer->PointerNew(client_.context(), &pointer);
    recorder::PointerShape seen{static_cast<std::uint16_t>(shape.width), static_cast<std::uint16_t>(shape.height), static_cast<std::uint16_t>(shape.xPos),
                                static_cast<std::uint16_t>(shape.yPos), Bytes(std::size_t{shape.width} * shape.height * 4)};
    if (shape.cacheIndex >= most_pointers || shape.width == 0 || shape.height == 0) return;
    if (seen.pixels.size() + 64 > recorder::max_event_bytes ||
        !freerdp_image_copy_from_pointer_data(seen.pixels.data(), PIXEL_FORMAT_BGRA32, shape.width * 4, 0, 0, shape.width, shape.height, shape.xorMaskData,
                                              shape.lengthXorMask, shape.andMaskData, shape.lengthAndMask, pointer.xorBpp, nullptr))
        return;
    auto& kept = shapes_[shape.cacheIndex];
    kept = wire::encode(seen);
    (void)record_pointer(recorder::PointerKind::shape, kept, MonotonicClock::now());
}

void Desk::pointer_cached(std::uint32_t index) {
    POINTER_CACHED_UPDATE cached{index};
    if (client_.ready()) (void)client_.update()->pointer->PointerCached(client_.context(), &cached);
    if (const auto shape = shapes_.find(index); shape != shapes_.end())
        (void)record_pointer(recorder::PointerKind::shape, shape->second, MonotonicClock::now());
}

// ---- the strip ---------------------------------------------------------------------------------------------------------

RECTANGLE_16 Desk::strip_band() const {
    const auto screen = client_.screen();
    const auto box = strip_area(static_cast<int>(screen.width), static_cast<int>(screen.height));
    return {static_cast<UINT16>(box.x), static_cast<UINT16>(box.y), static_cast<UINT16>(box.x + box.width), static_cast<UINT16>(box.y + box.height)};
}

void Desk::say(Strip strip, Monotonic now) {
    strips_.say(std::move(strip), now);
    damage(strip_band());
}

const Strip* Desk::strip_at(int x, int y) const {
    const auto band = strip_band();
    const bool within = x >= band.left && x < band.right && y >= band.top && y < band.bottom;
    return target_ != nullptr && within ? strips_.shown() : nullptr;
}

// The band is a picture of its own, as wide as the screen, so that the target's stays as the target painted it.
void Desk::draw_strip_band(const Strip& strip) {
    const auto screen = client_.screen();
    const auto band = strip_band();
    band_.assign(std::size_t{screen.width} * band.bottom * 4, 0);
    const auto whole = picture();
    for (UINT16 row = 0; row < band.bottom && row < whole.height; ++row)
        std::memcpy(band_.data() + std::size_t{row} * screen.width * 4, whole.pixels + std::size_t{row} * whole.stride, std::size_t{screen.width} * 4);
    Canvas canvas(band_.data(), screen.width * 4, static_cast<int>(screen.width), band.bottom, fonts_);
    (void)draw_strip(canvas, static_cast<int>(screen.height), strip.text, strip.urgent);
}

void Desk::paint_under_strip(const Picture& whole, const RECTANGLE_16& area) {
    const auto band = strip_band();
    const auto* strip = strips_.shown();
    if (strip == nullptr || !overlap(area, band)) {
        (void)painter_.paint(whole, area);
        return;
    }
    draw_strip_band(*strip);
    const Picture over{band_.data(), whole.width * 4, whole.width, band.bottom};
    (void)painter_.paint(over, {area.left, area.top, area.right, std::min(area.bottom, band.bottom)});
    if (area.bottom > band.bottom) (void)painter_.paint(whole, {area.left, band.bottom, area.right, area.bottom});
}

// ---- out ---------------------------------------------------------------------------------------------------------------

Picture Desk::picture() const {
    if (target_ != nullptr) return {target_->pixels(), target_->stride(), target_->width(), target_->height()};
    return {lobby_.data(), lobby_width_ * 4, lobby_width_, lobby_height_};
}

// Whether so many pixels have to wait; if not, what they cost is noted.
bool Desk::rests(std::uint64_t pixels, Monotonic now) {
    const auto screen = client_.screen();
    const std::uint64_t all = std::max<std::uint64_t>(1, std::uint64_t{screen.width} * screen.height);
    if (target_ != nullptr && pixels * small_part > all && now < rested_) {
        paint_due_ = rested_;
        return true;
    }
    const auto rest = rest_after_all * static_cast<Duration::rep>(std::min(pixels, all)) / static_cast<Duration::rep>(all);
    rested_ = std::min(std::max(rested_, now) + rest, now + rest_after_all);
    return false;
}

void Desk::paint(Monotonic now) {
    paint_due_.reset();
    if (strips_.step(now)) damage(strip_band());
    if (damage_.empty() || !client_.may_paint()) return;
    const auto whole = picture();
    const auto screen = client_.screen();
    if (whole.pixels == nullptr || whole.width != screen.width || whole.height != screen.height) return;
    const auto areas = damage_.rectangles();
    std::uint64_t pixels = 0;
    for (const auto& area : areas) pixels += static_cast<std::uint64_t>(area.right - area.left) * static_cast<std::uint64_t>(area.bottom - area.top);
    if (rests(pixels, now)) return;
    damage_.clear();
    for (const auto& area : areas) paint_under_strip(whole, area);
}

Status Desk::record(Monotonic now) {
    if (!screen_ || target_ == nullptr) return ok();
    TRY(screen_->tick({target_->pixels(), target_->stride(), static_cast<std::uint16_t>(target_->width()), static_cast<std::uint16_t>(target_->height())},
                      now));
    if (mouse_ && now - mouse_recorded_ >= pointer_every) {
        mouse_recorded_ = now;
        const auto at = wire::encode(*std::exchange(mouse_, std::nullopt));
        TRY(record_pointer(recorder::PointerKind::position, at, now));
    }
    return ok();
}

Status Desk::step(Monotonic now) {
    paint(now);  // first: somebody waits for it, and the recording has a clock of its own
    return record(now);
}

std::optional<Monotonic> Desk::due() const {
    std::optional<Monotonic> next;
    const auto earlier = [&](Monotonic at) { next = next ? std::min(*next, at) : at; };
    if (target_ != nullptr && screen_)
        if (const auto at = screen_->due()) earlier(*at);
    if (mouse_ && screen_) earlier(mouse_recorded_ + pointer_every);
    if (strips_.shown() != nullptr) earlier(strips_.until());
    if (paint_due_) earlier(*paint_due_);
    return next;
}

}  // namespace anteroom::rdp
