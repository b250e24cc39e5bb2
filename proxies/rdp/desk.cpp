// Damage in, painting and recording out.
#include "proxies/rdp/desk.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>

#include "base/log.h"

namespace anteroom::rdp {

namespace {

constexpr Duration pointer_every = std::chrono::milliseconds(40);
constexpr std::uint32_t compared_rows = 32;
// A paint of the whole screen is followed by a rest, a paint of a part by the same part of it: 30 screens a second are more than an eye
// sees, and a target may paint as fast as it is read. Less than a small part is painted at once: a key, a click.
constexpr Duration rest_after_all = std::chrono::milliseconds(33);
constexpr std::uint64_t small_part = 16;

RECTANGLE_16 whole_of(std::uint32_t width, std::uint32_t height) { return {0, 0, static_cast<UINT16>(width), static_cast<UINT16>(height)}; }

bool overlap(const RECTANGLE_16& a, const RECTANGLE_16& b) { return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom; }

}  // namespace

void Desk::ready() {
    pointers_.forget_sent();
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
        sent_bands_.assign((lobby_height_ + compared_rows - 1) / compared_rows, 0);
    }
    draw_lobby(lobby, now);
}

// Only the rows that differ go to the client: a key that is typed changes one field. Hashes tell them: nobody has signed in yet, and a
// second picture of a large screen would be as large.
void Desk::draw_lobby(Lobby& lobby, Monotonic now) {
    Canvas canvas(lobby_.data(), lobby_width_ * 4, static_cast<int>(lobby_width_), static_cast<int>(lobby_height_), fonts_);
    lobby.draw(canvas, now);
    const std::size_t line = std::size_t{lobby_width_} * 4;
    for (std::uint32_t top = 0; top < lobby_height_; top += compared_rows) {
        const std::uint32_t rows = std::min(compared_rows, lobby_height_ - top);
        const std::string_view band(reinterpret_cast<const char*>(lobby_.data() + top * line), rows * line);
        const auto hash = std::hash<std::string_view>()(band);
        if (std::exchange(sent_bands_[top / compared_rows], hash) == hash) continue;
        damage({0, static_cast<UINT16>(top), static_cast<UINT16>(lobby_width_), static_cast<UINT16>(top + rows)});
    }
}

// ---- the target --------------------------------------------------------------------------------------------------------

void Desk::show_target(TargetLeg& target, worker::Recording& recording, const Terms& terms) {
    target_ = &target;
    recording_ = &recording;
    terms_ = terms;
    lobby_ = Bytes();  // a move: an assignment of nothing would keep the memory
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
    pointers_.standard(type == SYSPTR_NULL);
    (void)record_pointer(type == SYSPTR_NULL ? recorder::PointerKind::hidden : recorder::PointerKind::standard, {}, MonotonicClock::now());
}

void Desk::pointer_new(const POINTER_NEW_UPDATE& pointer) {
    const auto& from = pointer.colorPtrAttr;
    if (from.width > Pointers::widest || from.height > Pointers::widest) return record_shape(pointers_.shape(from.cacheIndex, {}));
    Pointers::Shape shape{.bpp = pointer.xorBpp, .x = from.xPos, .y = from.yPos, .width = from.width, .height = from.height};
    if (from.xorMaskData != nullptr) shape.xor_mask.assign(from.xorMaskData, from.xorMaskData + from.lengthXorMask);
    if (from.andMaskData != nullptr) shape.and_mask.assign(from.andMaskData, from.andMaskData + from.lengthAndMask);
    recorder::PointerShape seen{static_cast<std::uint16_t>(from.width), static_cast<std::uint16_t>(from.height), static_cast<std::uint16_t>(from.xPos),
                                static_cast<std::uint16_t>(from.yPos), Bytes(std::size_t{from.width} * from.height * 4)};
    if (!seen.pixels.empty() &&
        freerdp_image_copy_from_pointer_data(seen.pixels.data(), PIXEL_FORMAT_BGRA32, from.width * 4, 0, 0, from.width, from.height, from.xorMaskData,
                                             from.lengthXorMask, from.andMaskData, from.lengthAndMask, pointer.xorBpp, nullptr))
        shape.seen = wire::encode(seen);
    record_shape(pointers_.shape(from.cacheIndex, std::move(shape)));
}

void Desk::pointer_cached(std::uint32_t index) { record_shape(pointers_.cached(index)); }

void Desk::record_shape(const Pointers::Shape* shape) {
    if (shape != nullptr && shape->seen.empty()) return;  // no picture can be made of it
    (void)record_pointer(shape == nullptr ? recorder::PointerKind::standard : recorder::PointerKind::shape, shape == nullptr ? View() : View(shape->seen),
                         MonotonicClock::now());
}

void Desk::show_pointer() {
    if (!client_.may_paint()) return;
    const auto order = pointers_.take();
    if (!order) return;
    auto* to = client_.update()->pointer;
    if (order->kind == Pointers::Order::Kind::cached) {
        const POINTER_CACHED_UPDATE cached{order->index};
        (void)to->PointerCached(client_.context(), &cached);
    } else if (order->kind == Pointers::Order::Kind::shape) {
        const auto& shape = *order->shape;
        POINTER_NEW_UPDATE whole{};
        whole.xorBpp = shape.bpp;
        auto& at = whole.colorPtrAttr;
        at.cacheIndex = order->index, at.xPos = shape.x, at.yPos = shape.y, at.width = shape.width, at.height = shape.height;
        at.lengthXorMask = static_cast<UINT32>(shape.xor_mask.size()), at.lengthAndMask = static_cast<UINT32>(shape.and_mask.size());
        at.xorMaskData = const_cast<BYTE*>(shape.xor_mask.data()), at.andMaskData = const_cast<BYTE*>(shape.and_mask.data());
        (void)to->PointerNew(client_.context(), &whole);
    } else {
        const POINTER_SYSTEM_UPDATE system{order->kind == Pointers::Order::Kind::hidden ? UINT32{SYSPTR_NULL} : UINT32{SYSPTR_DEFAULT}};
        (void)to->PointerSystem(client_.context(), &system);
    }
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
    if (client_.may_paint()) {
        const bool stale = strips_.show(now);
        time_unseen_ = time_unseen_ || stale;
        if (strips_.step(now) || stale) damage(strip_band());
    } else {
        strips_.hide(now);
    }
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
    show_pointer();
    paint(now);  // first: somebody waits for it, and the recording has a clock of its own
    return record(now);
}

std::optional<Monotonic> Desk::due() const {
    std::optional<Monotonic> next;
    const auto earlier = [&](Monotonic at) { next = next ? std::min(*next, at) : at; };
    if (target_ != nullptr && screen_)
        if (const auto at = screen_->due()) earlier(*at);
    if (mouse_ && screen_) earlier(mouse_recorded_ + pointer_every);
    if (strips_.shown() != nullptr && client_.may_paint()) earlier(strips_.until());
    if (paint_due_) earlier(*paint_due_);
    return next;
}

}  // namespace anteroom::rdp
