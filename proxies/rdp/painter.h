// Painter: parts of a picture on their way to the client, in the best form that it and the target's label allow: planar, which loses
// nothing; NSCodec where the client offers it and nobody needs every pixel; interleaved RLE for 15, 16 and 24 bits.
#pragma once

#include "proxies/rdp/client_leg.h"
#include "proxies/rdp/nscodec.h"
#include "proxies/rdp/planar.h"
#include "proxies/rdp/rle.h"

namespace anteroom::rdp {

// 32 bits a pixel, B G R X, top line first.
struct Picture {
    const std::uint8_t* pixels = nullptr;
    std::uint32_t stride = 0, width = 0, height = 0;
};

class Painter {
public:
    explicit Painter(ClientLeg& client) : client_(client) {}
    Painter(const Painter&) = delete;
    Painter& operator=(const Painter&) = delete;

    // After each agreement about the screen, and when a session begins.
    void choose(bool lossless);
    // `area` lies within the picture.
    Status paint(const Picture& picture, const RECTANGLE_16& area);

private:
    enum class Form : std::uint8_t { planar, nscodec, interleaved };
    Status paint_tiles(const Picture& picture, const RECTANGLE_16& area);
    Status paint_nscodec(const Picture& picture, const RECTANGLE_16& area);
    BITMAP_DATA encode(const Picture& picture, const RECTANGLE_16& tile);
    Status send_tiles();

    ClientLeg& client_;
    Form form_ = Form::planar;
    std::uint32_t depth_ = 32, most_bytes_ = 0;
    bool alpha_ = false;  // the client takes no planar picture without that plane
    PlanarTile planar_;
    RunLengths runs_;
    Bytes run_;
    NsCodec nscodec_;
    NsCodec::Terms nscodec_terms_;
    std::vector<BITMAP_DATA> tiles_;
    Bytes arena_, edge_;  // the tiles' bytes; one tile at the picture's edge, made whole
    std::size_t used_ = 0;
};

}  // namespace anteroom::rdp
