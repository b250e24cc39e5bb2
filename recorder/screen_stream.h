// One zstd stream cut into events: flushed at a frame's end, begun anew by a key frame.
#pragma once

#include "recorder/screen_format.h"

namespace anteroom::recorder {

class ScreenStream {
public:
    explicit ScreenStream(ScreenEncoder::Append append);
    ~ScreenStream();
    ScreenStream(const ScreenStream&) = delete;
    ScreenStream& operator=(const ScreenStream&) = delete;

    void begin_frame(bool key, Monotonic now);
    Status size(std::uint16_t width, std::uint16_t height);
    Status exact(const PixelView& picture, const Area& area);
    // Squares of one colour each; `area` stands on the tiles.
    Status coarse(const PixelView& picture, const Area& area);
    Status end_frame();

    std::uint64_t frame_bytes() const { return frame_bytes_; }  // of the frame, so far
    std::size_t memory() const;                                 // of zstd

private:
    struct Context;
    Status head(ScreenRecord record, const Area& area);
    Status exact_part(const PixelView& picture, const Area& area);
    Status put(View bytes);
    Status emit();

    ScreenEncoder::Append append_;
    std::unique_ptr<Context> context_;
    Bytes staged_, out_;
    std::size_t out_size_ = 0;
    std::uint64_t frame_bytes_ = 0;
    ScreenKind kind_ = ScreenKind::key_frame;
    Monotonic now_{};
};

}  // namespace anteroom::recorder
