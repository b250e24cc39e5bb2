// What is damaged is recorded on the encoder's own clock: exactly where the budget allows, else later, else coarsely, and exactly again
// when it rests. A tile that was recorded coarsely stays damaged until then.
#include <algorithm>
#include <array>
#include <cstring>

#include "recorder/screen_budget.h"
#include "recorder/screen_grid.h"
#include "recorder/screen_stream.h"
#include "recorder/tracks.h"

namespace anteroom::recorder {

namespace {

// How long a tile over budget waits for an exact turn before it is recorded coarsely, how often then, how often it is looked at
// whether it may be exact, and after how long one that never rests is tried exactly all the same.
constexpr Duration patience = std::chrono::milliseconds(400), coarse_every = std::chrono::milliseconds(250), look_every = std::chrono::milliseconds(80),
                   try_exact_after = std::chrono::seconds(10), tell_every = std::chrono::seconds(60);
// A key frame waits, six times as long at most, until half as much as itself was recorded behind the last one: a clock's ticking is
// not worth the whole picture every ten seconds.
constexpr int longest_wait = 6;

// How much a part of a picture may take: its changes of colour from left to right.
float weight_of(const PixelView& picture, const Area& area) {
    std::uint32_t edges = 0;
    for (std::uint32_t y = 0; y < area.height; ++y) {
        std::array<std::uint32_t, tile_side> line;
        std::memcpy(line.data(), pixel_at(picture, area.x, area.y + y), std::size_t{area.width} * 4);
        for (std::size_t i = 1; i < area.width; ++i) edges += ((line[i] ^ line[i - 1]) & 0x00ffffff) != 0 ? 1 : 0;
    }
    return static_cast<float>(edges + area.height);
}

}  // namespace

struct ScreenEncoder::State {
    State(Append to, const ScreenLimits& given) : append(to), limits(given), stream(std::move(to)), budget(given.region_budget) {}

    Append append;
    ScreenLimits limits;
    ScreenStream stream;
    ScreenBudget budget;
    ScreenGrid grid;
    std::uint16_t width = 0, height = 0;
    bool key_wanted = false;
    std::uint64_t key_bytes = 0, bytes_since_key = 0;
    Monotonic last_frame{}, last_key{};
    std::optional<Monotonic> due, told;

    struct Charge {
        std::size_t tile;
        float weight;
    };
    struct Frame {  // what goes into the one that is being made
        bool key = false;
        ScreenJoiner exact{false}, coarse{true};
        std::vector<Charge> charges;
        float weights = 0;  // of all in it; in a key frame also of what nobody is charged for
        std::vector<std::size_t> done;
        bool any = false, degraded = false;
    };

    Status check(const PixelView& picture) const;
    bool key_is_due(Monotonic now) const;
    Status record(const PixelView& picture, Monotonic now, bool all);
    void consider(Frame& frame, const PixelView& picture, std::size_t index, Monotonic now, bool all);
    void take_exact(Frame& frame, const PixelView& picture, std::size_t index);
    void take_coarse(Frame& frame, std::size_t index, Monotonic now);
    Status write(Frame& frame, const PixelView& picture, Monotonic now);
    Status tell(Monotonic now);
    void find_due();
};

Status ScreenEncoder::State::check(const PixelView& picture) const {
    if (width > widest_screen || height > widest_screen) return fail(ErrorKind::invalid, "the screen is larger than a recording holds");
    if (picture.pixels == nullptr || picture.width != width || picture.height != height || picture.stride < std::uint32_t{width} * 4)
        return fail(ErrorKind::internal, "the picture is not what was said of it");
    return ok();
}

bool ScreenEncoder::State::key_is_due(Monotonic now) const {
    if (key_wanted) return true;
    const Duration age = now - last_key;
    return age >= limits.key_frame && (bytes_since_key >= key_bytes / 2 || age >= longest_wait * limits.key_frame);
}

void ScreenEncoder::State::take_exact(Frame& frame, const PixelView& picture, std::size_t index) {
    ScreenTile& tile = grid[index];
    const bool whole = frame.key || tile.coarse;
    const Area area = whole ? grid.area_of(index) : grid.changed(picture, grid.damaged_part(index));
    if (tile.dirty()) frame.done.push_back(index);
    if (area.width == 0) return;
    frame.any = true;
    frame.exact.add(area);
    const float weight = budget.relaxed() ? static_cast<float>(pixels_of(area)) : weight_of(picture, area);
    frame.weights += weight;
    if (tile.dirty()) frame.charges.push_back({index, weight});
}

void ScreenEncoder::State::take_coarse(Frame& frame, std::size_t index, Monotonic now) {
    ScreenTile& tile = grid[index];
    frame.any = true;
    frame.coarse.add(grid.area_of(index));
    constexpr float weight = 8 * tile_side;
    frame.weights += weight;
    frame.charges.push_back({index, weight});
    if (!tile.coarse) {
        frame.degraded = true;
        tile.since = now;
    }
    tile.coarse = true;
    tile.held = tile.touched = false;
    tile.next = now + coarse_every;
    grid.damage_whole(index);
}

// One tile's turn.
void ScreenEncoder::State::consider(Frame& frame, const PixelView& picture, std::size_t index, Monotonic now, bool all) {
    ScreenTile& tile = grid[index];
    if (!tile.dirty() && !frame.key) return;
    const bool waits = !all && tile.dirty() && tile.next > now;
    if (waits && !frame.key) return;
    const bool permitted = all || budget.permits(index);
    if (!tile.coarse) {
        if (permitted || frame.key) return take_exact(frame, picture, index);
        if (!tile.held) {
            tile.held = true;
            tile.since = now;
        }
        if (now - tile.since >= patience) return take_coarse(frame, index, now);
        tile.next = now + look_every;
        return;
    }
    const bool rested = !tile.touched && !waits, tried = now - tile.since >= try_exact_after;
    if (all || (permitted && (rested || tried))) return take_exact(frame, picture, index);
    if (tile.touched || frame.key) return take_coarse(frame, index, now);
    tile.next = now + look_every;
}

Status ScreenEncoder::State::write(Frame& frame, const PixelView& picture, Monotonic now) {
    stream.begin_frame(frame.key, now);
    if (frame.key) TRY(stream.size(width, height));
    for (const Area& area : frame.coarse.take()) TRY(stream.coarse(picture, area));
    // Behind the coarse ones: an exact area may reach into a coarse tile.
    for (const Area& area : frame.exact.take()) {
        TRY(stream.exact(picture, area));
        grid.remember(picture, area);
    }
    return stream.end_frame();
}

Status ScreenEncoder::State::tell(Monotonic now) {
    if (told && now - *told < tell_every) return ok();
    told = now;
    const Gap gap{.bytes = 0, .reason = "part of the screen changes faster than is kept: fewer and coarser pictures of it, exact again when it rests"};
    return append(Track::gap, static_cast<std::uint8_t>(GapKind::screen_dropped), wire::encode(gap), now);
}

Status ScreenEncoder::State::record(const PixelView& picture, Monotonic now, bool all) {
    budget.pass(now);
    last_frame = now;
    Frame frame;
    frame.key = key_wanted;
    for (std::size_t i = 0; i < grid.count(); ++i) consider(frame, picture, i, now, all);
    if (frame.any && !frame.key && key_is_due(now)) {
        frame = Frame{.key = true, .degraded = frame.degraded};
        for (std::size_t i = 0; i < grid.count(); ++i) consider(frame, picture, i, now, all);
    }
    if (frame.any) {
        if (auto written = write(frame, picture, now); !written) {
            // The stream is torn: whoever goes on all the same begins anew.
            key_wanted = true;
            return written;
        }
        const auto bytes = static_cast<float>(stream.frame_bytes());
        for (const Charge& charge : frame.charges) budget.charge(charge.tile, bytes * charge.weight / frame.weights);
        bytes_since_key += stream.frame_bytes();
        if (frame.key) {
            key_wanted = false;
            last_key = now;
            key_bytes = stream.frame_bytes();
            bytes_since_key = 0;
        }
    }
    for (const std::size_t index : frame.done) {
        grid[index].clean();
        grid[index].coarse = false;
    }
    return frame.degraded ? tell(now) : ok();
}

void ScreenEncoder::State::find_due() {
    due.reset();
    for (std::size_t i = 0; i < grid.count(); ++i)
        if (grid[i].dirty()) due = due ? std::min(*due, grid[i].next) : grid[i].next;
    if (due) due = std::max(*due, last_frame + limits.frame);
}

ScreenEncoder::ScreenEncoder(Append append, ScreenLimits limits) : state_(std::make_unique<State>(std::move(append), limits)) {}
ScreenEncoder::~ScreenEncoder() = default;
ScreenEncoder::ScreenEncoder(ScreenEncoder&&) noexcept = default;

void ScreenEncoder::resize(std::uint16_t width, std::uint16_t height) {
    auto& s = *state_;
    s.width = width;
    s.height = height;
    const bool fits = width <= widest_screen && height <= widest_screen && width > 0 && height > 0;
    s.grid.resize(fits ? width : 0, fits ? height : 0);
    s.budget.reset(s.grid.count());
    s.key_wanted = true;
    s.due.reset();
    damage({.x = 0, .y = 0, .width = width, .height = height});
    // A screen that cannot be recorded is an error of the next tick, never a silence.
    if (width > widest_screen || height > widest_screen) s.due = s.last_frame;
}

void ScreenEncoder::damage(const Area& area) {
    auto& s = *state_;
    const auto next = s.grid.damage(area);
    if (!next) return;
    const Monotonic then = std::max(*next, s.last_frame + s.limits.frame);
    s.due = s.due ? std::min(*s.due, then) : then;
}

Status ScreenEncoder::tick(const PixelView& picture, Monotonic now) {
    auto& s = *state_;
    if (!s.due || now < *s.due) return ok();
    TRY(s.check(picture));
    TRY(s.record(picture, now, false));
    s.find_due();
    return ok();
}

std::optional<Monotonic> ScreenEncoder::due() const { return state_->due; }

Status ScreenEncoder::finish(const PixelView& picture, Monotonic now) {
    auto& s = *state_;
    if (!s.due) return ok();
    TRY(s.check(picture));
    TRY(s.record(picture, now, true));
    s.find_due();
    return ok();
}

}  // namespace anteroom::recorder
