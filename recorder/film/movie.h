// A desktop's recording as a video that any player shows: MP4, H.264 where libavcodec has libx264 and MPEG-4 otherwise, each picture at
// its true time (milliseconds), the pointer drawn in, sizes letterboxed into the largest, markers as chapters.
#pragma once

#include <functional>

#include "recorder/reader.h"

namespace anteroom::film {

struct MovieOptions {
    std::string title;
    // In hundredths, as it goes on; an error ends the export.
    std::function<Status(int percent)> progress = [](int) { return ok(); };
    bool streamed = false;  // into what cannot be sought in, as a pipe; in one thread
};

// `file`: empty, and it can be written and, unless it is streamed, sought in. The reader is read twice, from its beginning.
Status write_movie(recorder::Reader& reader, int file, const MovieOptions& options);

}  // namespace anteroom::film
