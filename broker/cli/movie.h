// A desktop's recording as a video that any player shows: MP4, H.264 where libavcodec has libx264 and MPEG-4 otherwise, each picture at
// its true time (milliseconds), the pointer drawn in, sizes letterboxed into the largest, markers as chapters.
#pragma once

#include <functional>

#include "recorder/reader.h"

namespace anteroom::cli {

struct MovieOptions {
    std::string title;
    // In hundredths, as it goes on; an error ends the export.
    std::function<Status(int percent)> progress;
};

// `file`: empty, and it can be written and sought in. The reader is read twice, from its beginning.
Status write_movie(recorder::Reader& reader, int file, const MovieOptions& options);

}  // namespace anteroom::cli
