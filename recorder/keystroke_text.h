// Opened keystrokes as lines for people: a line ends with Enter, before a pause, and where another channel goes on. Keys of a desktop are named
// as on a US keyboard: which layout the target had is not known here.
#pragma once

#include <functional>

#include "recorder/keystrokes.h"

namespace anteroom::recorder {

class KeystrokeText {
public:
    struct Line {
        Duration at{};  // of its first key
        std::uint32_t channel = 0;
        std::string text;  // printable; other keys by name: "ls<Enter>", "<Ctrl+c>"
    };
    using Sink = std::function<Status(const Line& line)>;
    explicit KeystrokeText(Sink sink) : sink_(std::move(sink)) {}

    // `track` says what the bytes are.
    Status add(Track track, const Keystroke& stroke);
    Status finish();  // the line that is still open

private:
    std::string typed_at_terminal(View bytes);
    std::string pressed(const DesktopKey& key);
    std::string named_key(std::uint16_t code, bool extended) const;
    Status put(Duration at, std::uint32_t channel, const std::string& text);

    Sink sink_;
    std::optional<Line> line_;
    Duration last_{};
    bool shift_ = false, control_ = false, alt_ = false, capitals_ = false;
    std::uint16_t high_surrogate_ = 0;
};

}  // namespace anteroom::recorder
