// MS-RDPBCGR 2.2.9.1.1.3.1.2 (bitmap updates of at most 64 by 64 pixels, width a multiple of 4) and 2.2.9.2.1 (surface bits).
#include "proxies/rdp/painter.h"

#include <algorithm>
#include <cstring>

namespace anteroom::rdp {

namespace {

constexpr UINT32 tile = 64, step = 4;
constexpr std::size_t tile_bytes = std::size_t{tile} * tile * 4 + 1024;  // what an encoder may need at worst
constexpr UINT32 nsc_pixels = 128 * 1024;                                // of one message: the encoder's planes are as large as the largest
constexpr std::size_t tile_head = 32, batch = 128 * 1024;

UINT16 up(UINT32 value) { return static_cast<UINT16>((value + step - 1) / step * step); }

}  // namespace

Painter::~Painter() {
    if (planar_ != nullptr) freerdp_bitmap_planar_context_free(planar_);
    if (nsc_ != nullptr) nsc_context_free(nsc_);
    if (message_ != nullptr) Stream_Free(message_, TRUE);
}

void Painter::choose(bool lossless) {
    const auto* settings = client_.settings();
    depth_ = client_.screen().depth;
    most_bytes_ = std::max<UINT32>(freerdp_settings_get_uint32(settings, FreeRDP_MultifragMaxRequestSize), 0x3F80);
    const bool surface = freerdp_settings_get_bool(settings, FreeRDP_SurfaceCommandsEnabled) && freerdp_settings_get_bool(settings, FreeRDP_NSCodec);
    form_ = depth_ < 32 ? Form::interleaved : surface && !lossless ? Form::nscodec : Form::planar;
    arena_.resize(batch + tile_bytes);
    edge_.resize(std::size_t{tile} * tile * 4);
    if (form_ == Form::planar && planar_ == nullptr) {
        const bool skip_alpha = freerdp_settings_get_bool(settings, FreeRDP_DrawAllowSkipAlpha) != FALSE;
        planar_ = freerdp_bitmap_planar_context_new(PLANAR_FORMAT_HEADER_RLE | (skip_alpha ? PLANAR_FORMAT_HEADER_NA : 0u), tile, tile);
    }
    if (form_ != Form::nscodec) return;
    if (nsc_ == nullptr) nsc_ = nsc_context_new();
    if (message_ == nullptr) message_ = Stream_New(nullptr, batch);
    const auto screen = client_.screen();
    (void)nsc_context_reset(nsc_, screen.width, screen.height);
    (void)nsc_context_set_parameters(nsc_, NSC_COLOR_LOSS_LEVEL, freerdp_settings_get_uint32(settings, FreeRDP_NSCodecColorLossLevel));
    (void)nsc_context_set_parameters(nsc_, NSC_ALLOW_SUBSAMPLING, freerdp_settings_get_bool(settings, FreeRDP_NSCodecAllowSubsampling) ? 1 : 0);
    (void)nsc_context_set_parameters(nsc_, NSC_DYNAMIC_COLOR_FIDELITY, freerdp_settings_get_bool(settings, FreeRDP_NSCodecAllowDynamicColorFidelity) ? 1 : 0);
    (void)nsc_context_set_parameters(nsc_, NSC_COLOR_FORMAT, PIXEL_FORMAT_BGRX32);
}

Status Painter::paint(const Picture& picture, const RECTANGLE_16& area) {
    if (area.left >= area.right || area.top >= area.bottom || area.right > picture.width || area.bottom > picture.height) return ok();
    return form_ == Form::nscodec ? paint_nscodec(picture, area) : paint_tiles(picture, area);
}

// In bands that fit the client's largest request, whatever the content.
Status Painter::paint_nscodec(const Picture& picture, const RECTANGLE_16& area) {
    const UINT32 width = area.right - area.left;
    const UINT32 rows = std::clamp<UINT32>(std::min((most_bytes_ - 1024) / (width * 4 + 64), nsc_pixels / width), 1, 1024);
    for (UINT32 top = area.top; top < area.bottom; top += rows) {
        const UINT32 height = std::min<UINT32>(rows, area.bottom - top);
        Stream_SetPosition(message_, 0);
        const auto* from = picture.pixels + std::size_t{top} * picture.stride + std::size_t{area.left} * 4;
        if (!nsc_compose_message(nsc_, message_, from, width, height, picture.stride)) return fail(ErrorKind::internal, "NSCodec");
        SURFACE_BITS_COMMAND command{};
        command.cmdType = CMDTYPE_SET_SURFACE_BITS;
        command.destLeft = area.left, command.destTop = top, command.destRight = area.right, command.destBottom = top + height;
        command.bmp.bpp = 32;
        command.bmp.codecID = static_cast<UINT16>(freerdp_settings_get_uint32(client_.settings(), FreeRDP_NSCodecId));
        command.bmp.width = static_cast<UINT16>(width), command.bmp.height = static_cast<UINT16>(height);
        command.bmp.bitmapData = Stream_Buffer(message_);
        command.bmp.bitmapDataLength = static_cast<UINT32>(Stream_GetPosition(message_));
        command.skipCompression = TRUE;
        if (!client_.update()->SurfaceBits(client_.context(), &command)) return fail(ErrorKind::io, "the client takes no picture");
    }
    return ok();
}

Status Painter::paint_tiles(const Picture& picture, const RECTANGLE_16& area) {
    const UINT16 left = static_cast<UINT16>(area.left / step * step), right = up(area.right);
    const std::size_t most = std::min<std::size_t>(most_bytes_ - 64, batch);
    std::size_t size = 0;
    for (UINT32 y = area.top; y < area.bottom; y += tile)
        for (UINT32 x = left; x < right; x += tile) {
            const RECTANGLE_16 part{static_cast<UINT16>(x), static_cast<UINT16>(y), static_cast<UINT16>(std::min<UINT32>(x + tile, right)),
                                    static_cast<UINT16>(std::min<UINT32>(y + tile, area.bottom))};
            BITMAP_DATA encoded{};
            if (!encode(picture, part, encoded)) return fail(ErrorKind::internal, "a tile cannot be encoded");
            if (!tiles_.empty() && size + encoded.bitmapLength + tile_head > most) {
                // The tile just made lies behind those that go out now; its bytes move to the front.
                const std::size_t length = encoded.bitmapLength;
                const auto* bytes = encoded.bitmapDataStream;
                TRY(send_tiles());
                std::memmove(arena_.data(), bytes, length);
                encoded.bitmapDataStream = arena_.data();
                used_ = length;
                size = 0;
            }
            size += encoded.bitmapLength + tile_head;
            tiles_.push_back(encoded);
        }
    return send_tiles();
}

bool Painter::encode(const Picture& picture, const RECTANGLE_16& part, BITMAP_DATA& out) {
    const UINT32 width = part.right - part.left, height = part.bottom - part.top;
    const std::uint8_t* from = picture.pixels + std::size_t{part.top} * picture.stride + std::size_t{part.left} * 4;
    UINT32 stride = picture.stride;
    if (part.right > picture.width) {  // the width that is sent is a multiple of 4, the picture's need not be
        const std::size_t there = (picture.width - part.left) * 4u;
        std::fill(edge_.begin(), edge_.end(), std::uint8_t{0});
        for (UINT32 row = 0; row < height; ++row) std::memcpy(edge_.data() + std::size_t{row} * tile * 4, from + std::size_t{row} * stride, there);
        from = edge_.data();
        stride = tile * 4;
    }
    out.destLeft = part.left, out.destTop = part.top, out.destRight = part.right - 1u, out.destBottom = part.bottom - 1u;
    out.width = width, out.height = height, out.compressed = TRUE;
    out.bitsPerPixel = depth_;
    const UINT32 pixel = (depth_ + 7) / 8;
    UINT32 length = static_cast<UINT32>(tile_bytes);
    BYTE* to = arena_.data() + used_;
    if (form_ == Form::interleaved) {
        runs_.encode(from, stride, width, height, depth_, run_);
        length = static_cast<UINT32>(run_.size());
        std::memcpy(to, run_.data(), length);
    } else if (freerdp_bitmap_compress_planar(planar_, from, PIXEL_FORMAT_BGRX32, width, height, stride, to, &length) == nullptr) {
        return false;
    }
    out.bitmapDataStream = to;
    out.bitmapLength = length;
    out.cbScanWidth = width * pixel;
    out.cbUncompressedSize = width * height * pixel;
    out.cbCompMainBodySize = length;
    used_ += length;
    return true;
}

Status Painter::send_tiles() {
    if (tiles_.empty()) return ok();
    BITMAP_UPDATE update{};
    update.count = update.number = static_cast<UINT32>(tiles_.size());
    update.rectangles = tiles_.data();
    update.skipCompression = TRUE;
    const bool sent = client_.update()->BitmapUpdate(client_.context(), &update) != FALSE;
    tiles_.clear();
    used_ = 0;
    return sent ? ok() : Status(fail(ErrorKind::io, "the client takes no picture"));
}

}  // namespace anteroom::rdp
