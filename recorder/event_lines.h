// A recording's events as lines for people: what happened beside the screen or the terminal. A desktop's own picture, its pointer and
// its single key presses are no lines; what was typed is counted, minute by minute.
#pragma once

#include <functional>

#include "recorder/reader.h"
#include "recorder/screen.h"

namespace anteroom::recorder {

struct EventLine {
    Duration at{};
    std::string_view what;  // "clipboard", "file", "size", "command", "alert", ..., "input"
    std::string text;       // printable
};

class EventLines {
public:
    using Sink = std::function<Status(const EventLine& line)>;
    explicit EventLines(Sink sink) : sink_(std::move(sink)) {}
    Status event(const Event& event);
    Status finish();  // the counts of the last minute

private:
    Status input(const Event& event);
    Sink sink_;
    std::uint64_t keys_ = 0, clicks_ = 0, wheel_ = 0;
    std::int64_t minute_ = -1;  // that is being counted
};

// What kind of session left this event; nullopt: either may have.
enum class Shows : std::uint8_t { terminal, desktop };
std::optional<Shows> shows(const Event& event);
// Of a whole recording, by its first events; a terminal where nothing tells. The reader is at its beginning afterwards.
Result<Shows> shows(Reader& reader);

std::string moment_text(Duration at);  // 01:02:03.456

}  // namespace anteroom::recorder
