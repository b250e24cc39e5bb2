// Where the decoding of a desktop's picture can begin: the last key frame at or before a moment, found in turns without an index. As in
// recorder/screen_seek.h, in steps back that double.
#pragma once

#include "recorder/reader.h"

namespace anteroom::web {

class Beginning {
public:
    explicit Beginning(Duration at) : at_(at) {}
    // A few pieces. Damaged ones are passed over. True: it is known, and found() says it.
    Result<bool> step(recorder::Reader& reader);
    // None: there is no picture at or before that moment.
    const std::optional<recorder::ReadFrom>& found() const { return found_; }

private:
    Status go_back(recorder::Reader& reader);
    Duration at_, step_ = std::chrono::seconds(12), from_{};
    bool reading_ = false;
    std::optional<recorder::ReadFrom> found_;
};

// The next piece; one that is damaged is passed over where that is possible. `passed`: how many were.
Result<std::optional<recorder::Piece>> next_sound(recorder::Reader& reader, std::size_t& passed);

}  // namespace anteroom::web
