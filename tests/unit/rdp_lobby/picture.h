// A picture to draw into, with a rim of memory around it that nothing may touch.
#pragma once

#include <gtest/gtest.h>

#include "proxies/rdp/lobby/lobby.h"

namespace anteroom::rdp::testing {

inline const Fonts& fonts() {
    static const auto loaded = Fonts::load();
    return loaded.value();
}

class Picture {
public:
    Picture(int width, int height, int padding = 0) : width_(width), height_(height), stride_(static_cast<std::uint32_t>(width + padding) * 4) {
        memory_.assign(rim * 2 + std::size_t{stride_} * static_cast<std::size_t>(height), untouched);
    }
    Canvas canvas() { return {memory_.data() + rim, stride_, width_, height_, fonts()}; }
    Colour at(int x, int y) const {
        const auto* pixel = memory_.data() + rim + static_cast<std::size_t>(y) * stride_ + static_cast<std::size_t>(x) * 4;
        return static_cast<Colour>(pixel[0] | pixel[1] << 8 | pixel[2] << 16);
    }
    // Whether what lies around the picture, and between its lines, is as it was.
    bool rim_is_whole() const {
        for (std::size_t i = 0; i < rim; ++i)
            if (memory_[i] != untouched || memory_[memory_.size() - 1 - i] != untouched) return false;
        for (int y = 0; y < height_; ++y)
            for (auto at = static_cast<std::size_t>(width_) * 4; at < stride_; ++at)
                if (memory_[rim + static_cast<std::size_t>(y) * stride_ + at] != untouched) return false;
        return true;
    }
    int count(Colour colour) const {
        int out = 0;
        for (int y = 0; y < height_; ++y)
            for (int x = 0; x < width_; ++x) out += at(x, y) == colour ? 1 : 0;
        return out;
    }
    // The topmost, leftmost pixel of that colour; -1, -1: none.
    std::pair<int, int> find(Colour colour) const {
        for (int y = 0; y < height_; ++y)
            for (int x = 0; x < width_; ++x)
                if (at(x, y) == colour) return {x, y};
        return {-1, -1};
    }
    bool operator==(const Picture& other) const { return memory_ == other.memory_; }

private:
    static constexpr std::size_t rim = 4096;
    static constexpr std::uint8_t untouched = 0xA5;
    int width_, height_;
    std::uint32_t stride_;
    Bytes memory_;
};

inline Monotonic at(std::chrono::milliseconds time) { return Monotonic(std::chrono::seconds(1000) + time); }

inline Picture drawn(Lobby& lobby, int width = 800, int height = 600, std::chrono::milliseconds time = {}) {
    Picture picture(width, height);
    auto canvas = picture.canvas();
    lobby.draw(canvas, at(time));
    return picture;
}

inline void type(Lobby& lobby, std::string_view text) {
    for (const char c : text) lobby.type(static_cast<unsigned char>(c));
}

}  // namespace anteroom::rdp::testing
