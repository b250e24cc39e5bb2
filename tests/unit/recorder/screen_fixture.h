// A desktop in memory, its encoder on a clock of the test's, and a decoder that follows.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "recorder/screen.h"
#include "recorder/tracks.h"

namespace anteroom::recorder::testing {

struct Picture {
    std::uint16_t width = 0, height = 0;
    std::uint32_t stride = 0;
    Bytes pixels;

    void resize(std::uint16_t w, std::uint16_t h, std::uint32_t padding = 0) {
        width = w;
        height = h;
        stride = w * 4U + padding;
        pixels.assign(std::size_t{stride} * h + 1, 0x7e);
    }
    PixelView view() const { return {.pixels = pixels.data(), .stride = stride, .width = width, .height = height}; }
    std::uint8_t* at(std::uint32_t x, std::uint32_t y) { return pixels.data() + std::size_t{y} * stride + std::size_t{x} * 4; }
    void fill(const Area& area, std::uint32_t colour) {
        for (std::uint32_t y = area.y; y < std::uint32_t{area.y} + area.height; ++y)
            for (std::uint32_t x = area.x; x < std::uint32_t{area.x} + area.width; ++x) std::memcpy(at(x, y), &colour, 4);
    }
    void noise(const Area& area, std::mt19937& random, bool grey = false) {
        for (std::uint32_t y = area.y; y < std::uint32_t{area.y} + area.height; ++y)
            for (std::uint32_t x = area.x; x < std::uint32_t{area.x} + area.width; ++x) {
                std::uint32_t colour = static_cast<std::uint32_t>(random());
                if (grey) colour = (colour & 0xff) * 0x010101;
                std::memcpy(at(x, y), &colour, 4);
            }
    }
};

// X is not compared with the source's, and is 255.
inline ::testing::AssertionResult same_pixels(const PixelView& a, const PixelView& b, const Area& area) {
    for (std::uint32_t y = area.y; y < std::uint32_t{area.y} + area.height; ++y)
        for (std::uint32_t x = area.x; x < std::uint32_t{area.x} + area.width; ++x) {
            const auto *p = a.pixels + std::size_t{y} * a.stride + x * 4U, *q = b.pixels + std::size_t{y} * b.stride + x * 4U;
            if (std::memcmp(p, q, 3) != 0 || p[3] != 255) return ::testing::AssertionFailure() << "they differ at " << x << "," << y;
        }
    return ::testing::AssertionSuccess();
}
inline ::testing::AssertionResult same_pixels(const PixelView& decoded, const PixelView& source) {
    if (decoded.width != source.width || decoded.height != source.height)
        return ::testing::AssertionFailure() << decoded.width << "x" << decoded.height << " is not " << source.width << "x" << source.height;
    return same_pixels(decoded, source, {.x = 0, .y = 0, .width = source.width, .height = source.height});
}

enum class Was { refused, no_frame, frame };
inline Was was(const Result<bool>& fed) { return !fed ? Was::refused : *fed ? Was::frame : Was::no_frame; }

struct Kept {
    std::uint8_t kind = 0;
    Bytes bytes;
    Monotonic at{};
    Event event() const { return {.at = {}, .track = Track::screen, .kind = kind, .channel = 0, .bytes = bytes}; }
};

struct Desktop {
    Picture picture;
    std::vector<Kept> kept;
    std::uint64_t bytes = 0, keys = 0, gaps = 0, frames = 0;
    ScreenDecoder decoder;
    bool keep = true;
    Monotonic now = Monotonic(Duration(5'000'000));
    ScreenEncoder encoder;

    explicit Desktop(ScreenLimits limits = {})
        : encoder([this](Track track, std::uint8_t kind, View b, Monotonic at) { return take(track, kind, b, at); }, limits) {}

    Status take(Track track, std::uint8_t kind, View event, Monotonic at) {
        if (track == Track::gap) ++gaps;
        if (track != Track::screen) return ok();
        EXPECT_LE(event.size(), max_event_bytes);
        EXPECT_FALSE(event.empty());
        bytes += event.size();
        keys += kind == 1 ? 1 : 0;
        Kept one{kind, to_bytes(event), at};
        const auto complete = decoder.feed(one.event());
        EXPECT_TRUE(complete) << complete.error().detail;
        frames += complete && *complete ? 1 : 0;
        if (keep) kept.push_back(std::move(one));
        return ok();
    }
    void resize(std::uint16_t width, std::uint16_t height, std::uint32_t padding = 0) {
        picture.resize(width, height, padding);
        encoder.resize(width, height);
    }
    void damage(const Area& area) { encoder.damage(area); }
    void tick() {
        const auto ticked = encoder.tick(picture.view(), now);
        ASSERT_TRUE(ticked) << ticked.error().detail;
    }
    // As a worker would: no tick before one is due.
    void pass(Duration length) {
        const Monotonic end = now + length;
        while (encoder.due() && *encoder.due() <= end) {
            now = std::max(now, *encoder.due());
            tick();
        }
        now = end;
    }
};

}  // namespace anteroom::recorder::testing
