// The desk: the one screen of a connection. It shows the lobby's picture or the target's, with a strip over it when there is something
// to say; records the target's on a clock of its own; and passes pointers on. What cannot be sent now is remembered as damage, so a
// client that stalls costs nothing and later gets the picture as it then is.
#pragma once

#include "proxies/rdp/lobby/lobby.h"
#include "proxies/rdp/painter.h"
#include "proxies/rdp/pointers.h"
#include "proxies/rdp/strips.h"
#include "proxies/rdp/target_leg.h"
#include "proxies/worker/recording.h"
#include "recorder/screen.h"

namespace anteroom::rdp {

class Desk {
public:
    Desk(ClientLeg& client, const Fonts& fonts) : client_(client), fonts_(fonts), painter_(client) {}

    // The client agreed to a screen.
    void ready();
    void damage(const RECTANGLE_16& area);
    void damage_all();

    // The lobby is drawn when it changed.
    void show_lobby(Lobby& lobby, Monotonic now);
    struct Terms {
        bool lossless = false, filmed = true;
    };
    void show_target(TargetLeg& target, worker::Recording& recording, const Terms& terms);
    // Back to the lobby's picture; what was not recorded yet is recorded.
    Status leave_target(Monotonic now);
    bool on_target() const { return target_ != nullptr; }

    void target_painted(const RECTANGLE_16& area);
    bool target_resized(std::uint32_t width, std::uint32_t height);
    void pointer_at(std::uint16_t x, std::uint16_t y);
    void pointer_system(std::uint32_t type);
    void pointer_new(const POINTER_NEW_UPDATE& pointer);
    void pointer_cached(std::uint32_t index);
    // The person's mouse, for the record.
    void mouse_moved(std::uint16_t x, std::uint16_t y) { mouse_ = recorder::PointerPosition{x, y}; }

    // A sentence at the edge, as soon as it is its turn.
    void say(Strip strip, Monotonic now);
    // The sentence that is shown at this point, or nullptr.
    const Strip* strip_at(int x, int y) const;

    // Once, after sentences of the time went stale while nobody could see them: what is left has to be said anew.
    bool take_time_unseen() { return std::exchange(time_unseen_, false); }

    // Paints and records what is due. An error means that the session cannot be recorded any more.
    Status step(Monotonic now);
    std::optional<Monotonic> due() const;

private:
    Picture picture() const;
    void paint(Monotonic now);
    bool rests(std::uint64_t pixels, Monotonic now);
    void paint_under_strip(const Picture& whole, const RECTANGLE_16& area);
    void draw_lobby(Lobby& lobby, Monotonic now);
    void draw_strip_band(const Strip& strip);
    Status record(Monotonic now);
    void show_pointer();
    void record_shape(const Pointers::Shape* shape);
    Status record_pointer(recorder::PointerKind kind, View bytes, Monotonic now);
    RECTANGLE_16 strip_band() const;

    ClientLeg& client_;
    const Fonts& fonts_;
    Painter painter_;
    Region damage_;
    Monotonic rested_{};                   // what is not small is not painted before
    std::optional<Monotonic> paint_due_;   // something waits for that
    Bytes lobby_;                          // the lobby's picture
    std::vector<std::size_t> sent_bands_;  // a hash of each of its bands, as it was last sent
    std::uint32_t lobby_width_ = 0, lobby_height_ = 0;

    TargetLeg* target_ = nullptr;
    worker::Recording* recording_ = nullptr;
    Terms terms_;
    std::optional<recorder::ScreenEncoder> screen_;
    Pointers pointers_;
    std::optional<recorder::PointerPosition> mouse_;
    Monotonic mouse_recorded_{};

    Strips strips_;
    bool time_unseen_ = false;
    Bytes band_;
};

}  // namespace anteroom::rdp
