// A recording as asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/): one channel's terminal, its resizes, and
// the session's markers. Lines go to a callback, so that eight hours need no memory.
#pragma once

#include <functional>

#include "recorder/reader.h"
#include "recorder/terminal_filter.h"

namespace anteroom::recorder {

struct CastOptions {
    std::optional<std::uint32_t> channel;  // default: the first one with a terminal
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
    Status line(Duration at, char code, std::string_view text);
    Time start_;
    CastOptions options_;
    Sink sink_;
    TerminalFilter filter_;
    Utf8Repair repair_;
    Duration last_{};
    bool begun_ = false;
};

Status export_cast(Reader& reader, const CastOptions& options, const Sink& sink);
std::string json_string(std::string_view utf8);  // quoted; the input must be UTF-8

}  // namespace anteroom::recorder
