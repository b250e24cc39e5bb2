// Nothing of the stream is believed: areas are compared with the screen, a frame holds no more than twice its pixels, and memory is
// taken for the picture (untouched until it is drawn), zstd's window and one buffer.
#include <zstd.h>

#include <algorithm>
#include <array>

#include "recorder/screen_format.h"
#include "recorder/zeroed_handles.h"

namespace anteroom::recorder {

namespace {

constexpr std::size_t chunk = 128 * 1024, most_changed = 1024;

std::uint16_t u16_at(const std::uint8_t* bytes) { return static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8); }
Status damaged(const char* what) { return fail(ErrorKind::damaged, std::string("the screen track: ") + what); }

std::array<std::uint8_t, 4> colour_of(std::uint32_t rgb565) {
    const std::uint32_t r = rgb565 >> 11 & 31, g = rgb565 >> 5 & 63, b = rgb565 & 31;
    return {static_cast<std::uint8_t>(b << 3 | b >> 2), static_cast<std::uint8_t>(g << 2 | g >> 4), static_cast<std::uint8_t>(r << 3 | r >> 2), 255};
}

}  // namespace

struct ScreenDecoder::State {
    ZSTD_DCtx* zstd = ZSTD_createDCtx();
    State() {
        if (!zstd) throw std::bad_alloc();
        ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, widest_window);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { ZSTD_freeDCtx(zstd); }

    enum class At : std::uint8_t { head, colour, grey, coarse, ended };
    ZeroedBytes picture;
    std::uint16_t width = 0, height = 0;
    std::vector<std::uint8_t> coarse;  // a flag each tile
    std::size_t coarse_tiles = 0;
    std::vector<Area> changed;
    Bytes buffer;

    bool following = false, complete = false;  // from a key frame on; a first frame was
    bool in_key = false, begun = false;        // in the frame: its key frame's size has come; anything has
    std::uint64_t frame_pixels = 0;
    At at = At::head;
    std::array<std::uint8_t, area_head_bytes> head{};
    std::size_t have = 0;  // bytes of the head, or of a square's colour
    Area area;
    std::uint64_t done = 0;  // of the record: pixels of this plane, or squares
    int plane = 0;

    void begin();
    Result<bool> take(View bytes);
    Status parse(View bytes);
    Status take_head(View& bytes);
    Status start_size();
    Status start_area(ScreenRecord type);
    Status finish_frame();
    void draw_plane(View& bytes);
    void draw_squares(View& bytes);
    void fill_square(std::uint64_t square, std::uint32_t rgb565);
    void mark_tiles(bool is_coarse);
    std::uint8_t* pixel(std::uint32_t x, std::uint32_t y) { return picture.get() + (std::size_t{y} * width + x) * 4; }
};

void ScreenDecoder::State::begin() {
    ZSTD_DCtx_reset(zstd, ZSTD_reset_session_only);
    following = in_key = true;
    complete = begun = false;
    changed.clear();
    frame_pixels = 0;
    at = At::head;
    have = 0;
}

Result<bool> ScreenDecoder::State::take(View bytes) {
    if (at == At::ended) {
        at = At::head;
        frame_pixels = 0;
        changed.clear();
    }
    buffer.resize(chunk);
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
        ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
        const std::size_t left = ZSTD_decompressStream(zstd, &out, &in);
        if (ZSTD_isError(left)) return fail(damaged("it does not unpack").error());
        TRY(parse(View(buffer).first(out.pos)));
        if (left == 0) return fail(damaged("its stream ends").error());
        if (in.pos == in.size && out.pos < out.size) return at == At::ended;
    }
}

Status ScreenDecoder::State::parse(View bytes) {
    while (!bytes.empty()) {
        switch (at) {
            case At::head: TRY(take_head(bytes)); break;
            case At::colour:
            case At::grey: draw_plane(bytes); break;
            case At::coarse: draw_squares(bytes); break;
            case At::ended: return damaged("something follows a frame's end");
        }
    }
    return ok();
}

Status ScreenDecoder::State::take_head(View& bytes) {
    const auto type = static_cast<ScreenRecord>(have > 0 ? head[0] : bytes[0]);
    std::size_t wanted = area_head_bytes;
    if (type == ScreenRecord::size) wanted = size_head_bytes;
    else if (type == ScreenRecord::end) wanted = 1;
    else if (type != ScreenRecord::colour && type != ScreenRecord::grey && type != ScreenRecord::coarse) return damaged("a record of no known type");
    const std::size_t size = std::min(wanted - have, bytes.size());
    std::copy_n(bytes.begin(), size, head.begin() + static_cast<std::ptrdiff_t>(have));
    have += size;
    bytes = bytes.subspan(size);
    if (have < wanted) return ok();
    have = 0;
    if (type == ScreenRecord::size) return start_size();
    if (in_key && !begun) return damaged("a key frame begins without its size");
    if (type == ScreenRecord::end) return finish_frame();
    return start_area(type);
}

Status ScreenDecoder::State::start_size() {
    const std::uint16_t new_width = u16_at(&head[1]), new_height = u16_at(&head[3]);
    if (!in_key || begun) return damaged("a size that does not begin a key frame");
    if (new_width < 1 || new_height < 1 || new_width > widest_screen || new_height > widest_screen) return damaged("a size that no screen has");
    begun = true;
    if (new_width != width || new_height != height || !picture) {
        picture = ZeroedBytes();  // the old one goes before the new one comes
        width = height = 0;
        picture = ZeroedBytes(std::size_t{new_width} * new_height * 4);
        width = new_width;
        height = new_height;
    }
    coarse.assign(std::size_t{tiles_along(width)} * tiles_along(height), 0);
    coarse_tiles = 0;
    return ok();
}

Status ScreenDecoder::State::start_area(ScreenRecord type) {
    area = {.x = u16_at(&head[1]), .y = u16_at(&head[3]), .width = u16_at(&head[5]), .height = u16_at(&head[7])};
    const std::uint32_t right = std::uint32_t{area.x} + area.width, bottom = std::uint32_t{area.y} + area.height;
    if (area.width == 0 || area.height == 0 || right > width || bottom > height) return damaged("an area that is not on the screen");
    at = type == ScreenRecord::colour ? At::colour : type == ScreenRecord::grey ? At::grey : At::coarse;
    if (type == ScreenRecord::coarse &&
        (area.x % tile_side != 0 || area.y % tile_side != 0 || (right % tile_side != 0 && right != width) || (bottom % tile_side != 0 && bottom != height)))
        return damaged("a coarse area that does not stand on the tiles");
    frame_pixels += pixels_of(area);
    if (frame_pixels > 2 * std::uint64_t{width} * height) return damaged("a frame of more pixels than it can need");
    if (changed.size() < most_changed) changed.push_back(area);
    else changed.back() = {.x = 0, .y = 0, .width = width, .height = height};
    mark_tiles(type == ScreenRecord::coarse);
    done = 0;
    plane = 0;
    return ok();
}

// A tile is exact again when one exact area covers all of it.
void ScreenDecoder::State::mark_tiles(bool is_coarse) {
    const std::uint32_t right = std::uint32_t{area.x} + area.width, bottom = std::uint32_t{area.y} + area.height;
    for (std::uint32_t y = area.y / tile_side * tile_side; y < bottom; y += tile_side)
        for (std::uint32_t x = area.x / tile_side * tile_side; x < right; x += tile_side) {
            const bool whole = x >= area.x && y >= area.y && std::min<std::uint32_t>(x + tile_side, width) <= right &&
                               std::min<std::uint32_t>(y + tile_side, height) <= bottom;
            std::uint8_t& flag = coarse[std::size_t{y / tile_side} * tiles_along(width) + x / tile_side];
            if (!whole || (flag != 0) == is_coarse) continue;
            flag = is_coarse ? 1 : 0;
            coarse_tiles = is_coarse ? coarse_tiles + 1 : coarse_tiles - 1;
        }
}

void ScreenDecoder::State::draw_plane(View& bytes) {
    while (!bytes.empty()) {
        const auto x = static_cast<std::uint32_t>(done % area.width), y = static_cast<std::uint32_t>(done / area.width);
        const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(area.width - x, bytes.size()));
        std::uint8_t* out = pixel(area.x + x, area.y + y);
        if (at == At::grey) {
            for (std::uint32_t i = 0; i < count; ++i) {
                out[4 * i] = out[4 * i + 1] = out[4 * i + 2] = bytes[i];
                out[4 * i + 3] = 255;
            }
        } else if (plane == 0) {
            for (std::uint32_t i = 0; i < count; ++i) out[4 * i + 1] = bytes[i];
        } else {
            const std::size_t offset = plane == 1 ? 0 : 2;
            for (std::uint32_t i = 0; i < count; ++i) {
                out[4 * i + offset] = static_cast<std::uint8_t>(bytes[i] + out[4 * i + 1]);
                out[4 * i + 3] = 255;
            }
        }
        bytes = bytes.subspan(count);
        done += count;
        if (done < pixels_of(area)) continue;
        done = 0;
        if (at == At::colour && ++plane < 3) continue;
        at = At::head;
        return;
    }
}

void ScreenDecoder::State::fill_square(std::uint64_t square, std::uint32_t rgb565) {
    const std::uint32_t columns = squares_along(area.width);
    const auto left = static_cast<std::uint32_t>(square % columns) * coarse_side, top = static_cast<std::uint32_t>(square / columns) * coarse_side;
    const std::uint32_t right = std::min<std::uint32_t>(left + coarse_side, area.width), bottom = std::min<std::uint32_t>(top + coarse_side, area.height);
    const auto colour = colour_of(rgb565);
    for (std::uint32_t y = top; y < bottom; ++y)
        for (std::uint32_t x = left; x < right; ++x) std::copy(colour.begin(), colour.end(), pixel(area.x + x, area.y + y));
}

void ScreenDecoder::State::draw_squares(View& bytes) {
    const std::uint64_t squares = std::uint64_t{squares_along(area.width)} * squares_along(area.height);
    while (!bytes.empty()) {
        head[have++] = bytes.front();
        bytes = bytes.subspan(1);
        if (have < 2) continue;
        have = 0;
        fill_square(done, u16_at(head.data()));
        if (++done < squares) continue;
        at = At::head;
        return;
    }
}

Status ScreenDecoder::State::finish_frame() {
    if (in_key && frame_pixels < std::uint64_t{width} * height) return damaged("a key frame that leaves something out");
    in_key = false;
    complete = true;
    at = At::ended;
    return ok();
}

ScreenDecoder::ScreenDecoder() : state_(std::make_unique<State>()) {}
ScreenDecoder::~ScreenDecoder() = default;
ScreenDecoder::ScreenDecoder(ScreenDecoder&&) noexcept = default;

Result<bool> ScreenDecoder::feed(const Event& event) {
    if (event.track != Track::screen) return false;
    State& s = *state_;
    if (event.kind == static_cast<std::uint8_t>(ScreenKind::key_frame)) s.begin();
    else if (event.kind != static_cast<std::uint8_t>(ScreenKind::continues)) return fail(damaged("a kind that is not known").error());
    if (!s.following) return false;
    auto taken = s.take(event.bytes);
    if (!taken) s.following = s.complete = false;
    return taken;
}

PixelView ScreenDecoder::picture() const {
    const State& s = *state_;
    if (!s.complete) return {};
    return {.pixels = s.picture.get(), .stride = std::uint32_t{s.width} * 4, .width = s.width, .height = s.height};
}

const std::vector<Area>& ScreenDecoder::changed() const { return state_->changed; }
bool ScreenDecoder::exact() const { return state_->coarse_tiles == 0; }

}  // namespace anteroom::recorder
