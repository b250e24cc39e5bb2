// The mouse pointer over a picture, as the recording's pointer track says: its shape, its place, or nothing.
#pragma once

#include "recorder/events.h"
#include "recorder/screen.h"

namespace anteroom::film {

class Pointer {
public:
    void event(const recorder::Event& event);  // of Track::pointer; nonsense is passed over
    bool seen() const { return placed_ && visible_; }
    // Over B G R X pixels; clipped.
    void draw(std::uint8_t* pixels, std::uint32_t width, std::uint32_t height, std::uint32_t stride) const;

private:
    recorder::PointerPosition at_;
    std::optional<recorder::PointerShape> shape_;  // nullopt: the standard arrow
    bool placed_ = false, visible_ = true;
};

}  // namespace anteroom::film
