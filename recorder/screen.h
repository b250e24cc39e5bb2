// The screen track: a desktop's picture as a stream of rectangles (FORMAT.md, "Screen"). The encoder takes damage as it comes and
// records on a clock of its own; the decoder gives back, at the end of each frame, exactly the picture that was recorded.
// Pixels are 32 bits, B G R X in memory, top line first; X is never recorded and reads as 255.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "recorder/events.h"
#include "recorder/writer.h"

namespace anteroom::recorder {

inline constexpr std::uint16_t widest_screen = 8192;

struct Area {
    std::uint16_t x = 0, y = 0, width = 0, height = 0;
    bool operator==(const Area&) const = default;
};
struct PixelView {
    const std::uint8_t* pixels = nullptr;
    std::uint32_t stride = 0;  // bytes a line
    std::uint16_t width = 0, height = 0;
};

struct ScreenLimits {
    Duration frame = std::chrono::milliseconds(40);  // at most 25 frames a second
    Duration key_frame = std::chrono::seconds(10);   // the stream begins anew, with the whole picture, while anything changes
    // Lossless bytes that a region may take in ten seconds. Above it: fewer frames of that region; far above it: lossy tiles, marked so,
    // and the exact picture again when the region comes to rest.
    std::uint64_t region_budget = 4u << 20;
};

class ScreenEncoder {
public:
    // `append` takes the track's events: Writer::append, or worker::Recording's.
    using Append = std::function<Status(Track track, std::uint8_t kind, View bytes, Monotonic now)>;
    explicit ScreenEncoder(Append append, ScreenLimits limits = {});
    ~ScreenEncoder();
    ScreenEncoder(ScreenEncoder&&) noexcept;

    // Another size; the next frame is a key frame.
    void resize(std::uint16_t width, std::uint16_t height);
    void damage(const Area& area);
    // Records a frame when one is due. `picture` has the size that was said last. Nothing is looked at while nothing is damaged.
    Status tick(const PixelView& picture, Monotonic now);
    // When tick() has something to do; nullopt: not before there is new damage.
    std::optional<Monotonic> due() const;
    // Records what is damaged, exactly, whatever the clock and budgets say: before the end of the session.
    Status finish(const PixelView& picture, Monotonic now);

private:
    struct State;
    std::unique_ptr<State> state_;
};

class ScreenDecoder {
public:
    ScreenDecoder();
    ~ScreenDecoder();
    ScreenDecoder(ScreenDecoder&&) noexcept;

    // One event of Track::screen. True when a frame is complete. Before the first key frame everything is passed over. Hostile bytes
    // are an error (`damaged`), never more memory than the largest screen takes; after an error the next key frame is a new beginning.
    Result<bool> feed(const Event& event);
    PixelView picture() const;                 // empty before the first frame
    const std::vector<Area>& changed() const;  // by the last frame
    bool exact() const;                        // no tile of the picture is lossy

private:
    struct State;
    std::unique_ptr<State> state_;
};

// What the other desktop tracks' bytes are (FORMAT.md): pointer, keyboard and mouse.
enum class PointerKind : std::uint8_t { position, shape, hidden, standard };
struct PointerPosition {
    std::uint16_t x = 0, y = 0;
};
BOOST_DESCRIBE_STRUCT(PointerPosition, (), (x, y))
struct PointerShape {
    std::uint16_t width = 0, height = 0, hot_x = 0, hot_y = 0;
    Bytes pixels;  // B G R A, top line first
};
BOOST_DESCRIBE_STRUCT(PointerShape, (), (width, height, hot_x, hot_y, pixels))
enum class InputKind : std::uint8_t { counts };
struct InputCounts {  // since the last such event; which keys they were is not kept
    std::uint32_t keys = 0, clicks = 0, wheel = 0;
};
BOOST_DESCRIBE_STRUCT(InputCounts, (), (keys, clicks, wheel))

}  // namespace anteroom::recorder
