// The screen as tiles: what is damaged in each, what of that really differs from the picture that was recorded, and the few
// rectangles that cover it. Damage is bounded by the number of tiles, however it comes.
#pragma once

#include <vector>

#include "recorder/screen_format.h"

namespace anteroom::recorder {

struct ScreenTile {
    std::uint8_t left = 0, top = 0, right = 0, bottom = 0;  // what is damaged, within the tile; right 0: nothing
    bool touched = false;                                   // damaged since it was last looked at
    bool coarse = false;                                    // what was recorded last is
    bool held = false;                                      // over budget, since `since`
    Monotonic since{};                                      // held or coarse, since then
    Monotonic next{};                                       // not to be looked at before
    bool dirty() const { return right != 0; }
    void clean() {
        left = top = right = bottom = 0;
        touched = held = false;
    }
};

class ScreenGrid {
public:
    void resize(std::uint16_t width, std::uint16_t height);
    std::size_t count() const { return tiles_.size(); }
    ScreenTile& operator[](std::size_t index) { return tiles_[index]; }
    Area area_of(std::size_t index) const;       // the whole tile
    Area damaged_part(std::size_t index) const;  // of a dirty tile
    void damage_whole(std::size_t index);
    // Clipped to the screen. The earliest moment at which one of the tiles may be looked at; nullopt: nothing of it is on the screen.
    std::optional<Monotonic> damage(const Area& area);

    // The part of `area`, which lies in one tile, that differs from what was recorded; empty: none.
    Area changed(const PixelView& picture, const Area& area) const;
    void remember(const PixelView& picture, const Area& area);  // as recorded

private:
    std::uint8_t* recorded(std::uint32_t x, std::uint32_t y) { return recorded_.data() + (std::size_t{y} * width_ + x) * 4; }
    const std::uint8_t* recorded(std::uint32_t x, std::uint32_t y) const { return recorded_.data() + (std::size_t{y} * width_ + x) * 4; }
    std::uint16_t width_ = 0, height_ = 0, columns_ = 0;
    std::vector<ScreenTile> tiles_;
    Bytes recorded_;  // B G R X, as it came
};

// Joins areas that come tile by tile, line of tiles by line of tiles, where that adds little (fewer and longer rows compress
// better) or, `exactly`, nothing.
class ScreenJoiner {
public:
    explicit ScreenJoiner(bool exactly) : exactly_(exactly) {}
    void add(const Area& area);
    std::vector<Area> take();  // they cover all that was added

private:
    struct Run {
        Area area;
        int line;  // of tiles
    };
    bool join(Area& into, const Area& area) const;
    std::vector<Run> runs_;
    bool exactly_;
};

}  // namespace anteroom::recorder
