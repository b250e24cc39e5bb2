// Comparing costs a pass over the damaged pixels, and saves what servers report too much.
#include "recorder/screen_grid.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace anteroom::recorder {

void ScreenGrid::resize(std::uint16_t width, std::uint16_t height) {
    width_ = width;
    height_ = height;
    columns_ = tiles_along(width);
    tiles_.assign(std::size_t{columns_} * tiles_along(height), {});
    recorded_ = Bytes();  // the old one goes before the new one comes
    recorded_ = Bytes(std::size_t{width} * height * 4);
}

Area ScreenGrid::area_of(std::size_t index) const {
    const auto x = static_cast<std::uint16_t>(index % columns_ * tile_side), y = static_cast<std::uint16_t>(index / columns_ * tile_side);
    return {.x = x,
            .y = y,
            .width = std::min<std::uint16_t>(tile_side, static_cast<std::uint16_t>(width_ - x)),
            .height = std::min<std::uint16_t>(tile_side, static_cast<std::uint16_t>(height_ - y))};
}

Area ScreenGrid::damaged_part(std::size_t index) const {
    const Area whole = area_of(index);
    const ScreenTile& tile = tiles_[index];
    return {.x = static_cast<std::uint16_t>(whole.x + tile.left),
            .y = static_cast<std::uint16_t>(whole.y + tile.top),
            .width = static_cast<std::uint16_t>(tile.right - tile.left),
            .height = static_cast<std::uint16_t>(tile.bottom - tile.top)};
}

void ScreenGrid::damage_whole(std::size_t index) {
    const Area whole = area_of(index);
    ScreenTile& tile = tiles_[index];
    tile.left = tile.top = 0;
    tile.right = static_cast<std::uint8_t>(whole.width);
    tile.bottom = static_cast<std::uint8_t>(whole.height);
}

std::optional<Monotonic> ScreenGrid::damage(const Area& area) {
    const std::uint32_t right = std::min<std::uint32_t>(width_, std::uint32_t{area.x} + area.width);
    const std::uint32_t bottom = std::min<std::uint32_t>(height_, std::uint32_t{area.y} + area.height);
    if (area.x >= right || area.y >= bottom) return std::nullopt;
    std::optional<Monotonic> next;
    for (std::uint32_t row = area.y / tile_side; row * tile_side < bottom; ++row)
        for (std::uint32_t column = area.x / tile_side; column * tile_side < right; ++column) {
            ScreenTile& tile = tiles_[std::size_t{row} * columns_ + column];
            const std::uint32_t x = column * tile_side, y = row * tile_side;
            const auto left = static_cast<std::uint8_t>(std::max<std::uint32_t>(area.x, x) - x);
            const auto top = static_cast<std::uint8_t>(std::max<std::uint32_t>(area.y, y) - y);
            const bool clean = !tile.dirty();
            tile.left = clean ? left : std::min(tile.left, left);
            tile.top = clean ? top : std::min(tile.top, top);
            tile.right = std::max(tile.right, static_cast<std::uint8_t>(std::min<std::uint32_t>(right - x, tile_side)));
            tile.bottom = std::max(tile.bottom, static_cast<std::uint8_t>(std::min<std::uint32_t>(bottom - y, tile_side)));
            tile.touched = true;
            next = next ? std::min(*next, tile.next) : tile.next;
        }
    return next;
}

Area ScreenGrid::changed(const PixelView& picture, const Area& area) const {
    const std::size_t line = std::size_t{area.width} * 4;
    const auto same = [&](std::uint32_t y) { return std::memcmp(pixel_at(picture, area.x, y), recorded(area.x, y), line) == 0; };
    std::uint32_t top = area.y, bottom = std::uint32_t{area.y} + area.height;
    while (top < bottom && same(top)) ++top;
    while (bottom > top && same(bottom - 1)) --bottom;
    std::array<std::uint32_t, tile_side> differ{};
    for (std::uint32_t y = top; y < bottom; ++y) {
        std::array<std::uint32_t, tile_side> now, before;
        std::memcpy(now.data(), pixel_at(picture, area.x, y), line);
        std::memcpy(before.data(), recorded(area.x, y), line);
        for (std::size_t i = 0; i < area.width; ++i) differ[i] |= now[i] ^ before[i];
    }
    std::uint32_t left = 0, right = area.width;
    const auto equal = [&](std::uint32_t i) { return (differ[i] & 0x00ffffff) == 0; };  // X is not recorded
    while (left < right && equal(left)) ++left;
    while (right > left && equal(right - 1)) --right;
    if (left == right) return {};
    return {.x = static_cast<std::uint16_t>(area.x + left),
            .y = static_cast<std::uint16_t>(top),
            .width = static_cast<std::uint16_t>(right - left),
            .height = static_cast<std::uint16_t>(bottom - top)};
}

void ScreenGrid::remember(const PixelView& picture, const Area& area) {
    for (std::uint32_t y = area.y; y < std::uint32_t{area.y} + area.height; ++y)
        std::memcpy(recorded(area.x, y), pixel_at(picture, area.x, y), std::size_t{area.width} * 4);
}

bool ScreenJoiner::join(Area& into, const Area& area) const {
    const std::uint32_t left = std::min(into.x, area.x), top = std::min(into.y, area.y);
    const std::uint32_t right = std::max<std::uint32_t>(into.x + into.width, area.x + area.width);
    const std::uint32_t bottom = std::max<std::uint32_t>(into.y + into.height, area.y + area.height);
    const std::uint64_t both = pixels_of(into) + pixels_of(area);
    if (std::uint64_t{right - left} * (bottom - top) > both + (exactly_ ? 0 : both / 4 + 64)) return false;
    into = {.x = static_cast<std::uint16_t>(left),
            .y = static_cast<std::uint16_t>(top),
            .width = static_cast<std::uint16_t>(right - left),
            .height = static_cast<std::uint16_t>(bottom - top)};
    return true;
}

void ScreenJoiner::add(const Area& area) {
    const int line = area.y / tile_side;
    if (!runs_.empty() && runs_.back().line == line && join(runs_.back().area, area)) return;
    runs_.push_back({area, line});
}

std::vector<Area> ScreenJoiner::take() {
    std::vector<Area> areas;
    std::vector<std::size_t> above, here;  // areas that reach down to the line above; to this line
    int line = -1;
    for (const Run& run : std::exchange(runs_, {})) {
        if (run.line != line) {
            above = run.line == line + 1 ? std::exchange(here, {}) : std::vector<std::size_t>();
            here.clear();
            line = run.line;
        }
        const auto fits = std::find_if(above.begin(), above.end(), [&](std::size_t index) { return join(areas[index], run.area); });
        here.push_back(fits == above.end() ? areas.size() : *fits);
        if (fits == above.end()) areas.push_back(run.area);
    }
    return areas;
}

}  // namespace anteroom::recorder
