// A desktop's picture for a browser: areas that changed, cut into bands, each a binary message of its own (web/console/src/api/types.ts).
#pragma once

#include <deque>
#include <memory>

#include "recorder/screen.h"
#include "web/messages.h"

namespace anteroom::web {

// Areas of a screen that are to be sent, few of them: one that another covers is left out, and too many become one.
class Areas {
public:
    static constexpr std::size_t most = 128;
    void add(const recorder::Area& area);
    void whole(std::uint16_t width, std::uint16_t height) { list_.assign(1, {.x = 0, .y = 0, .width = width, .height = height}); }
    bool empty() const { return list_.empty(); }
    std::vector<recorder::Area> take() { return std::exchange(list_, {}); }

private:
    std::vector<recorder::Area> list_;
};

class Bands {
public:
    static constexpr std::size_t longest = 256 * 1024;  // of a band's pixels, before they are packed
    static constexpr std::uint8_t complete = 1, sought = 2, coarse = 4;
    Bands();
    ~Bands();
    Bands(const Bands&) = delete;

    // Begins a picture of these areas, at that moment. `flags`: sought, coarse.
    void begin(std::vector<recorder::Area> areas, std::uint8_t flags, Duration at);
    bool done() const { return waiting_.empty(); }
    // The next band; `picture` is the same as at the one before. Not when it is done().
    Message next(const recorder::PixelView& picture);
    void clear() { waiting_.clear(); }

private:
    struct Packer;
    recorder::Area cut();
    std::string head(const recorder::Area& area, const recorder::PixelView& picture);

    std::deque<recorder::Area> waiting_;
    std::uint8_t flags_ = 0;
    Duration at_{};
    std::unique_ptr<Packer> packer_;
};

}  // namespace anteroom::web
