// NSCodec (MS-RDPNSC): how a picture travels where nobody needs every pixel. Luma and two differences of colour, the latter coarser and
// for four pixels together where the client allows, each plane as runs. Written here because FreeRDP's encoder takes twice as long and is less
// exact.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace anteroom::rdp {

class NsCodec {
public:
    struct Terms {                 // as the client asked for (MS-RDPNSC 2.2.1)
        unsigned colour_loss = 3;  // 1 to 7: bits of the colours' differences that are left out
        bool subsampled = true;
    };
    // `pixels`: B G R X, top line first, at least one each way. The message (2.2.2), until the next call.
    View encode(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height, const Terms& terms);
    // What a message takes at worst.
    static std::size_t most_bytes(std::size_t width, std::size_t height) { return 64 + (width + 8) * (height + 2) * 3; }

private:
    struct Line {  // of colours' differences, not yet made coarse
        std::vector<std::int16_t> orange, green;
    };
    static void take_line(const std::uint8_t* pixels, std::uint32_t width, std::size_t padded, std::uint8_t* luma, Line& line);
    void take_whole(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height, unsigned loss);
    void take_subsampled(const std::uint8_t* pixels, std::size_t stride, std::uint32_t width, std::uint32_t height, unsigned loss);
    void put_plane(const Bytes& plane, std::size_t size, unsigned number);

    Bytes luma_, orange_, green_;
    Line line_, above_;
    std::vector<std::int16_t> sums_;
    std::size_t luma_size_ = 0, colour_size_ = 0;
    Bytes message_;
    std::size_t used_ = 0;
};

}  // namespace anteroom::rdp
