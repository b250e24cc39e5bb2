// Read twice: for the largest size, the markers and the length, then for the pictures.
#include "recorder/film/movie.h"

#include <algorithm>
#include <cstring>

#include "recorder/event_lines.h"
#include "recorder/film/movie_file.h"
#include "recorder/film/pointer.h"
#include "recorder/screen_seek.h"

namespace anteroom::film {

namespace {

using recorder::Event;
using recorder::Track;

constexpr Duration shortest = std::chrono::milliseconds(40);  // that a picture stands
constexpr std::size_t most_chapters = 500;

Result<MovieShape> survey(recorder::Reader& reader, const MovieOptions& options) {
    MovieShape shape;
    shape.title = options.title;
    shape.made = reader.header().start;
    recorder::EventLines lines([&](const recorder::EventLine& line) {
        const bool told = line.what == "warning" || line.what == "alert" || line.what == "approval" || line.what == "refusal" || line.what == "note";
        if (told && shape.chapters.size() < most_chapters) shape.chapters.push_back({line.at, std::string(line.what) + ": " + line.text});
        return ok();
    });
    TRY(reader.seek(Duration(-1)));
    while (true) {
        const auto piece = TRY(reader.next());
        if (!piece) break;
        shape.length = piece->last;
        for (const Event& event : piece->events) {
            TRY(lines.event(event));
            const auto size = recorder::size_of_key_frame(event);
            if (!size) continue;
            shape.width = std::max<std::uint32_t>(shape.width, size->width);
            shape.height = std::max<std::uint32_t>(shape.height, size->height);
        }
    }
    if (shape.width == 0) return fail(ErrorKind::not_found, "this recording holds no picture of a desktop (its policy may say `record: facts`)");
    // Chroma is kept for pairs of pixels.
    shape.width += shape.width % 2;
    shape.height += shape.height % 2;
    // A player's first chapter begins where the film does.
    if (!shape.chapters.empty() && shape.chapters.front().at > Duration(0)) shape.chapters.insert(shape.chapters.begin(), {Duration(0), "start"});
    return shape;
}

class Film {
public:
    Film(MovieFile& to, const MovieShape& shape, const MovieOptions& options)
        : to_(to), shape_(shape), options_(options), canvas_(std::size_t{shape.width} * shape.height * 4) {}

    Status event(const Event& event) {
        if (event.track != Track::screen && event.track != Track::pointer) return ok();
        if (changed_ && event.at >= *changed_ + shortest) TRY(show());
        if (event.track == Track::pointer) {
            pointer_.event(event);
        } else {
            // Damaged bytes were signed by nobody honest: the film says what it can, from the next key frame on.
            const auto complete = decoder_.feed(event);
            if (!complete || !*complete) return ok();
        }
        if (!changed_) changed_ = std::max(event.at, next_);
        return ok();
    }
    Status finish() { return changed_ ? show() : ok(); }

private:
    Status show() {
        const Duration at = *changed_;
        changed_.reset();
        next_ = at + shortest;
        compose();
        TRY(to_.add(canvas_.data(), at));
        const auto percent = static_cast<int>(shape_.length.count() > 0 ? 100 * at.count() / shape_.length.count() : 100);
        return percent != std::exchange(percent_, percent) ? options_.progress(percent) : ok();
    }
    void compose() {
        const auto picture = decoder_.picture();
        std::fill(canvas_.begin(), canvas_.end(), std::uint8_t{0});
        if (picture.pixels == nullptr) return;
        const std::size_t stride = std::size_t{shape_.width} * 4;
        const std::uint32_t width = std::min<std::uint32_t>(picture.width, shape_.width), height = std::min<std::uint32_t>(picture.height, shape_.height);
        std::uint8_t* corner = canvas_.data() + (shape_.height - height) / 2 * stride + std::size_t{(shape_.width - width) / 2} * 4;
        for (std::uint32_t y = 0; y < height; ++y) std::memcpy(corner + y * stride, picture.pixels + std::size_t{y} * picture.stride, std::size_t{width} * 4);
        pointer_.draw(corner, width, height, static_cast<std::uint32_t>(stride));
    }

    MovieFile& to_;
    const MovieShape& shape_;
    const MovieOptions& options_;
    Bytes canvas_;
    recorder::ScreenDecoder decoder_;
    Pointer pointer_;
    std::optional<Duration> changed_ = Duration(0);  // since when what is to be shown stands; the film begins with the recording
    Duration next_{};
    int percent_ = -1;
};

}  // namespace

Status write_movie(recorder::Reader& reader, int file, const MovieOptions& options) {
    const MovieShape shape = TRY(survey(reader, options));
    auto movie = TRY(MovieFile::open(file, shape, options.streamed));
    Film film(movie, shape, options);
    TRY(reader.seek(Duration(-1)));
    while (true) {
        const auto piece = TRY(reader.next());
        if (!piece) break;
        for (const Event& event : piece->events) TRY(film.event(event));
    }
    TRY(film.finish());
    return movie.finish(shape.length);
}

}  // namespace anteroom::film
