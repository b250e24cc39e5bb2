// An MP4 file that pictures are added to (libav, seen nowhere else).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace anteroom::film {

struct MovieChapter {
    Duration at{};
    std::string title;
};
struct MovieShape {
    std::uint32_t width = 0, height = 0;  // even
    std::string title;
    Time made{};
    Duration length{};
    std::vector<MovieChapter> chapters;  // in order
};

class MovieFile {
public:
    // `file`: empty, written and sought in; it must outlive this. `streamed`: in fragments (ISO/IEC 14496-12 section 8.8), never sought in, by one thread.
    static Result<MovieFile> open(int file, const MovieShape& shape, bool streamed);
    ~MovieFile();
    MovieFile(MovieFile&&) noexcept;
    MovieFile& operator=(MovieFile&&) = delete;

    // B G R X lines of `width` pixels; times rise, and are kept to the millisecond.
    Status add(const std::uint8_t* pixels, Duration at);
    Status finish(Duration end);  // the last picture stands until then

private:
    struct State;
    explicit MovieFile(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace anteroom::film
