// Bytes that are not UTF-8 pass: a terminal shows them as such, and they begin no sequence.
#include "proxies/ssh/plain_text.h"

#include <cstdint>

namespace anteroom::ssh {

std::vector<std::string> plain_lines(std::string_view text) {
    std::vector<std::string> lines(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<std::uint8_t>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<std::uint8_t>(text[i + 1]) : std::uint8_t{0};
        if (c == '\n') {
            lines.emplace_back();
        } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {  // C1: CSI and its kind, in UTF-8
            ++i;
        } else if ((c >= 0x20 && c != 0x7f) || c == '\t') {
            lines.back() += text[i];
        }
    }
    return lines;
}

}  // namespace anteroom::ssh
