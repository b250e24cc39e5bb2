// MS-RDPBCGR 2.2.9.1.1.3.1.2 (bitmap updates of at most 64 by 64 pixels, width a multiple of 4) and 2.2.9.2.1 (surface bits).
#include "proxies/rdp/painter.h"

#include <algorithm>
#include <cstring>

namespace anteroom::rdp {

namespace {

constexpr UINT32 tile = PlanarTile::side, step = 4;
constexpr std::size_t tile_bytes = PlanarTile::most_bytes;  // what an encoder may need at worst; runs of 24 bits a pixel need less
constexpr UINT32 nsc_pixels = 64 * 1024;                    // of one message: the encoder's planes are as large as the largest
constexpr std::size_t tile_head = 32, batch = 128 * 1024;

UINT16 up(UINT32 value) { return static_cast<UINT16>((value + step - 1) / step * step); }

}  // namespace

void Painter::choose(bool lossless) {
    const auto* settings = client_.settings();
    depth_ = client_.screen().depth;
    most_bytes_ = std::max<UINT32>(freerdp_settings_get_uint32(settings, FreeRDP_MultifragMaxRequestSize), 0x3F80);
    const bool surface = freerdp_settings_get_bool(settings, FreeRDP_SurfaceCommandsEnabled) && freerdp_settings_get_bool(settings, FreeRDP_NSCodec);
    form_ = depth_ < 32 ? Form::interleaved : surface && !lossless ? Form::nscodec : Form::planar;
    arena_.resize(batch + tile_bytes);
    edge_.resize(std::size_t{tile} * tile * 4);
    alpha_ = !freerdp_settings_get_bool(settings, FreeRDP_DrawAllowSkipAlpha);
    nscodec_terms_ = {freerdp_settings_get_uint32(settings, FreeRDP_NSCodecColorLossLevel),
                      freerdp_settings_get_bool(settings, FreeRDP_NSCodecAllowSubsampling) != FALSE};
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
        const auto* from = picture.pixels + std::size_t{top} * picture.stride + std::size_t{area.left} * 4;
        const View message = nscodec_.encode(from, picture.stride, width, height, nscodec_terms_);
        SURFACE_BITS_COMMAND command{};
        command.cmdType = CMDTYPE_SET_SURFACE_BITS;
        command.destLeft = area.left, command.destTop = top, command.destRight = area.right, command.destBottom = top + height;
        command.bmp.bpp = 32;
        command.bmp.codecID = static_cast<UINT16>(freerdp_settings_get_uint32(client_.settings(), FreeRDP_NSCodecId));
        command.bmp.width = static_cast<UINT16>(width), command.bmp.height = static_cast<UINT16>(height);
        command.bmp.bitmapData = const_cast<BYTE*>(message.data());  // FreeRDP reads it only
        command.bmp.bitmapDataLength = static_cast<UINT32>(message.size());
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
            BITMAP_DATA encoded = encode(picture, part);
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

BITMAP_DATA Painter::encode(const Picture& picture, const RECTANGLE_16& part) {
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
    BITMAP_DATA out{};
    out.destLeft = part.left, out.destTop = part.top, out.destRight = part.right - 1u, out.destBottom = part.bottom - 1u;
    out.width = width, out.height = height, out.compressed = TRUE;
    out.bitsPerPixel = depth_;
    const UINT32 pixel = (depth_ + 7) / 8;
    BYTE* to = arena_.data() + used_;
    UINT32 length = 0;
    if (form_ == Form::interleaved) {
        runs_.encode(from, stride, width, height, depth_, run_);
        length = static_cast<UINT32>(run_.size());
        std::memcpy(to, run_.data(), length);
    } else {
        length = static_cast<UINT32>(planar_.encode(from, stride, width, height, alpha_, to));
    }
    out.bitmapDataStream = to;
    out.bitmapLength = length;
    out.cbScanWidth = width * pixel;
    out.cbUncompressedSize = width * height * pixel;
    out.cbCompMainBodySize = length;
    used_ += length;
    return out;
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
