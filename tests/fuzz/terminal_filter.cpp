// Whatever is fed, and however it is split: the same comes out, without a byte of a sequence that is not on the list.
// Links: base recorder
#include "recorder/terminal_filter.h"

#include <cstdlib>

using namespace anteroom;
using recorder::TerminalFilter;

namespace {
bool hostile(std::string_view shown) {
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto c = static_cast<unsigned char>(shown[i]);
        if (c == 0x05 || c == 0x07 || c == 0x7f) return true;
        if (c == 0xc2 && i + 1 < shown.size() && static_cast<unsigned char>(shown[i + 1]) < 0xa0) return true;
        if (c != 0x1b) continue;
        if (i + 1 == shown.size() || std::string_view("[78DEM()").find(shown[i + 1]) == std::string_view::npos) return true;
        if (shown[i + 1] != '[') continue;
        const auto end = shown.find_first_not_of("?0123456789;:", i + 2);
        if (end == std::string_view::npos || std::string_view("cnpqtxyiw{|}~ $!\"'*#>=<").find(shown[end]) != std::string_view::npos) return true;
    }
    return false;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const View input(bytes, size);
    TerminalFilter whole, split;
    std::string a, b;
    whole.feed(input, a);
    for (const auto& byte : input) split.feed(View(&byte, 1), b);
    a += whole.finish();
    b += split.finish();
    if (a != b || hostile(a)) std::abort();
    return 0;
}
