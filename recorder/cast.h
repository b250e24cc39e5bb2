// A recording as asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/): one channel's terminal, its resizes, the session's markers, and before and
// after the terminal what commands without one printed. What is not in it is told by a marker. Lines go to a callback, so that eight hours need no memory.
#pragma once

#include <functional>

#include "recorder/one_terminal.h"
#include "recorder/reader.h"

namespace anteroom::recorder {

struct CastOptions {
    std::optional<std::uint32_t> channel;  // default: the first one with a terminal, and commands without one while it is not open
    std::string title;
    // Players write what they read to a terminal: as recorded only where somebody asks for it.
    bool as_recorded = false;
};
using Sink = std::function<Status(std::string_view line)>;  // one line with its '\n'

class CastExport {
public:
    CastExport(const Header& header, CastOptions options, Sink sink);
    Status event(const Event& event);
    Status finish();

private:
    Status begin(std::uint16_t columns, std::uint16_t rows);
    Status resize(const Event& event);
    Status line(Duration at, char code, std::string_view text);
    Time start_;
    std::string title_;
    Sink sink_;
    OneTerminal shown_;
    Duration last_{};
    bool begun_ = false;
};

Status export_cast(Reader& reader, const CastOptions& options, const Sink& sink);
std::string json_string(std::string_view utf8);  // quoted; the input must be UTF-8

}  // namespace anteroom::recorder
