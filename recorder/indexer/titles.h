// Titles that a terminal was given (OSC 0, 1 and 2), read from the bytes as they came: the TerminalFilter takes them away.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"

namespace anteroom::indexer {

class Titles {
public:
    // The last title that was set within `bytes`, printable. Sequences may be split over any number of calls.
    std::optional<std::string> feed(View bytes);

    static constexpr std::size_t longest = 512;  // of a longer one its beginning

private:
    enum class At : std::uint8_t { text, escape, number, title, ending };
    At at_ = At::text;
    std::string number_, title_;
};

}  // namespace anteroom::indexer
