// The filter of sound on arbitrary messages from both sides.
// Links: base policy recorder rdp_channels
#include "tests/fuzz/rdp_channel.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    return anteroom::rdp::fuzz_channel("rdpsnd", {"rdp:audio"}, {bytes, size});
}
