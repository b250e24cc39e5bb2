// A desktop, as messages: its picture in bands, its pointer, and what happens beside it as notes. Holds one picture, bounded, and
// what one turn makes of it.
#pragma once

#include "recorder/event_lines.h"
#include "web/bands.h"
#include "web/stage.h"

namespace anteroom::web {

class Desktop final : public Stage {
public:
    // Of one desktop, and of all that are watched at the same time; a larger one is not shown.
    static constexpr std::size_t largest_picture = 64u << 20, all_pictures = 256u << 20;
    // `newest`: of several frames in one turn only what they add up to is sent.
    Desktop();
    ~Desktop() override;
    Desktop(const Desktop&) = delete;

    Status event(const recorder::Event& event) override;
    bool flush(Outbox& out) override;
    void restart() override;
    void silent(bool on, Duration at) override;
    Status finish() override;

    // A frame stands ready: it is to be flushed before the next event, unless only the newest counts.
    bool has_frame() const { return !areas_.empty(); }

private:
    struct Pointer {
        Duration at{};
        std::uint16_t x = 0, y = 0;
        bool shown = false, known = false, told = true;
    };
    Status screen(const recorder::Event& event);
    Status make_room(const recorder::Event& event);
    void pointer(const recorder::Event& event);
    void frame(Duration at);
    void begin_lines();

    std::optional<recorder::ScreenDecoder> decoder_{std::in_place};
    std::optional<recorder::EventLines> lines_;
    Areas areas_;
    Bands bands_;
    Outbox made_;
    Pointer pointer_;
    Duration at_{};  // of the picture
    std::uint16_t width_ = 0, height_ = 0;
    std::size_t claimed_ = 0;  // of all_pictures
    bool silent_ = false, sought_ = true, hurt_ = false;
};

}  // namespace anteroom::web
